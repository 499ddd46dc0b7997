"""Texts from invoices and forms, made fit for letters and orders."""

from __future__ import annotations

import unicodedata
from typing import Final

#: Control, format, half and private characters, and line ends of other scripts: what one
#: system shows differently from another.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def visible_line(text: str, *, length_max: int) -> str:
    r"""Return the text as one line of visible characters, cut to its greatest length.

    >>> visible_line("RE-7\r\nBcc: x\u202e", length_max=140)
    'RE-7 Bcc: x'
    """
    shown = "".join(" " if unicodedata.category(one) in _INVISIBLE else one for one in text)
    return " ".join(shown.split())[:length_max].rstrip()


def visible_text(text: str, *, length_max: int) -> str:
    r"""Return the text with its lines kept and nothing invisible in them.

    >>> visible_text("Mangel:\n- a\u200b", length_max=140)
    'Mangel:\n- a'
    """
    lines = (visible_line(line, length_max=length_max) for line in text.split("\n"))
    return "\n".join(lines)[:length_max].rstrip()
