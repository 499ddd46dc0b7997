"""The list for the Anmeldung of withheld tax (§ 48a Abs. 1 EStG), and that it was handed in.

A month is the one in which the payee was paid, as the HKR reports it: then the Gegenleistung is
given. What was ordered and is not paid yet belongs to no month.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.errors import InputError
from laufzettel.ids import new_id
from laufzettel.money import Money
from laufzettel.records.tables import booking, cash_order, invoice
from laufzettel.records.tax.tables import invoice_tax, withholding_return
from laufzettel.records.tax.withholding import due_on, of_payment

_MONTH: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A calendar month."""

    first: date

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month of a day."""
        return cls(first=day.replace(day=1))

    @classmethod
    def parse(cls, text: str) -> Month:
        """Return the month that „2026-11“ names; raises InputError.

        >>> Month.parse("2026-11").last
        datetime.date(2026, 11, 30)
        """
        match = _MONTH.fullmatch(text)
        if match is None:
            raise InputError("Einen Monat schreibt man hier wie „2026-11“.")
        return cls(first=date(int(match[1]), int(match[2]), 1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def last(self) -> date:
        """The last day of it."""
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> Month:
        """The month after it."""
        return Month.of(self.first + timedelta(days=31))

    @property
    def before(self) -> Month:
        """The month before it."""
        return Month.of(self.first - timedelta(days=1))

    @property
    def due_on(self) -> date:
        """Until when its Anmeldung is handed in."""
        return due_on(self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withholding:
    """One payment of which tax was withheld."""

    invoice_id: str
    receipt_no: str
    order_number: str
    supplier: str
    address: tuple[str, ...]
    invoice_number: str
    issued_on: date | None
    paid_on: date
    value: Money  # the Gegenleistung: what was paid to all together, and VAT of § 13b UStG
    tax: Money
    expected: Money  # what the payee should have got
    paid: Money | None  # what it got, as the HKR says
    office: str
    office_iban: str
    tax_number: str
    buyer_reference: str
    unit: str

    @property
    def differs(self) -> bool:
        """Whether the HKR reports another payment than was ordered."""
        return self.paid is not None and self.paid != self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """That somebody has handed in the Anmeldung of a month."""

    count: int
    total: Money
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A month whose Anmeldung is still to be handed in, or to be corrected."""

    month: Month
    count: int
    total: Money
    handed: Handed | None  # before there was more, or other, to announce


_o, _b, _i, _t = cash_order.c, booking.c, invoice.c, invoice_tax.c
_TENANT: Final[sa.BindParameter[str]] = sa.bindparam("of_tenant")
_COLUMNS: Final = (
    _o.number.label("order_number"),
    *(_o[name] for name in ("amount", "currency")),
    *(_o[name] for name in ("discount_until", "discount_amount")),
    *(_o[name] for name in ("withheld_amount", "withheld_discount", "withheld_name")),
    _o.withheld_iban,
    *(_b[name] for name in ("paid_on", "paid_amount")),
    *(_i[name] for name in ("id", "receipt_no", "supplier_name", "supplier_address", "number")),
    *(_i[name] for name in ("issued_on", "buyer_reference", "unit")),
    *(_t[name] for name in ("tax_number", "owed_vat")),
)
# The key of a booking is made of its order: so it is found by its primary key.
_KEY: Final = _o.tenant + ":" + _o.id + ":auszahlung:" + sa.cast(_o.revision, sa.String(10))
_PAID: Final = (
    sa.select(*_COLUMNS)
    .select_from(
        cash_order.join(booking, sa.and_(_b.tenant == _o.tenant, _b.order_key == _KEY))
        .join(invoice, sa.and_(_i.tenant == _o.tenant, _i.id == _o.invoice_id))
        .outerjoin(invoice_tax, sa.and_(_t.tenant == _o.tenant, _t.id == _o.invoice_id))
    )
    .where(
        _o.tenant == _TENANT,
        _o.withheld_amount.is_not(None),
        _b.paid_on.between(sa.bindparam("of_first"), sa.bindparam("of_last")),
    )
    .order_by(_i.supplier_name, _b.paid_on, _o.number)
)
_r = withholding_return.c
_HANDED: Final = (
    sa.select(withholding_return)
    .where(_r.tenant == _TENANT, _r.month.in_(sa.bindparam("of_months", expanding=True)))
    .order_by(_r.id)
)
_ADD: Final = sa.insert(withholding_return)
#: How far back a month is looked for that was never announced.
_BACK: Final = 24


