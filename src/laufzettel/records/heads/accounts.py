"""The Kontierung that an invoice will probably get: from what the seller's earlier ones got.

A proposal is never an answer: the form shows it with its reason, and a person takes it or types
another. Counted is what people signed (orders with a number) and what the old system says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.invoice_keys import plain
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.tables import cash_order, invoice

#: How far back a habit is looked for, in invoices of the seller.
LAST: Final = 15
#: Rows that are read: those of confidential units are left out afterwards.
READ_MAX: Final = 3 * LAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """How an earlier invoice of the seller was assigned."""

    cost_center: str
    gl_account: str
    issued_on: date
    order_ref: str = ""  # as a key
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is proposed, and why."""

    cost_center: str
    gl_account: str
    reason: str  # German, for the form


def propose(past: Sequence[Assigned], *, order_ref: str = "", unit: str = "") -> Proposal | None:
    """Return what most of the seller's last invoices got; None where no habit shows.

    Those of the same order count before those of the same unit, and these before all others.
    More than half must agree.

    >>> past = [Assigned(cost_center="66010", gl_account="523100", issued_on=date(2026, n, 1))
    ...     for n in (1, 2, 3)]
    >>> propose(past).reason
    'Kostenstelle 66010, Sachkonto 523100: so bei 3 der letzten 3 Rechnungen dieses Lieferanten.'
    """
    newest = sorted(past, key=lambda one: one.issued_on, reverse=True)
    of_order = [one for one in newest if order_ref and one.order_ref == order_ref]
    of_unit = [one for one in newest if unit and one.unit == unit]
    for some, whose in (
        (of_order, "zu diesem Auftrag"),
        (of_unit, "dieses Lieferanten an diese Stelle"),
        (newest, "dieses Lieferanten"),
    ):
        found = _habit(some[:LAST], whose)
        if found is not None:
            return found
    return None


def _habit(some: Sequence[Assigned], whose: str) -> Proposal | None:
    counts = Counter((one.cost_center, one.gl_account) for one in some)
    if not counts:
        return None
    ((cost_center, gl_account), count), *_rest = counts.most_common(1)
    if count * 2 <= len(some):
        return None
    times = (
        f"so bei der letzten Rechnung {whose}"
        if len(some) == 1
        else f"so bei {count} der letzten {len(some)} Rechnungen {whose}"
    )
    reason = f"Kostenstelle {cost_center}, Sachkonto {gl_account}: {times}."
    return Proposal(cost_center=cost_center, gl_account=gl_account, reason=reason)


def _own(column: sa.Column[Any]) -> sa.Select[Any]:
    return (
        sa.select(
            invoice.c.id,
            cash_order.c.cost_center,
            cash_order.c.gl_account,
            invoice.c.issued_on,
            invoice_head.c.order_ref,
            invoice.c.unit,
        )
        .join(invoice, invoice.c.id == cash_order.c.invoice_id)
        .outerjoin(invoice_head, invoice_head.c.id == invoice.c.id)
        .where(
            invoice.c.tenant == sa.bindparam("of_tenant"),
            column == sa.bindparam("of_seller"),
            invoice.c.id < sa.bindparam("before"),
            cash_order.c.number.is_not(None),
        )
        .order_by(invoice.c.id.desc())  # the first that the index yields, however many there are
        .limit(READ_MAX)
    )


def _imported(column: sa.Column[Any]) -> sa.Select[Any]:
    head = invoice_head.c
    return (
        sa.select(
            head.id, head.cost_center, head.gl_account, head.issued_on, head.order_ref, head.unit
        )
        .where(
            head.tenant == sa.bindparam("of_tenant"),
            column == sa.bindparam("of_key"),
            head.import_id.is_not(None),
            head.gl_account.is_not(None),
        )
        .order_by(head.issued_on.desc())
        .limit(READ_MAX)
    )


# Built once, for each column that names a seller: building costs more than running.
_OWN: Final = {
    column.name: _own(column) for column in (invoice.c.supplier_vat_id, invoice.c.supplier_name)
}
_IMPORTED: Final = {
    column.name: _imported(column)
    for column in (invoice_head.c.vat_id, invoice_head.c.iban, invoice_head.c.name_key)
}


def past_of(
    connection: sa.Connection,
    tenant: str,
    row: Mapping[str, Any],
    head: Mapping[str, Any],
    *,
    unit: str,
    closed: Collection[str],
) -> list[Assigned]:
    """Return how the seller's earlier invoices were assigned: ours, then the old system's.

    ``row`` and ``head`` are those of the invoice in question. What confidential units
    (``closed``) did is counted for themselves alone: an account tells whose child it was.
    """
    name = "supplier_vat_id" if row["supplier_vat_id"] else "supplier_name"
    which = {"of_tenant": tenant, "of_seller": row[name], "before": row["id"]}
    rows = list(connection.execute(_OWN[name], which))
    key = next((one for one in ("vat_id", "iban", "name_key") if head[one]), None)
    if key is not None:
        of = {"of_tenant": tenant, "of_key": head[key]}
        rows += connection.execute(_IMPORTED[key], of)
        if key != "name_key" and head["name_key"]:
            of_name = {"of_tenant": tenant, "of_key": head["name_key"]}
            rows += connection.execute(_IMPORTED["name_key"], of_name)
    by_id = {one.id: one for one in rows}
    return [_assigned(one) for one in by_id.values() if one.unit == unit or one.unit not in closed]


def _assigned(row: Any) -> Assigned:
    return Assigned(
        cost_center=row.cost_center or "",
        gl_account=row.gl_account,
        issued_on=row.issued_on or date.min,
        order_ref=plain(row.order_ref or ""),
        unit=row.unit or "",
    )
