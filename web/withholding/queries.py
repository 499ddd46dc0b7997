"""Read model of the list of withheld tax, and of what reminds of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from laufzettel.engine.tables import case
from laufzettel.money import Money
from laufzettel.records import settings
from laufzettel.records.tax import returns
from laufzettel.records.tax.returns import Handed, Month, Pending, Withholding
from laufzettel.web.case.queries import Reader, names, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """What was withheld of one supplier: an Anmeldung is made for each."""

    rows: Sequence[Withholding]

    @property
    def first(self) -> Withholding:
        """The row that names the supplier."""
        return self.rows[0]

    @property
    def total(self) -> Money:
        """The tax of all of them."""
        return returns.total(self.rows)

    @property
    def value(self) -> Money:
        """The Gegenleistung of all of them."""
        return returns.value(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A month with its payments."""

    month: Month
    payees: Sequence[Payee]
    total: Money
    value: Money  # the Gegenleistung
    handed: Handed | None
    is_settled: bool
    others: Sequence[Pending]  # further months that are to be announced
    names: Mapping[str, str]
    cases: Mapping[str, str]  # invoice → case, of those that the reader may open


def page(connection: sa.Connection, reader: Reader, month: Month, today: date) -> Page:
    """Return what the page shows of the month."""
    found = rows(connection, reader, month)
    waiting = returns.pending(connection, reader.tenant, today)
    groups: dict[tuple[str, str], list[Withholding]] = {}
    for one in found:
        groups.setdefault((one.supplier, one.tax_number), []).append(one)
    return Page(
        month=month,
        payees=[Payee(rows=rows) for rows in groups.values()],
        total=returns.total(found),
        value=returns.value(found),
        handed=returns.handed(connection, reader.tenant, month),
        is_settled=month not in [one.month for one in waiting],
        others=[one for one in waiting if one.month != month],
        names=dict(names(connection, reader.tenant)),
        cases=_cases(connection, reader, found),
    )


def rows(connection: sa.Connection, reader: Reader, month: Month) -> list[Withholding]:
    """Return the payments of the month; what is confidential is named by its receipt alone."""
    rules = settings.load(connection, reader.tenant)
    closed = frozenset() if reader.reads_all else rules.confidential_units - reader.groups
    found = returns.of_month(connection, reader.tenant, month)
    return [
        replace(one, supplier=neutral(one.receipt_no), address=(), invoice_number="")
        if closed & {rules.unit_for(one.buyer_reference), one.unit}
        else one
        for one in found
    ]


def neutral(receipt_no: str) -> str:
    """Return what everybody may read of a confidential invoice."""
    return f"Vertraulich {receipt_no}"


def latest(connection: sa.Connection, tenant: str, today: date) -> Month:
    """Return the month that is to be announced first, else the one before today's."""
    waiting = returns.pending(connection, tenant, today)
    return waiting[0].month if waiting else Month.of(today).before


def reminders(connection: sa.Connection, tenant: str, today: date) -> list[Pending]:
    """Return the months that are over and not announced as they stand."""
    return [one for one in returns.pending(connection, tenant, today) if one.month.last < today]


def _cases(
    connection: sa.Connection, reader: Reader, found: Sequence[Withholding]
) -> dict[str, str]:
    """Return the case of each invoice that the reader may open."""
    keys = {f"invoice:{one.invoice_id}": one.invoice_id for one in found}
    query = sa.select(case.c.business_key, case.c.id).where(
        case.c.tenant == reader.tenant, case.c.business_key.in_(sorted(keys)), visible(reader)
    )
    return {keys[row.business_key]: row.id for row in connection.execute(query)}
