"""Reads regular expressions of XPath 2.0 (7.6.1), which are those of XML Schema with anchors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from laufzettel.engine.feel.regex_sets import (
    BLOCKS,
    CATEGORIES,
    ESCAPES,
    CharSet,
    Test,
    is_category,
    is_in_block,
    opposite,
)
from laufzettel.engine.feel.runtime import Code, Refusal

#: Brackets inside each other, and the highest number of repetitions.
NESTING_MAX: Final = 40
REPEAT_MAX: Final = 1000
_PLAIN_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"} | {
    each: each for each in "\\|.?*+(){}[]^$-"
}
_COUNT: Final = re.compile("[0-9]{1,4}", re.ASCII)
_META: Final = frozenset("\\|.?*+(){}[]^$")
_LAST: Final = chr(0x10FFFF)


@dataclass(frozen=True, slots=True)
class One:
    """One character out of a set."""

    chars: CharSet


@dataclass(frozen=True, slots=True)
class Anchor:
    """``^`` or ``$``."""

    at_start: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the branches, the first that fits before the others."""

    branches: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part several times; ``high`` None is without end."""

    part: Part
    low: int
    high: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A part in brackets that are counted."""

    number: int
    part: Part


Part: TypeAlias = One | Anchor | Sequence | Choice | Repeat | Group


def refuse(why: str) -> NoReturn:
    """Refuse the pattern with a sentence for its author."""
    raise Refusal(Code.REFUSED_PATTERN, f"Dieses Suchmuster wird nicht ausgeführt: {why}")


