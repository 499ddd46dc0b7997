"""Skonto in euros: from the payment terms of an invoice, and as it lies in its record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from laufzettel.einvoice.payment_terms import Skonto
from laufzettel.money import Money
from laufzettel.records.deadline import Discount


def discounts(
    terms: Iterable[Skonto], *, issued_on: date | None, payable: Money | None
) -> tuple[Discount, ...]:
    """Return the steps of Skonto with their last days and amounts, the earliest first.

    The share is taken of BASISBETRAG where the terms name one, else of the amount due. A step
    that saves nothing, or more than is to be paid, is none.

    >>> discounts([Skonto(days=14, percent=Decimal("3.00"))], issued_on=date(2026, 11, 20),
    ...     payable=Money.parse("24871.00"))
    (Discount(until=datetime.date(2026, 12, 4), amount=Money(amount=Decimal('746.13'), \
currency='EUR')),)
    """
    if issued_on is None or payable is None:
        return ()
    return tuple(sorted(_steps(terms, issued_on, payable), key=lambda step: step.until))


def _steps(terms: Iterable[Skonto], issued_on: date, payable: Money) -> Iterator[Discount]:
    for step in terms:
        base = payable if step.base is None else Money(step.base, payable.currency)
        saved = base.percent(step.percent)
        try:
            until = step.last_day(issued_on)
        except OverflowError:  # an issue date at the end of all calendars
            continue
        if Decimal(0) < saved.amount < payable.amount:
            yield Discount(until=until, amount=saved)


def to_json(steps: Iterable[Discount]) -> list[dict[str, str]]:
    """Return the steps as the record keeps them.

    >>> to_json([Discount(until=date(2026, 12, 4), amount=Money.parse("746.13"))])
    [{'until': '2026-12-04', 'amount': '746.13'}]
    """
    return [{"until": one.until.isoformat(), "amount": str(one.amount.amount)} for one in steps]


def from_json(steps: Iterable[Mapping[str, str]] | None, currency: str) -> tuple[Discount, ...]:
    """Return the steps that ``to_json`` wrote; an empty column holds none.

    >>> from_json([{"until": "2026-12-04", "amount": "746.13"}], "EUR")[0].amount.german()
    '746,13 €'
    """
    return tuple(
        Discount(
            until=date.fromisoformat(one["until"]), amount=Money.parse(one["amount"], currency)
        )
        for one in steps or ()
    )
