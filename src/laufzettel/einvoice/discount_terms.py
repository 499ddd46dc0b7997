"""Skonto as Factur-X EXTENDED writes it: elements of CII where XRechnung has lines of text.

EN 16931 does not know them (CII-SR-408 warns). What they say exactly is a discount; what
has another form is told to a person and never computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from laufzettel.einvoice.node import Node
from laufzettel.einvoice.payment_terms import DAYS_MAX, PaymentTerms, Skonto, parse_terms

_TERMS: Final = "ram:SpecifiedTradePaymentTerms"
_DISCOUNT: Final = "ram:ApplicableTradePaymentDiscountTerms"
#: How many days a unit has (UN/ECE Recommendation 20); a month has no fixed number.
_UNITS: Final = {"DAY": 1, "WEE": 7}


def terms_of(settlement: Node, issued: date | None) -> PaymentTerms:
    """Return BT-20 with the discounts of its text and of its elements, each once."""
    terms = parse_terms("\n".join(settlement.texts(f"{_TERMS}/ram:Description")))
    granted = [(node, _read(node, issued)) for node in _discounts(settlement)]
    return terms.with_more(
        (skonto for _, skonto in granted if skonto is not None),
        (_told(node) for node, skonto in granted if skonto is None),
    )


def due_on(settlement: Node) -> date | None:
    """Return BT-9; where several terms name a day, not the one that belongs to a discount."""
    terms = settlement.all(_TERMS)
    terms.sort(key=lambda one: one.first(_DISCOUNT) is not None)
    days = (one.day_102("ram:DueDateDateTime/udt:DateTimeString") for one in terms)
    return next((day for day in days if day is not None), None)


def _discounts(settlement: Node) -> Iterator[Node]:
    for terms in settlement.all(_TERMS):
        yield from terms.all(_DISCOUNT)


def _read(node: Node, issued: date | None) -> Skonto | None:
    """Return the discount; None where it cannot be said exactly."""
    period, percent = node.number("ram:BasisPeriodMeasure"), node.number("ram:CalculationPercent")
    unit = _UNITS.get(_unit(node))
    if unit is None or period is None or percent is None or period != int(period):
        return None
    begin = node.day_102("ram:BasisDateTime/udt:DateTimeString")
    days = int(period) * unit
    if begin is not None:
        if issued is None or days > DAYS_MAX:
            return None
        days = (begin - issued + timedelta(days=days)).days
    skonto = Skonto(days=days, percent=percent, base=node.amount("ram:BasisAmount"))
    return skonto if skonto.is_possible else None


def _unit(node: Node) -> str:
    period = node.first("ram:BasisPeriodMeasure")
    return period.get("unitCode") if period else ""


def _told(node: Node) -> str:
    """Return what the elements say, as a line."""
    percent = node.text("ram:CalculationPercent")
    amount = node.text("ram:ActualDiscountAmount")
    what = f"{percent} %" if percent else amount
    when = f"{node.text('ram:BasisPeriodMeasure')} {_unit(node)}".strip()
    return " ".join(filter(None, ("Skonto", what, when and f"in {when}")))
