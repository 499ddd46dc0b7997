"""Texts that leave the house: visible characters only, bounded, one line where one is meant.

A control character or a change of writing direction in a payee's name makes a file that one
system reads differently from another, or a screen that shows a person something else.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from laufzettel.errors import InputError

# Cc control, Cf format (writing direction, invisible), Cs half characters, Co private use,
# Zl and Zp line ends of other scripts.
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def require_line(text: str, what: str, *, length_max: int, is_optional: bool = False) -> None:
    """``text`` is one visible line of at most ``length_max`` characters.

    Raises InputError that names ``what`` in German.

    >>> require_line("Elektro Piepenbrock", "Der Zahlungsempfänger", length_max=70)
    >>> require_line("Elektro\\nPiepenbrock", "Der Zahlungsempfänger", length_max=70)
    Traceback (most recent call last):
    ...
    laufzettel.errors.InputError: Der Zahlungsempfänger enthält ein nicht erlaubtes Zeichen \
(U+000A). Bitte den Text neu eingeben.
    """
    if not text.strip() and not is_optional:
        raise InputError(f"{what} fehlt. Bitte ergänzen.")
    if len(text) > length_max:
        raise InputError(
            f"{what} ist {len(text)} Zeichen lang; erlaubt sind höchstens {length_max}. "
            "Bitte kürzen."
        )
    _refuse_invisible(text, what)


def require_text(text: str, what: str, *, length_max: int) -> None:
    """``text`` is a text of several lines with nothing invisible in it.

    >>> require_text("Sehr geehrte Damen und Herren,\\n\\nanbei …", "Der Brieftext", length_max=999)
    """
    if not text.strip():
        raise InputError(f"{what} fehlt. Bitte ergänzen.")
    if len(text) > length_max:
        raise InputError(f"{what} ist länger als {length_max} Zeichen. Bitte kürzen.")
    _refuse_invisible(text.replace("\n", "").replace("\t", ""), what)


def _refuse_invisible(text: str, what: str) -> None:
    for char in text:
        if unicodedata.category(char) in _REFUSED:
            raise InputError(
                f"{what} enthält ein nicht erlaubtes Zeichen (U+{ord(char):04X}). "
                "Bitte den Text neu eingeben."
            )
