"""Regular expressions of the XPath flavour, translated for Python or refused.

Python's engine tries alternatives one after the other, so a pattern such as ``(a+)+$`` can
take years. Hence: no repeated group that holds a repetition or overlapping alternatives, no
back references, and a length of text that shrinks with every repetition that has to guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod
from typing import Final, NoReturn

from laufzettel.engine.feel.runtime import STRING_LENGTH_MAX, Code, Refusal

PATTERN_LENGTH_MAX: Final = 500
#: How many attempts of the engine a search may cost at the very worst.
ATTEMPTS_MAX: Final = 5_000_000
#: A repetition with a higher limit counts as unlimited.
_FREE_REPEAT_MAX: Final = 16
_REPEAT_MAX: Final = 1000
#: A pattern that could not even be put to a text of this length is refused at once.
_USEFUL_LENGTH: Final = 40

_QUANTIFIER: Final = re.compile(r"(?:([*+?])|\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\})(\??)")
_CLASS_ESCAPES: Final = {
    "d": r"\d",
    "D": r"\D",
    "s": r"[ \t\n\r]",
    "S": r"[^ \t\n\r]",
    "w": r"\w",
    "W": r"\W",
}
_IN_BRACKETS: Final = {**_CLASS_ESCAPES, "s": r" \t\n\r"}
#: Categories that Python can say without a table of Unicode.
_CATEGORIES: Final = {"L": r"[^\W\d_]", "Nd": r"\d"}
_META: Final = r"\|.?*+(){}[]^$-"
_WHITE: Final = " \t\n\r"


def refuse(why: str) -> NoReturn:
    """Refuse the pattern with a sentence for its author."""
    raise Refusal(Code.REFUSED_PATTERN, f"Dieses Suchmuster wird nicht ausgeführt: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A translated part of a pattern and what it may cost."""

    python: str
    #: How many repetitions inside have to guess where they end.
    guesses: int = 0
    #: Whether a repetition inside walks along the text without guessing.
    walks: bool = False
    #: In how many ways its limited repetitions and overlapping alternatives may turn out.
    ways: int = 1
    #: Whether there is any repetition of variable length inside.
    repeats: bool = False
    #: Whether alternatives inside start alike, so that the engine tries both.
    overlaps: bool = False
    #: The one character it starts with, "" when it may be several.
    first: str = ""
    is_group: bool = False
    #: Whether it is one repeated atom, perhaps in brackets of its own.
    is_single: bool = False