class Reader:
    """Reads one pattern from left to right."""

    def __init__(self, pattern: str, flags: str) -> None:
        self._text = pattern
        self._at = 0
        self._depth = 0
        self._dot_all = "s" in flags
        self._folds = "i" in flags
        self.groups = 0

    def read(self) -> Part:
        """Return the whole pattern. Raises Refusal."""
        part = self._choice()
        if self._at < len(self._text):
            refuse("eine Klammer wird geschlossen, die niemand geöffnet hat.")
        return part

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        self._at += 1
        return character

    def _choice(self) -> Part:
        self._depth += 1
        if self._depth > NESTING_MAX:
            refuse("Klammern sind zu tief geschachtelt.")
        branches = [self._sequence()]
        while self._peek() == "|":
            self._take()
            branches.append(self._sequence())
        self._depth -= 1
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._piece())
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _piece(self) -> Part:
        character = self._peek()
        if character in "^$":
            self._take()
            if self._peek() and self._peek() in "*+?{":
                refuse(f"„{character}“ lässt sich nicht wiederholen.")
            return Anchor(character == "^")
        return self._repeated(self._atom())

    def _atom(self) -> Part:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return One(self._class())
        if character == ".":
            return One(CharSet(() if self._dot_all else (("\n", "\n"),), negated=True))
        if character == "\\":
            single, test = self._escape()
            return One(self._set(((single, single),) if single else (), (test,) if test else ()))
        if character in _META:
            refuse(f"„{character}“ steht, wo kein Zeichen davor oder eine Klammer fehlt.")
        return One(self._set(((character, character),), ()))

    def _set(self, ranges: tuple[tuple[str, str], ...], tests: tuple[Test, ...]) -> CharSet:
        return CharSet(ranges, tests, folds=self._folds)

    def _group(self) -> Part:
        is_counted = True
        if self._peek() == "?":
            if self._text[self._at : self._at + 2] != "?:":
                refuse("„(?“ gibt es nur als „(?:“.")
            self._at += 2
            is_counted = False
        number = 0
        if is_counted:
            self.groups += 1
            number = self.groups
        part = self._choice()
        if self._take() != ")":
            refuse("eine Klammer wird nicht geschlossen.")
        return Group(number, part) if is_counted else part

    def _escape(self) -> tuple[str, Test | None]:
        """Return the one character behind a backslash, or the test of several."""
        letter = self._take()
        if letter in _PLAIN_ESCAPES and letter:
            return _PLAIN_ESCAPES[letter], None
        if letter in ESCAPES and letter:
            return "", ESCAPES[letter]
        if letter in ("p", "P"):
            test = self._category()
            return "", test if letter == "p" else opposite(test)
        return refuse(f"„\\{letter}“ gibt es nicht.")

    def _category(self) -> Test:
        end = self._text.find("}", self._at)
        name = self._text[self._at + 1 : end]
        if self._peek() != "{" or end < 0:
            refuse("hinter „\\p“ fehlt der Name in geschweiften Klammern.")
        self._at = end + 1
        if name in CATEGORIES:
            return is_category(name)
        if name.removeprefix("Is") in BLOCKS and name.startswith("Is"):
            return is_in_block(name[2:])
        return refuse(f"die Zeichenart „{name[:20]}“ gibt es nicht.")

    def _class(self) -> CharSet:
        """Return the set in square brackets, behind its opening one."""
        self._depth += 1
        if self._depth > NESTING_MAX:
            refuse("Klammern sind zu tief geschachtelt.")
        negated = self._peek() == "^"
        self._at += negated
        ranges: list[tuple[str, str]] = []
        tests: list[Test] = []
        minus: CharSet | None = None
        while minus is None and self._peek() != "]":
            minus = self._member(ranges, tests)
        if self._take() != "]" or not (ranges or tests):
            refuse("eckige Klammern werden nicht geschlossen oder sind leer.")
        self._depth -= 1
        return CharSet(tuple(ranges), tuple(tests), negated, minus, self._folds)

    def _member(self, ranges: list[tuple[str, str]], tests: list[Test]) -> CharSet | None:
        """Read one character, range or escape; return what is taken away from all so far."""
        if self._text[self._at : self._at + 2] == "-[" and (ranges or tests):
            self._at += 2
            return self._class()
        if self._peek() == "-" and (ranges or tests) and self._text[self._at + 1 :][:1] != "]":
            refuse("„-“ steht in eckigen Klammern am Anfang, am Ende oder als „\\-“.")
        low, test = self._character()
        if test is not None:
            tests.append(test)
            return None
        high = low
        ahead = self._text[self._at : self._at + 2]
        if ahead[:1] == "-" and ahead[1:] not in ("]", "[", ""):
            self._take()
            high, test = self._character()
            if test is not None or high < low:
                refuse("ein Bereich von Zeichen hat falsche Enden.")
        ranges.append((low, high))
        return None

    def _character(self) -> tuple[str, Test | None]:
        character = self._take()
        if character == "\\":
            return self._escape()
        if character in ("", "["):
            refuse("eckige Klammern werden nicht geschlossen oder stehen ineinander.")
        return character, None

    def _repeated(self, part: Part) -> Part:
        character = self._peek()
        if not character or character not in "*+?{":
            return part
        self._take()
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(character) or self._counts()
        is_lazy = self._peek() == "?"
        self._at += is_lazy
        if self._peek() and self._peek() in "*+?{":
            refuse("eine Wiederholung lässt sich nicht noch einmal wiederholen.")
        return Repeat(part, low, high, not is_lazy)

    def _counts(self) -> tuple[int, int | None]:
        end = self._text.find("}", self._at)
        low, comma, high = self._text[self._at : max(end, self._at)].partition(",")
        if not _COUNT.fullmatch(low) or (high and not _COUNT.fullmatch(high)):
            refuse("in geschweiften Klammern steht keine Anzahl.")
        self._at = end + 1
        most = int(high) if high else (None if comma else int(low))
        if int(low) > REPEAT_MAX or (most is not None and not int(low) <= most <= REPEAT_MAX):
            refuse(f"die Anzahl reicht höchstens bis {REPEAT_MAX} und nicht rückwärts.")
        return int(low), most
