"""Sets of characters as regular expressions of XPath write them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Test: TypeAlias = Callable[[str], bool]

#: Characters of which a set remembers whether it has them.
_KNOWN_MAX: Final = 2_000
#: Categories of Unicode that ``\\p{…}`` may name.
CATEGORIES: Final = frozenset(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po "  # noqa: SIM905  as a line
    "Z Zs Zl Zp S Sm Sc Sk So C Cc Cf Co Cn".split()
)
#: Blocks of Unicode that ``\\p{Is…}`` may name; there are more, but nobody here writes them.
BLOCKS: Final = {
    "BasicLatin": (0x0000, 0x007F),
    "Latin-1Supplement": (0x0080, 0x00FF),
    "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F),
    "IPAExtensions": (0x0250, 0x02AF),
    "SpacingModifierLetters": (0x02B0, 0x02FF),
    "CombiningDiacriticalMarks": (0x0300, 0x036F),
    "Greek": (0x0370, 0x03FF),
    "GreekandCoptic": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x04FF),
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
}


@dataclass(slots=True, eq=False)
class CharSet:
    """Which characters one place of a pattern takes.

    ``folds`` lets letters stand for both cases; categories are not touched by that, as XPath
    has it. What ``minus`` has is taken away.
    """

    ranges: tuple[tuple[str, str], ...] = ()
    tests: tuple[Test, ...] = ()
    negated: bool = False
    minus: CharSet | None = None
    folds: bool = False
    _known: dict[str, bool] = field(default_factory=dict)

    def has(self, character: str) -> bool:
        """Return whether the character belongs to the set."""
        known = self._known.get(character)
        if known is None:
            if len(self._known) > _KNOWN_MAX:
                self._known.clear()
            known = self._known[character] = self._looks(character)
        return known

    def _looks(self, character: str) -> bool:
        variants = {character}
        if self.folds:
            cases = (character.lower(), character.upper())
            variants |= {each for each in cases if len(each) == 1}  # „ß“ is no „SS“
        is_in = any(low <= each <= high for each in variants for low, high in self.ranges)
        is_in = is_in or any(test(character) for test in self.tests)
        if is_in is self.negated:
            return False
        return self.minus is None or not self.minus.has(character)


def is_category(name: str) -> Test:
    """Return the test for a category of Unicode, such as ``L`` or ``Lu``."""
    return lambda character: unicodedata.category(character).startswith(name)


def is_in_block(name: str) -> Test:
    """Return the test for a block of Unicode."""
    low, high = BLOCKS[name]
    return lambda character: low <= ord(character) <= high


def _is_name_start(character: str) -> bool:
    return character in ":_" or unicodedata.category(character)[0] == "L"


def _is_name_part(character: str) -> bool:
    category = unicodedata.category(character)
    return character in ":_-.·" or category[0] in "LM" or category == "Nd"


def _is_word(character: str) -> bool:
    return unicodedata.category(character)[0] not in "PZC"


def opposite(test: Test) -> Test:
    """Return the test for everything else."""
    return lambda character: not test(character)


_POSITIVE: Final[dict[str, Test]] = {
    "d": is_category("Nd"),
    "s": lambda character: character in " \t\n\r",
    "w": _is_word,
    "i": _is_name_start,
    "c": _is_name_part,
}
#: Letter behind the backslash -> what it takes; capitals take everything else.
ESCAPES: Final[dict[str, Test]] = _POSITIVE | {
    letter.upper(): opposite(test) for letter, test in _POSITIVE.items()
}
