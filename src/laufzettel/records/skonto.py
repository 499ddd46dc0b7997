"""The Skonto that an order may deduct: from an invoice, and as it lies in its record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.skonto import offers
from laufzettel.money import Money
from laufzettel.records.deadline import Discount


def discounts(read: Invoice) -> tuple[Discount, ...]:
    """Return the steps of Skonto that an order may deduct, the earliest first.

    They are the offers that the page of the invoice shows, without those that save nothing,
    leave nothing to pay or have no last day.

    >>> from decimal import Decimal
    >>> from laufzettel.einvoice.invoice import Totals
    >>> from laufzettel.einvoice.payment_terms import parse_terms
    >>> discounts(Invoice(
    ...     number="1", issue_date=date(2026, 11, 20), type_code="380", currency="EUR",
    ...     payment_terms=parse_terms("#SKONTO#TAGE=14#PROZENT=3.00#"),
    ...     totals=Totals(payable=Decimal("24871.00"))))
    (Discount(until=datetime.date(2026, 12, 4), amount=Money(amount=Decimal('746.13'), \
currency='EUR')),)
    """
    return tuple(sorted(_steps(read), key=lambda step: step.until))


def _steps(read: Invoice) -> Iterator[Discount]:
    for offer in offers(read):
        if offer.last_day is not None and offer.discount and offer.to_pay:
            yield Discount(until=offer.last_day, amount=Money(offer.discount, read.currency))


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