def of_month(connection: sa.Connection, tenant: str, month: Month) -> list[Withholding]:
    """Return the payments of the month of which tax was withheld, by supplier."""
    return _between(connection, tenant, month.first, month.last)


def _between(connection: sa.Connection, tenant: str, first: date, last: date) -> list[Withholding]:
    of = {"of_tenant": tenant, "of_first": first, "of_last": last}
    return [_withholding(row) for row in connection.execute(_PAID, of)]


def total(found: Sequence[Withholding]) -> Money:
    """Return the sum of the tax; orders of which something is withheld are in euros."""
    return Money.from_cents(sum(one.tax.cents for one in found))


def value(found: Sequence[Withholding]) -> Money:
    """Return the sum of the Gegenleistungen."""
    return Money.from_cents(sum(one.value.cents for one in found))


def handed(connection: sa.Connection, tenant: str, month: Month) -> Handed | None:
    """Return the latest note that the month was announced."""
    return _handed(connection, tenant, [str(month)]).get(str(month))


def pending(connection: sa.Connection, tenant: str, today: date) -> list[Pending]:
    """Return the months of the last two years that are over or running, not yet announced."""
    months = [Month.of(today)]
    for _ in range(_BACK):
        months.append(months[-1].before)
    by_month: dict[str, list[Withholding]] = {}
    for one in _between(connection, tenant, months[-1].first, months[0].last):
        by_month.setdefault(str(Month.of(one.paid_on)), []).append(one)
    if not by_month:
        return []
    known = _handed(connection, tenant, sorted(by_month))
    found = [
        Pending(month=Month.parse(name), count=len(rows), total=total(rows), handed=known.get(name))
        for name, rows in sorted(by_month.items())
    ]
    return [one for one in found if not _is_settled(one)]


def _is_settled(one: Pending) -> bool:
    done = one.handed
    return done is not None and (done.count, done.total) == (one.count, one.total)


def note(
    connection: sa.Connection, tenant: str, month: Month, *, by: str, at: datetime
) -> dict[str, Any]:
    """Keep that the month as it stands was announced; return what the audit says of it.

    Raises InputError where there is nothing to announce.
    """
    found = of_month(connection, tenant, month)
    if not found:
        raise InputError("In diesem Monat ist nichts einbehalten worden, also nichts anzumelden.")
    row = {
        "id": new_id(),
        "tenant": tenant,
        "month": str(month),
        "count": len(found),
        "total": total(found).amount,
        "noted_by": by,
        "noted_at": at,
    }
    connection.execute(_ADD, row)
    return {"month": str(month), "count": len(found), "total": str(total(found).amount)}


def _handed(connection: sa.Connection, tenant: str, months: Sequence[str]) -> dict[str, Handed]:
    of = {"of_tenant": tenant, "of_months": list(months)}
    rows = connection.execute(_HANDED, of).mappings()
    return {  # the latest is the last
        row["month"]: Handed(
            count=row["count"], total=Money(row["total"]), by=row["noted_by"], at=row["noted_at"]
        )
        for row in rows
    }


def _withholding(row: Any) -> Withholding:
    whole, tax = of_payment(row._mapping, row.paid_on)
    return Withholding(
        invoice_id=row.id,
        receipt_no=row.receipt_no,
        order_number=row.order_number or "",
        supplier=row.supplier_name or "",
        address=tuple(row.supplier_address or ()),
        invoice_number=row.number or "",
        issued_on=row.issued_on,
        paid_on=row.paid_on,
        value=whole + whole.percent(row.owed_vat) if row.owed_vat else whole,
        tax=tax,
        expected=whole - tax,
        paid=None if row.paid_amount is None else Money(row.paid_amount, row.currency),
        office=row.withheld_name or "",
        office_iban=row.withheld_iban or "",
        tax_number=row.tax_number or "",
        buyer_reference=row.buyer_reference or "",
        unit=row.unit or "",
    )
