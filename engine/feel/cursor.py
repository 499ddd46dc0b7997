"""The place in the text while parsing: one token ahead, the names in scope, the depth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from laufzettel.engine.feel.lexer import Lexer, Token, TokenKind
from laufzettel.engine.feel.names import Names, needs_scope
from laufzettel.engine.feel.nodes import Position

#: How deeply expressions may be nested while reading.
NESTING_MAX: Final = 60


class Cursor:
    """Hands out tokens. The next token is read late, because scopes change what it is."""

    __slots__ = ("_ahead", "_end", "_members", "_names", "depth", "lexer", "range_end")

    def __init__(self, text: str, names: Names) -> None:
        self.lexer = Lexer(text)
        self.depth = 0
        #: Whether a ``[`` may close a range here instead of opening a filter.
        self.range_end = False
        self._names = names
        #: Keys written anywhere in the text so far: they may follow a dot.
        self._members = Names((), names)
        self._end = 0
        self._ahead: Token | None = None

    def peek(self) -> Token:
        """Return the next token without taking it."""
        if self._ahead is None:
            self._ahead = self.lexer.token(self._end, self._names)
        return self._ahead

    def take(self) -> Token:
        """Take the next token."""
        token = self.peek()
        self._move(token)
        return token

    def take_member(self) -> Token:
        """Take the name behind a dot."""
        token = self.lexer.member(self._end, self._members)
        self._move(token)
        return token

    def take_declared(self, pattern: re.Pattern[str]) -> Token | None:
        """Take a name that is declared here, or nothing."""
        token = self.lexer.declared(pattern, self._end)
        if token:
            self._move(token)
        return token

    def take_if(self, *texts: str) -> Token | None:
        """Take the next operator or keyword if it is one of these."""
        return self.take() if self.peek().is_one_of(*texts) else None

    def expect(self, text: str, why: str) -> Token:
        """Take this operator or keyword, or refuse with ``why``."""
        if not self.peek().is_one_of(text):
            self.fail(f"{why} Erwartet wird „{text}“, gefunden: {self.found()}.")
        return self.take()

    def found(self) -> str:
        """Return the next token as a message names it."""
        token = self.peek()
        return "das Ende" if token.kind is TokenKind.END else f"„{token.text[:40]}“"

    def fail(self, message_de: str) -> NoReturn:
        """Refuse the text at the next token."""
        self.lexer.fail(message_de, self.peek().offset)

    def at(self, token: Token) -> Position:
        """Return where the token stands."""
        return self.lexer.position(token.offset)

    def after(self, token: Token) -> Token:
        """Return the token that would follow ``token``."""
        return self.lexer.token(token.end, self._names)

    @property
    def mark(self) -> int:
        """The place to come back to with ``reset``."""
        return self._end

    def reset(self, mark: int) -> None:
        """Go back to a place."""
        self._end, self._ahead = mark, None

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Forget afterwards the names that are declared inside."""
        outer = self._names
        try:
            yield
        finally:
            self._names, self._ahead = outer, None

    def declare(self, names: Iterable[str]) -> None:
        """Know these names from here to the end of the scope."""
        blanks = [name for name in names if needs_scope(name)]
        if blanks:
            self._names = Names(blanks, self._names)
            self._members = Names(blanks, self._members)
            self._ahead = None

    @contextmanager
    def know_members(self) -> Iterator[None]:
        """Know inside the keys written so far: a filter sees the entries of its items."""
        outer = self._names
        self._names, self._ahead = self._members, None
        try:
            yield
        finally:
            self._names, self._ahead = outer, None

    @contextmanager
    def nested(self, *, range_end: bool = False) -> Iterator[None]:
        """Count one level of nesting."""
        outer, self.range_end = self.range_end, range_end
        self.depth += 1
        try:
            if self.depth > NESTING_MAX:
                self.fail(f"Der Ausdruck ist tiefer als {NESTING_MAX} Ebenen verschachtelt.")
            yield
        finally:
            self.depth -= 1
            self.range_end = outer

    def _move(self, token: Token) -> None:
        self._end, self._ahead = token.end, None