class _Reader:
    """Reads one pattern from left to right and translates as it goes."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.text = pattern
        self.at = 0
        self.dot_all = "s" in flags
        self.groups = 0

    def alternatives(self) -> _Piece:
        """Return everything up to the end or the closing bracket."""
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        firsts = [branch.first for branch in branches]
        alone = len(branches) == 1
        distinct = alone or (all(firsts) and len(set(firsts)) == len(firsts))
        ways = [branch.ways for branch in branches]
        return _Piece(
            python="|".join(branch.python for branch in branches),
            guesses=sum(branch.guesses for branch in branches),
            walks=any(branch.walks for branch in branches),
            ways=max(ways) if distinct else sum(ways),
            repeats=any(branch.repeats for branch in branches),
            overlaps=any(branch.overlaps for branch in branches) or not distinct,
            first=firsts[0] if alone else "",
            is_single=alone and branches[0].is_single,
        )

    def _sequence(self) -> _Piece:
        pieces: list[_Piece] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            pieces.append(self._repeated(self._atom()))
        pieces = _settled(pieces)
        return _Piece(
            python="".join(piece.python for piece in pieces),
            guesses=sum(piece.guesses for piece in pieces),
            walks=any(piece.walks for piece in pieces),
            ways=prod(piece.ways for piece in pieces),
            repeats=any(piece.repeats for piece in pieces),
            overlaps=any(piece.overlaps for piece in pieces),
            first=pieces[0].first if pieces else "",
            is_single=len(pieces) == 1 and pieces[0].is_single,
        )

    def _repeated(self, atom: _Piece) -> _Piece:
        found = _QUANTIFIER.match(self.text, self.at)
        if not found:
            if self.text[self.at : self.at + 1] == "{":
                refuse("hinter „{“ fehlt eine Anzahl.")
            return atom
        self.at = found.end()
        if _QUANTIFIER.match(self.text, self.at):
            refuse("zwei Wiederholungen stehen hintereinander.")
        least, most = _limits(found)
        if atom.python in ("^", r"\Z", "$"):
            refuse("ein Anfang oder Ende lässt sich nicht wiederholen.")
        if most > 1 and atom.is_group and (atom.repeats or atom.overlaps):
            refuse("in einer wiederholten Klammer steht eine Wiederholung oder Auswahl.")
        return _Piece(
            python=atom.python + found.group(),
            guesses=atom.guesses + (most > _FREE_REPEAT_MAX and most != least),
            walks=atom.walks,
            ways=atom.ways * (most - least + 1 if most <= _FREE_REPEAT_MAX else 1),
            repeats=atom.repeats or most != least,
            overlaps=atom.overlaps,
            first=atom.first if least else "",
            is_single=not atom.is_group,
        )

    def _atom(self) -> _Piece:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return _Piece(python=self._brackets())
        if character == ".":
            return _Piece(python="." if self.dot_all else r"[^\n\r]")
        if character == "$":
            return _Piece(python="$")
        if character == "^":
            return _Piece(python="^")
        if character == "\\":
            return self._escape()
        if character in "*+?{":
            refuse("vor einer Wiederholung steht nichts.")
        return _Piece(python=re.escape(character), first=character)

    def _group(self) -> _Piece:
        capturing = not self._take("?")
        if not capturing and not self._take(":"):
            refuse("„(?“ gibt es nur als „(?:“.")
        self.groups += capturing
        if self.groups > 20:
            refuse("mehr als 20 Klammern.")
        inner = self.alternatives()
        if not self._take(")"):
            refuse("eine Klammer wird nicht geschlossen.")
        return _Piece(
            python=f"({inner.python})" if capturing else f"(?:{inner.python})",
            guesses=inner.guesses,
            walks=inner.walks,
            ways=inner.ways,
            repeats=inner.repeats,
            overlaps=inner.overlaps,
            first=inner.first,
            is_group=True,
            is_single=inner.is_single,
        )

    def _escape(self) -> _Piece:
        character = self._next()
        if character in _CLASS_ESCAPES:
            return _Piece(python=_CLASS_ESCAPES[character])
        if character == "p":
            return _Piece(python=self._category())
        literal = _plain_escape(character)
        return _Piece(python=re.escape(literal), first=literal)

    def _category(self) -> str:
        found = re.compile(r"\{(\w+)\}").match(self.text, self.at)
        python = _CATEGORIES.get(found.group(1)) if found else None
        if found is None or python is None:
            refuse("von den Zeichengruppen gibt es nur \\p{L} und \\p{Nd}.")
        self.at = found.end()
        return python

    def _brackets(self) -> str:
        negated = "^" if self._take("^") else ""
        content: list[str] = []
        while not (self._peek() == "]" and content):
            character = self._next()
            if character == "[":
                refuse("eckige Klammern lassen sich nicht schachteln.")
            content.append(self._in_brackets(character, bool(content)))
        self.at += 1
        return f"[{negated}{''.join(content)}]"

    def _in_brackets(self, character: str, is_inside: bool) -> str:
        if character == "\\":
            escaped = self._next()
            if escaped in "SWDpP":
                refuse(f"„\\{escaped}“ gibt es nicht in eckigen Klammern.")
            known = _IN_BRACKETS.get(escaped)
            return known or re.escape(_plain_escape(escaped))
        if character == "-":
            is_between = is_inside and self._peek() not in ("]", "")
            if is_between and self._peek() == "[":
                refuse("Zeichen lassen sich nicht abziehen.")
            return "-" if is_between else r"\-"
        return re.escape(character)

    def _next(self) -> str:
        if self.at >= len(self.text):
            refuse("es endet zu früh.")
        self.at += 1
        return self.text[self.at - 1]

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, character: str) -> bool:
        if self._peek() != character:
            return False
        self.at += 1
        return True


def _settled(pieces: list[_Piece]) -> list[_Piece]:
    """Return the pieces, without guesses where the next piece tells where one ends.

    That is so when the next piece starts with a character which the repetition cannot take.
    """
    settled: list[_Piece] = []
    behind = [*pieces[1:], _Piece(python="")]
    for piece, following in zip(pieces, behind, strict=False):
        is_told = piece.repeats and piece.is_single and following.first
        if is_told and not re.fullmatch(piece.python, following.first, re.IGNORECASE):
            settled.append(
                replace(piece, guesses=0, ways=1, walks=piece.guesses > 0 or piece.walks)
            )
        else:
            settled.append(piece)
    return settled


def _limits(found: re.Match[str]) -> tuple[int, int]:
    sign, least, comma, most, _ = found.groups()
    if sign:
        return (1 if sign == "+" else 0), (1 if sign == "?" else 10**9)
    low = int(least)
    high = low if not comma else int(most) if most else 10**9
    if low > _REPEAT_MAX or (high < 10**9 and high > _REPEAT_MAX) or high < low:
        refuse(f"eine Anzahl liegt nicht zwischen 0 und {_REPEAT_MAX}.")
    return low, high


def _plain_escape(character: str) -> str:
    known = {"n": "\n", "r": "\r", "t": "\t"}.get(character)
    if known is None and character not in _META:
        refuse(f"„\\{character}“ gibt es nicht.")
    return known or character


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A translated pattern and the longest text it may be put to."""

    compiled: re.Pattern[str]
    length_max: int
    matches_nothing: bool


