"""How likely it is that two heads are one invoice: evidence with points, no learning. Pure rules.

Seller, number, amount and date are weighed; order, period and kind speak against it where both
invoices carry them and they differ. 100 points are certain, below ``ASK_FROM`` nobody is asked.
The weights are written down here and nowhere else; ``bench/duplicates.py`` measures them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from laufzettel.invoice_keys import Likeness, compare_numbers, is_telling
from laufzettel.records.heads.head import CORRECTED, CREDIT, FINAL, INTERIM, Head

#: From so many points on a person is asked, where the tenant has decided nothing else.
ASK_FROM: Final = 60
CERTAIN: Final = 100
#: A date this near is that of the same invoice, typed from another place of the paper.
NEAR_DAYS: Final = 3
#: Further apart than a month: another month's invoice.
MONTH_DAYS: Final = 31
#: Names are alike from this share of equal letters on.
ALIKE_FROM: Final = 0.85


class Part(StrEnum):
    """What of two invoices is compared, in the order of the page."""

    CONTENT = "content"
    SELLER = "seller"
    NUMBER = "number"
    GROSS = "gross"
    DATE = "date"
    PERIOD = "period"
    ORDER = "order"
    KIND = "kind"


class Finding(StrEnum):
    """What the comparison of a part came to; ``POINTS`` says what it weighs."""

    SAME_CONTENT = "same_content"
    SAME_VAT_ID = "same_vat_id"
    SAME_IBAN = "same_iban"
    SAME_NAME = "same_name"
    ALIKE_NAME = "alike_name"
    OTHER_VAT_ID = "other_vat_id"
    OTHER_NAME = "other_name"
    SAME_NUMBER = "same_number"
    RETYPED_NUMBER = "retyped_number"
    SHORT_NUMBER = "short_number"
    SLIPPED_NUMBER = "slipped_number"
    PART_OF_NUMBER = "part_of_number"
    NEXT_NUMBER = "next_number"
    NUMBER_OF_OTHER_YEAR = "number_of_other_year"
    OTHER_NUMBER = "other_number"
    SAME_GROSS = "same_gross"
    OTHER_GROSS = "other_gross"
    SAME_DATE = "same_date"
    SWAPPED_DATE = "swapped_date"
    NEAR_DATE = "near_date"
    OTHER_DATE = "other_date"
    FAR_DATE = "far_date"
    SAME_PERIOD = "same_period"
    OTHER_PERIOD = "other_period"
    SAME_ORDER = "same_order"
    OTHER_ORDER = "other_order"
    NEXT_INTERIM = "next_interim"
    OTHER_KIND = "other_kind"


POINTS: Final = {
    Finding.SAME_CONTENT: 100,
    Finding.SAME_VAT_ID: 30,
    Finding.SAME_IBAN: 30,
    Finding.SAME_NAME: 25,
    Finding.ALIKE_NAME: 15,
    Finding.OTHER_VAT_ID: -40,
    Finding.OTHER_NAME: -15,
    Finding.SAME_NUMBER: 45,
    Finding.RETYPED_NUMBER: 45,
    Finding.SHORT_NUMBER: 25,
    Finding.SLIPPED_NUMBER: 20,
    Finding.PART_OF_NUMBER: 15,
    Finding.NEXT_NUMBER: -20,
    Finding.NUMBER_OF_OTHER_YEAR: -20,
    Finding.OTHER_NUMBER: -20,
    Finding.SAME_GROSS: 25,
    Finding.OTHER_GROSS: -10,
    Finding.SAME_DATE: 15,
    Finding.SWAPPED_DATE: 12,
    Finding.NEAR_DATE: 8,
    Finding.OTHER_DATE: 0,
    Finding.FAR_DATE: -5,
    Finding.SAME_PERIOD: 5,
    Finding.OTHER_PERIOD: -30,
    Finding.SAME_ORDER: 5,
    Finding.OTHER_ORDER: -20,
    Finding.NEXT_INTERIM: -20,
    Finding.OTHER_KIND: -20,
}
_OF_NUMBER: Final = {
    Likeness.SAME: Finding.SAME_NUMBER,
    Likeness.RETYPED: Finding.RETYPED_NUMBER,
    Likeness.SLIP: Finding.SLIPPED_NUMBER,
    Likeness.PART: Finding.PART_OF_NUMBER,
    Likeness.SUCCESSIVE: Finding.NEXT_NUMBER,
    Likeness.OTHER_YEAR: Finding.NUMBER_OF_OTHER_YEAR,
    Likeness.DIFFERENT: Finding.OTHER_NUMBER,
}
#: Nearly the same number is a slip on one day, and two invoices on two.
_NEEDS_DATE: Final = (Finding.SLIPPED_NUMBER, Finding.PART_OF_NUMBER)
_OTHER_DATES: Final = (Finding.OTHER_DATE, Finding.FAR_DATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One piece of evidence."""

    part: Part
    finding: Finding

    @property
    def points(self) -> int:
        """What it weighs; below zero it speaks against."""
        return POINTS[self.finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What speaks for two invoices being one, and what against."""

    grounds: tuple[Ground, ...]

    @property
    def points(self) -> int:
        """The sum, from 0 to 100."""
        return max(0, min(CERTAIN, sum(one.points for one in self.grounds)))


#: Not two versions of one claim: each names the other, or they point in opposite directions.
NOTHING: Final = Comparison(grounds=())


def compare(one: Head, other: Head) -> Comparison:
    """Return the evidence that both are one invoice; ``NOTHING`` where they belong together.

    An invoice and its credit note, and two of which one names the other (a correction, a final
    invoice), are not repetitions of each other.

    >>> a = Head(id="a", name="Bau GmbH", number="RE-2026-0417", vat_id="de1", currency="EUR",
    ...     issued_on=date(2026, 3, 1))
    >>> b = Head(id="b", name="Bau GmbH", number="417", vat_id="de1", currency="EUR",
    ...     issued_on=date(2026, 3, 1))
    >>> compare(a, b).points
    90
    """
    if _is_opposite(one, other) or _names(one, other) or _names(other, one):
        return NOTHING
    return Comparison(grounds=tuple(_grounds(one, other)))


def _is_opposite(one: Head, other: Head) -> bool:
    return (one.type_code in CREDIT) is not (other.type_code in CREDIT)


def _names(one: Head, other: Head) -> bool:
    """Say whether one refers to the other, and is not the other once more."""
    is_same = compare_numbers(one.number, other.number, one.issued_on, other.issued_on)
    is_named = other.number_key in {reference.key for reference in one.refers_to}
    return is_named and is_same not in (Likeness.SAME, Likeness.RETYPED)


def _grounds(one: Head, other: Head) -> Iterator[Ground]:
    if one.content and one.content == other.content:
        yield Ground(part=Part.CONTENT, finding=Finding.SAME_CONTENT)
    found = (
        (Part.SELLER, _seller(one, other)),
        (Part.NUMBER, _number(one, other)),
        (Part.GROSS, _gross(one, other)),
        (Part.DATE, _date(one.issued_on, other.issued_on)),
        (Part.PERIOD, _period(one, other)),
        (Part.ORDER, _order(one, other)),
        (Part.KIND, _kind(one, other)),
    )
    for part, finding in found:
        if finding is not None:
            yield Ground(part=part, finding=finding)


def _seller(one: Head, other: Head) -> Finding | None:
    """Return the strongest link of the sellers. One tax id is one firm, whoever is paid."""
    if one.vat_id and one.vat_id == other.vat_id:
        return Finding.SAME_VAT_ID
    if one.iban and one.iban == other.iban:
        return Finding.SAME_IBAN
    if one.vat_id and other.vat_id:
        return Finding.OTHER_VAT_ID
    if not one.name_key or not other.name_key:
        return None
    if one.name_key == other.name_key:
        return Finding.SAME_NAME
    return Finding.ALIKE_NAME if _are_alike(one.name_key, other.name_key) else Finding.OTHER_NAME


def _are_alike(one: str, other: str) -> bool:
    a, b = set(one.split()), set(other.split())
    shared = a & b
    if shared in (a, b) and any(len(word) >= 4 for word in shared):
        return True  # all words of the shorter name: „Stadtwerke“ and „Stadtwerke Musterstadt“
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE_FROM


def _number(one: Head, other: Head) -> Finding | None:
    likeness = compare_numbers(one.number, other.number, one.issued_on, other.issued_on)
    finding = _OF_NUMBER.get(likeness)
    if finding in _NEEDS_DATE and _date(one.issued_on, other.issued_on) in _OTHER_DATES:
        return Finding.OTHER_NUMBER
    is_same = finding in (Finding.SAME_NUMBER, Finding.RETYPED_NUMBER)
    if is_same and not is_telling(one.number, other.number):
        return Finding.SHORT_NUMBER
    return finding


def _gross(one: Head, other: Head) -> Finding | None:
    if one.gross is None or other.gross is None:
        return None
    is_same = (one.gross, one.currency) == (other.gross, other.currency)
    return Finding.SAME_GROSS if is_same else Finding.OTHER_GROSS


def _date(one: date | None, other: date | None) -> Finding | None:
    if one is None or other is None:
        return None
    if one == other:
        return Finding.SAME_DATE
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return Finding.SWAPPED_DATE
    days = abs((one - other).days)
    if days <= NEAR_DAYS:
        return Finding.NEAR_DATE
    return Finding.FAR_DATE if days > MONTH_DAYS else Finding.OTHER_DATE


def _period(one: Head, other: Head) -> Finding | None:
    if one.period_start is None or other.period_start is None:
        return None
    a, b = (one.period_start, one.period_end), (other.period_start, other.period_end)
    if a == b:
        return Finding.SAME_PERIOD
    end, begin = sorted((a, b), key=lambda period: period[0])
    is_apart = (end[1] or end[0]) < begin[0]
    return Finding.OTHER_PERIOD if is_apart else None


def _order(one: Head, other: Head) -> Finding | None:
    if not one.order_ref or not other.order_ref:
        return None
    return Finding.SAME_ORDER if one.order_ref == other.order_ref else Finding.OTHER_ORDER


def _kind(one: Head, other: Head) -> Finding | None:
    """Return what the kinds say: the next instalment and the final invoice are further claims."""
    kinds = {one.type_code, other.type_code}
    if kinds <= INTERIM:
        same = compare_numbers(one.number, other.number, one.issued_on, other.issued_on)
        return None if same in (Likeness.SAME, Likeness.RETYPED) else Finding.NEXT_INTERIM
    is_mixed = len(kinds) == 2 and bool(kinds & (INTERIM | FINAL | CORRECTED))
    return Finding.OTHER_KIND if is_mixed else None
