"""What the text of a plain PDF says of its VAT: a rate, or why it shows none.

§ 14 Abs. 4 Nr. 8 UStG demands the rate or a word about the exemption, § 14a Abs. 5 UStG the very
words „Steuerschuldnerschaft des Leistungsempfängers“.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

#: How an invoice shows VAT, as the form of the capture calls it.
RATES: Final = "saetze"
OWED: Final = "empfaenger"
EXEMPT: Final = "frei"

#: The word for VAT, but not for the number of who owes it.
_VAT: Final = r"(?:umsatzsteuer|mehrwertsteuer|mwst\.?|ust\.?)(?!-?[ ]?id)"
_RATE: Final = r"(?<![\d,.])(?P<rate>\d{1,2}(?:,\d{1,2})?)[ ]?%"
_RATES: Final = (
    re.compile(rf"{_RATE}[ ]{{0,3}}{_VAT}", re.IGNORECASE),
    re.compile(rf"{_VAT}[^\n\d%]{{0,15}}{_RATE}", re.IGNORECASE),
)
_REASONS: Final = (
    (OWED, re.compile(r"steuerschuldnerschaft\s+des\s+leistungsempf\w+", re.IGNORECASE)),
    (EXEMPT, re.compile(r"kleinunternehmer\w*|§[ ]?19[ ](?:Abs\.[ ]?1[ ])?UStG", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VatWord:
    """A place that says how VAT is shown."""

    kind: str
    rate: str  # in per cent; empty where none is shown
    text: str


def vat_word(text: str) -> VatWord | None:
    """Return the one thing that a text says of its VAT, None where it says nothing or several.

    >>> vat_word("zzgl. 19,00 % MwSt. 190,00"), vat_word("2 % Skonto, USt-IdNr. DE136695976")
    (VatWord(kind='saetze', rate='19', text='19,00 % MwSt.'), None)
    >>> vat_word("19 % USt 1,90 und 7 % USt 0,70") is None
    True
    """
    found: dict[tuple[str, str], VatWord] = {}
    for one in _words(text):
        found.setdefault((one.kind, one.rate), one)
    return next(iter(found.values())) if len(found) == 1 else None


def _words(text: str) -> Iterator[VatWord]:
    for pattern in _RATES:
        for match in pattern.finditer(text):
            rate = Decimal(match["rate"].replace(",", ".")).normalize()
            yield VatWord(kind=RATES, rate=f"{rate:f}", text=match[0])
    for kind, pattern in _REASONS:
        for match in pattern.finditer(text):
            yield VatWord(kind=kind, rate="", text=" ".join(match[0].split()))