@lru_cache(maxsize=512)
def _translated(pattern: str, flags: str) -> _Ready:
    if len(pattern) > PATTERN_LENGTH_MAX:
        refuse(f"es ist länger als {PATTERN_LENGTH_MAX} Zeichen.")
    if not set(flags) <= set("smix"):
        refuse("als Schalter gibt es nur s, m, i und x.")
    reader = _Reader(_without_blanks(pattern) if "x" in flags else pattern, flags)
    piece = reader.alternatives()
    if reader.at < len(reader.text):
        refuse("eine Klammer wird geschlossen, die niemand geöffnet hat.")
    python = piece.python if "m" in flags else _ends_exactly(piece.python)
    compiled = _compiled(python, flags)
    # A search starts at every place, and a repetition without guessing still walks on.
    degree = piece.guesses + piece.walks + (not pattern.startswith("^"))
    length_max = _root(degree, ATTEMPTS_MAX // piece.ways)
    if length_max < _USEFUL_LENGTH:
        refuse("es hat zu viele Wiederholungen oder Auswahlen hintereinander.")
    return _Ready(
        compiled=compiled,
        length_max=length_max,
        matches_nothing=compiled.search("") is not None,
    )


def _ends_exactly(python: str) -> str:
    """Replace every ``$`` that is an end: Python's also stands before a last line break."""
    return re.sub(r"(\\.)|\$", lambda found: found.group(1) or r"\Z", python, flags=re.DOTALL)


def _compiled(python: str, flags: str) -> re.Pattern[str]:
    named = {"s": re.DOTALL, "m": re.MULTILINE, "i": re.IGNORECASE, "x": re.NOFLAG}
    combined = re.NOFLAG
    for flag in flags:
        combined |= named[flag]
    try:
        return re.compile(python, combined)
    except (re.error, OverflowError, RecursionError):
        refuse("es ist nicht richtig geschrieben.")


def _without_blanks(pattern: str) -> str:
    return "".join(character for character in pattern if character not in _WHITE)


def _root(degree: int, attempts: int) -> int:
    """Return the largest length whose power stays within the attempts."""
    if degree <= 1:
        return min(attempts, STRING_LENGTH_MAX)
    length = 0
    while (length + 1) ** degree <= attempts and length < STRING_LENGTH_MAX:
        length += 1
    return length


def ready(pattern: str, flags: str, length: int, *, may_be_empty: bool = True) -> re.Pattern[str]:
    """Return the pattern for Python, for a text of that length.

    Raises Refusal when the pattern is no pattern, could cost too much, or matches nothing
    where it must not.

    >>> ready("^[A-Z]{2}\\\\d+$", "", 10).pattern
    '^[A-Z]{2}\\\\d+\\\\Z'
    >>> ready("(a+)+", "", 10)
    Traceback (most recent call last):
    ...
    laufzettel.engine.feel.runtime.Refusal: Dieses Suchmuster wird nicht ausgeführt: in einer wiederholten Klammer steht eine Wiederholung oder Auswahl.
    """
    found = _translated(pattern, flags)
    if length > found.length_max:
        refuse(f"bei diesem Muster darf der Text höchstens {found.length_max} Zeichen haben.")
    if found.matches_nothing and not may_be_empty:
        refuse("es passt auch auf nichts.")
    return found.compiled


def replacement(text: str, groups: int) -> Callable[[re.Match[str]], str]:
    """Return what is put in for a match: ``$1`` is the first bracket, ``\\$`` a dollar sign."""
    parts = re.split(r"(\$[0-9]|\\[\\$]|[$\\])", text)
    if "$" in parts or "\\" in parts:
        refuse("im Ersatztext steht „$“ oder „\\“ ohne Ziffer oder Zeichen dahinter.")
    if any(int(part[1]) > groups for part in parts if re.fullmatch(r"\$[0-9]", part)):
        refuse("der Ersatztext nennt eine Klammer, die es nicht gibt.")
    return lambda match: "".join(_filled(part, match) for part in parts)


def _filled(part: str, match: re.Match[str]) -> str:
    if len(part) == 2 and part[0] == "$" and part[1].isdigit():
        return match.group(int(part[1])) or ""
    return part[1:] if part in (r"\$", r"\\") else part
