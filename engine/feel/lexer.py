"""The lexer: one token at a time, asked for with the names known at that place."""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import StrEnum
from typing import Final, NamedTuple, NoReturn

from laufzettel.engine.feel.errors import FeelSyntaxError
from laufzettel.engine.feel.names import WORD, Names
from laufzettel.engine.feel.nodes import Position

#: A longer expression belongs into a decision table or a handler.
TEXT_LENGTH_MAX: Final = 20_000

KEYWORDS: Final = frozenset(
    [
        *("if", "then", "else", "for", "return", "some", "every", "satisfies", "function"),
        *("and", "or", "in", "between", "instance", "true", "false", "null"),
    ]
)
_BLANKS: Final = re.compile(r"(?:[\s\ufeff]|//[^\n\r]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER: Final = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_OPERATOR: Final = re.compile(r"\*\*|\.\.|<=|>=|!=|->|[-+*/=<>()\[\]{},:.?@]")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_SAME_LINE_BLANKS: Final = re.compile(r"[ \t]+")
_INSTANCE_OF: Final = re.compile(r"instance\s+of(?!\w)")
_PLAIN_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


class TokenKind(StrEnum):
    """What a token is."""

    NUMBER = "number"  # text is the digits
    STRING = "string"  # text is the content with escapes resolved
    NAME = "name"  # text is the name with single blanks
    KEYWORD = "keyword"
    OPERATOR = "operator"
    END = "end"  # nothing is left


class Token(NamedTuple):
    """One token: what it is, its text, where it starts and where the next may start."""

    kind: TokenKind
    text: str
    offset: int
    end: int

    def is_one_of(self, *texts: str) -> bool:
        """Return whether this is the operator or keyword with one of these texts."""
        return self.text in texts and self.kind in (TokenKind.OPERATOR, TokenKind.KEYWORD)


class Lexer:
    """Reads tokens of one text; knows no grammar and keeps no place."""

    __slots__ = ("_line_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._line_starts = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", text))]
        if len(text) > TEXT_LENGTH_MAX:
            self.fail(f"Der Ausdruck ist länger als {TEXT_LENGTH_MAX} Zeichen. Bitte aufteilen.", 0)

    def position(self, offset: int) -> Position:
        """Return offset, line and column of a place."""
        line = bisect_right(self._line_starts, offset)
        return Position(offset, line, offset - self._line_starts[line - 1] + 1)

    def fail(self, message_de: str, offset: int) -> NoReturn:
        """Refuse the text at this place."""
        raise FeelSyntaxError(message_de, *self.position(offset))

    def skip_blanks(self, offset: int) -> int:
        """Return where the next token starts, behind blanks and comments."""
        found = _BLANKS.match(self.text, offset)
        start = found.end() if found else offset
        if self.text.startswith("/*", start):
            self.fail("Dieser Kommentar wird nicht mit „*/“ beendet.", start)
        return start

    def token(self, offset: int, names: Names) -> Token:
        """Return the token that starts at or behind ``offset``."""
        start = self.skip_blanks(offset)
        if start >= len(self.text):
            return Token(TokenKind.END, "", start, start)
        character = self.text[start]
        if character == '"':
            return self._string(start)
        number = _NUMBER.match(self.text, start)
        if number:
            return Token(TokenKind.NUMBER, number.group(), start, number.end())
        operator = _OPERATOR.match(self.text, start)
        if operator:
            return Token(TokenKind.OPERATOR, operator.group(), start, operator.end())
        return self._word(start, names)

    def member(self, offset: int, names: Names) -> Token:
        """Return the name behind a dot, where a keyword is a name like any other."""
        start = self.skip_blanks(offset)
        word = WORD.match(self.text, start)
        if not word:
            self.fail("Hinter dem Punkt fehlt der Name des Eintrags.", start)
        return self._name(word, names)

    def declared(self, pattern: re.Pattern[str], offset: int) -> Token | None:
        """Return the name that is declared here, or None when ``pattern`` does not fit."""
        start = self.skip_blanks(offset)
        found = pattern.match(self.text, start)
        if not found or "/*" in found.group() or "//" in found.group():
            return None
        return Token(TokenKind.NAME, " ".join(found.group().split()), start, found.end())

    def _word(self, start: int, names: Names) -> Token:
        word = WORD.match(self.text, start)
        if not word:
            self.fail(f"Das Zeichen „{self.text[start]}“ gehört nicht hierher.", start)
        known = names.longest(self.text, start, word.group())
        is_longer = known is not None and known[1] > word.end()
        if not is_longer and self._is_keyword(word):
            together = _INSTANCE_OF.match(self.text, start)
            end = together.end() if together else word.end()
            return Token(TokenKind.KEYWORD, word.group(), start, end)
        return self._name(word, names)

    def _is_keyword(self, word: re.Match[str]) -> bool:
        if word.group() == "instance":
            return _INSTANCE_OF.match(self.text, word.start()) is not None
        return word.group() in KEYWORDS

    def _name(self, word: re.Match[str], names: Names) -> Token:
        """Return the longest known name, or else all words of the line up to a keyword.

        Two words side by side are never anything but a name, so nothing is lost; and a name
        that nobody declared is reported as a whole.
        """
        start = word.start()
        known = names.longest(self.text, start, word.group())
        name, end = known if known else (word.group(), word.end())
        while gap := _SAME_LINE_BLANKS.match(self.text, end):
            following = WORD.match(self.text, gap.end())
            if not following or self._is_keyword(following):
                break
            name, end = f"{name} {following.group()}", following.end()
        return Token(TokenKind.NAME, name, start, end)

    def _string(self, start: int) -> Token:
        found = _STRING.match(self.text, start)
        if not found:
            self.fail('Dieser Text wird nicht mit einem Anführungszeichen (") beendet.', start)
        content = _ESCAPE.sub(_unescape, found.group(1))
        # Escapes may name both halves of a character outside of the basic plane.
        content = content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return Token(TokenKind.STRING, content, start, found.end())


def _unescape(found: re.Match[str]) -> str:
    short, long, plain = found.groups()
    if plain is not None:  # an unknown escape stays as written: "\d" is a regular expression
        return _PLAIN_ESCAPES.get(plain, found.group())
    code = int(short or long, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"
