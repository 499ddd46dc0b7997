"""Texts of an invoice made harmless for eyes: nothing hidden, nothing turned round."""

from __future__ import annotations

import unicodedata
from typing import Final

#: What a reader sees where something invisible stood.
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
#: Control, format, half, private and unknown characters, line ends of other scripts. Bidi
#: controls are among the format characters (Cf).
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Most marks that may be piled on one letter; more would cover the lines above and below.
_MARKS_MAX: Final = 3
_SOFT_HYPHEN: Final = "\N{SOFT HYPHEN}"


def harmless(text: str) -> str:
    r"""Return the text with a visible sign for each hidden character, its lines kept.

    >>> harmless("RE-1\u202e7\x00\r\nzweite Zeile")
    'RE-1�7�\nzweite Zeile'
    """
    if text.isascii() and text.isprintable():
        return text
    normal = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    shown = (_shown(one) for one in normal if one != _SOFT_HYPHEN)
    return _without_piles("".join(shown))


def _shown(char: str) -> str:
    if char == "\n":
        return char
    return REPLACEMENT if unicodedata.category(char) in _HIDDEN else char


def _without_piles(text: str) -> str:
    kept, piled = [], 0
    for char in text:
        piled = piled + 1 if unicodedata.combining(char) else 0
        if piled <= _MARKS_MAX:
            kept.append(char)
    return "".join(kept)


def grouped(iban: str) -> str:
    """Return an account number in groups of four, as people compare it.

    >>> grouped("DE89370400440532013000")
    'DE89 3704 0044 0532 0130 00'
    """
    plain = "".join(iban.split())
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))
