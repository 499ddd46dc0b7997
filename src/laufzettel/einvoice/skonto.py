"""What a Skonto is worth in euros, until when, and what is then to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.payment_terms import Skonto
from laufzettel.money import CENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One tier of the Skonto that an invoice offers.

    The amounts are None where nothing can be deducted: no amount due, a credit note, or a
    discount that is larger than the amount due.
    """

    days: int
    percent: Decimal
    last_day: date | None  # on which it may be taken; None without a date of the invoice
    base: Decimal | None  # what the percentage is of: BASISBETRAG, else the amount due
    discount: Decimal | None  # rounded half up to the cent
    to_pay: Decimal | None  # the amount due less the discount


def offers(invoice: Invoice) -> tuple[Offer, ...]:
    """Return every tier of Skonto, the shortest first.

    >>> from laufzettel.einvoice.invoice import Totals
    >>> from laufzettel.einvoice.payment_terms import parse_terms
    >>> invoice = Invoice(
    ...     number="1", issue_date=date(2026, 11, 2), type_code="380", currency="EUR",
    ...     payment_terms=parse_terms("#SKONTO#TAGE=14#PROZENT=3.00#"),
    ...     totals=Totals(payable=Decimal("18432.60")))
    >>> offer = offers(invoice)[0]
    >>> offer.last_day.isoformat(), str(offer.discount), str(offer.to_pay)
    ('2026-11-16', '552.98', '17879.62')
    """
    return tuple(_offer(invoice, skonto) for skonto in invoice.payment_terms.skonto)


def _offer(invoice: Invoice, skonto: Skonto) -> Offer:
    payable = invoice.totals.payable
    base = payable if skonto.base is None else skonto.base
    # What the seller owes nobody pays early.
    discount = None if invoice.is_credit_note else _discount(payable, base, skonto.percent)
    return Offer(
        days=skonto.days,
        percent=skonto.percent,
        last_day=_last_day(invoice.issue_date, skonto),
        base=base,
        discount=discount,
        to_pay=None if discount is None or payable is None else payable - discount,
    )


def _discount(payable: Decimal | None, base: Decimal | None, percent: Decimal) -> Decimal | None:
    if payable is None or base is None or payable <= 0 or base <= 0:
        return None
    discount = (base * percent / 100).quantize(CENT, rounding=ROUND_HALF_UP)
    return discount if discount <= payable else None


def _last_day(issued: date | None, skonto: Skonto) -> date | None:
    try:
        return None if issued is None else skonto.last_day(issued)
    except OverflowError:  # a date at the end of time
        return None
