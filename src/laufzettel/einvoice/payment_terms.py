"""Payment terms (BT-20) and the Skonto lines in them.

XRechnung writes cash discounts as lines of a fixed form into the free text (BR-DE-18).
What does not have that form exactly is text for people and is never taken as a discount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

# The expression of BR-DE-18 (XRechnung Schematron 2.6.0), with named groups.
_SKONTO: Final = re.compile(
    r"#SKONTO#TAGE=(?P<days>[0-9]+)#PROZENT=(?P<percent>[0-9]+\.[0-9]{2})"
    r"(?:#BASISBETRAG=(?P<base>-?[0-9]+\.[0-9]{2}))?#",
    re.ASCII,
)
#: Skonto that is granted in words: „2 % Skonto bei Zahlung binnen 14 Tagen“.
_IN_WORDS: Final = re.compile(r"skonto|skonti", re.IGNORECASE)
_RATE: Final = re.compile(r"[0-9] ?(?:%|prozent|v\. ?h\.)", re.IGNORECASE)
_NONE: Final = re.compile(
    r"\b(?:ohne|keine?n?|nicht|zzgl)\b[^.;#]{0,30}skont[oi]"
    r"|skont[oi][^.;#]{0,40}\b(?:nicht|ausgeschlossen|keine?n?|entfällt|unzulässig)\b",
    re.IGNORECASE,
)
#: More days than a century, more digits than money has: such lines are no discount.
DAYS_MAX: Final = 3650
_DIGITS_MAX: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Skonto:
    """A cash discount: pay within ``days`` and deduct ``percent`` of ``base``."""

    days: int  # counted from the issue date unless the contract says otherwise
    percent: Decimal
    base: Decimal | None = None  # None: the amount due (BT-115)

    def last_day(self, start: date) -> date:
        """Return the last day on which the discount may be taken.

        >>> Skonto(days=14, percent=Decimal("3.00")).last_day(date(2026, 11, 2))
        datetime.date(2026, 11, 16)
        """
        return start + timedelta(days=self.days)

    @property
    def is_possible(self) -> bool:
        """Whether days and percentage are such as anybody grants."""
        return 0 <= self.days <= DAYS_MAX and 0 <= self.percent <= 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """The text of BT-20 as it was sent, and the discounts that it grants."""

    text: str = ""
    skonto: tuple[Skonto, ...] = ()  # sorted by days, the shortest first
    unclear: tuple[str, ...] = ()  # lines that look like Skonto but do not follow the form
    in_words: tuple[str, ...] = ()  # lines that grant Skonto as people write it, where none does so

    def with_more(self, skonto: Iterable[Skonto], unclear: Iterable[str]) -> PaymentTerms:
        """Return the terms with discounts that stand outside of their text, each once."""
        more, told = [one for one in skonto if one not in self.skonto], tuple(unclear)
        if not more and not told:
            return self
        return replace(
            self,
            skonto=_sorted(dict.fromkeys((*self.skonto, *more))),
            unclear=(*self.unclear, *told),
            in_words=() if more else self.in_words,
        )


#: What an invoice without BT-20 has.
NO_TERMS: Final = PaymentTerms()


def parse_terms(text: str) -> PaymentTerms:
    """Return the terms with every Skonto line that follows BR-DE-18.

    >>> terms = parse_terms("#SKONTO#TAGE=14#PROZENT=3.00#\\nZahlbar in 30 Tagen.")
    >>> terms.skonto
    (Skonto(days=14, percent=Decimal('3.00'), base=None),)
    >>> parse_terms("#SKONTO#TAGE=14#PROZENT=3#").unclear
    ('#SKONTO#TAGE=14#PROZENT=3#',)
    """
    lines = [line.strip() for line in text.splitlines()]
    found = [(line, _parse_line(line)) for line in lines if line.startswith("#")]
    return PaymentTerms(
        text=text.strip(),
        skonto=_sorted(skonto for _, skonto in found if skonto),
        unclear=tuple(line for line, skonto in found if skonto is None),
        in_words=() if found else tuple(line for line in lines if _is_in_words(line)),
    )


def _sorted(discounts: Iterable[Skonto]) -> tuple[Skonto, ...]:
    return tuple(sorted(discounts, key=lambda one: (one.days, -one.percent)))


def _is_in_words(line: str) -> bool:
    """Return whether a line of text grants a Skonto; a refusal of one does not.

    >>> _is_in_words("Zahlbar in 8 Tagen mit 2 % Skonto"), _is_in_words("30 Tage, ohne Skonto (0 %)")
    (True, False)
    """
    return bool(_IN_WORDS.search(line) and _RATE.search(line) and not _NONE.search(line))


def _parse_line(line: str) -> Skonto | None:
    match = _SKONTO.fullmatch(line)
    if match is None or max(map(len, filter(None, match.groups()))) > _DIGITS_MAX:
        return None
    days, percent, base = match["days"], Decimal(match["percent"]), match["base"]
    skonto = Skonto(days=int(days), percent=percent, base=Decimal(base) if base else None)
    return skonto if skonto.is_possible else None
