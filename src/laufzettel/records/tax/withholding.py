"""What is withheld of a payment for a Bauleistung, to the cent. Pure rules.

The law names 15 % of the Gegenleistung (§ 48 Abs. 1 Satz 1, Abs. 3 EStG) and no rule for half
cents: they are rounded half up, as amounts of money are everywhere here. What is left goes to
the payee, so that both are always the whole amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from laufzettel.money import Money
from laufzettel.workdays import is_working_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """How an amount is parted between the payee and the Finanzamt.

    ``discount`` is what is withheld less when the payment comes in time for the Skonto: the
    Gegenleistung is what is really paid.
    """

    amount: Money
    discount: Money | None = None

    def tax(self, *, in_time: bool) -> Money:
        """Return what the Finanzamt gets."""
        return self.amount - self.discount if in_time and self.discount else self.amount


def withheld(
    payable: Money, discount: Money | None, rate: Decimal, owed_vat: Decimal | None = None
) -> Withheld | None:
    """Return what is withheld at ``rate`` per cent, None where that is less than half a cent.

    ``owed_vat`` is the rate of the VAT that the Kommune owes itself (§ 13b UStG): it belongs to
    the Gegenleistung, though nobody pays it to the payee.

    >>> withheld(Money.parse("26939.06"), None, Decimal(15)).amount.german()
    '4.040,86 €'
    >>> withheld(Money.parse("10000"), Money.parse("300"), Decimal(15)).discount.german()
    '45,00 €'
    """
    amount = _of(payable, rate, owed_vat)
    if amount.cents <= 0:
        return None
    less = amount - _of(payable - discount, rate, owed_vat) if discount else None
    return Withheld(amount=amount, discount=less if less and less.cents else None)


def _of(paid: Money, rate: Decimal, owed_vat: Decimal | None) -> Money:
    value = paid + paid.percent(owed_vat) if owed_vat else paid
    return value.percent(rate)


def of_payment(order: Mapping[str, Any], paid_on: date) -> tuple[Money, Money]:
    """Return what an order paid in all on that day, and how much of it is tax.

    ``order`` has amount, currency, discount and what is withheld, as the table of orders has.
    """
    in_time = order["discount_until"] is not None and paid_on <= order["discount_until"]
    whole = Money(order["amount"], order["currency"])
    tax = Money(order["withheld_amount"], order["currency"])
    if in_time:
        whole -= Money(order["discount_amount"], order["currency"])
        tax -= Money(order["withheld_discount"] or Decimal(0), order["currency"])
    return whole, tax


def due_on(paid_on: date) -> date:
    """Return until when what was withheld of a payment is announced and paid.

    The tenth day after the month of the payment (§ 48a Abs. 1 Satz 1, 2 EStG); where that is no
    working day, the next one (§ 108 Abs. 3 AO).

    >>> due_on(date(2026, 11, 3)), due_on(date(2026, 12, 31))
    (datetime.date(2026, 12, 10), datetime.date(2027, 1, 11))
    """
    month = paid_on.replace(day=1) + timedelta(days=32)
    day = month.replace(day=10)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
