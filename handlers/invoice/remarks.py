"""The remarks of an invoice in lists: what its file says, and what its history says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.handler import Facets, Inline
from laufzettel.errors import NotFoundError
from laufzettel.handlers.invoice.heads import head_of
from laufzettel.handlers.invoice.orders import order_differs
from laufzettel.records import remarks
from laufzettel.records.heads.correcting import correcting
from laufzettel.records.invoice import Stage
from laufzettel.records.remarks import Remark
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import cash_order, invoice

#: What never was a claim says nothing about the seller's account.
_REFUSED: Final = (Stage.RECEIVED, Stage.REJECTED, Stage.DUPLICATE, Stage.SET_ASIDE)


# Built once, for each of the two columns that name a seller: building a statement costs more
# than running it.
def _of_seller(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(
        invoice.c.tenant == sa.bindparam("of_tenant"),
        column == sa.bindparam("of_seller"),
        invoice.c.id < sa.bindparam("before"),  # ids sort by the time of their making
    )


_BY = (invoice.c.supplier_vat_id, invoice.c.supplier_name)
_ORDERED: Final = {
    column.name: sa.select(cash_order.c.payee_iban)
    .join(invoice, invoice.c.id == cash_order.c.invoice_id)
    .where(_of_seller(column), cash_order.c.number.is_not(None))
    .order_by(invoice.c.id.desc())  # the first that the index yields, however many there are
    .limit(1)
    for column in _BY
}
_SEEN: Final = {
    column.name: sa.select(invoice.c.payee_iban)
    .where(
        _of_seller(column),
        invoice.c.payee_iban.is_not(None),
        *(invoice.c.stage != stage for stage in _REFUSED),
    )
    .distinct()
    for column in _BY
}


def remarks_of(
    step: Inline, row: Mapping[str, Any], rules: TenantSettings, *, is_duplicate: bool = False
) -> str:
    """Return the codes of the invoice, comma separated, ``""`` when there is nothing to say."""
    return remarks.join(_codes(step, row, rules, is_duplicate))


def _codes(
    step: Inline, row: Mapping[str, Any], rules: TenantSettings, is_duplicate: bool
) -> Iterator[str]:
    yield from remarks.split(row["remarks"])
    if is_duplicate:
        yield Remark.DUPLICATE.value
    if _is_corrected(step, row["id"]):
        yield Remark.SUPERSEDED.value
    if remarks.bank_changed(row["payee_iban"], known_accounts(step, row)):
        yield Remark.BANK_CHANGED.value
    if order_differs(step, row, rules):
        yield Remark.ORDER_DIFFERS.value
    if rules.keeps(row):
        yield Remark.CONFIDENTIAL.value


def _is_corrected(step: Inline, invoice_id: str) -> bool:
    """Say whether a correction came before the invoice itself was entered, or since."""
    try:
        mine = head_of(step, invoice_id)
    except NotFoundError:
        return False  # nobody has read it
    return bool(correcting(step.connection, step.tenant, mine))


def known_accounts(step: Inline, row: Mapping[str, Any]) -> set[str]:
    """Return the accounts this seller had: that of its newest invoice with an order, else all.

    An order was signed by people; without one, a forged invoice must not become the measure
    for the next forged one.
    """
    name = "supplier_vat_id" if row["supplier_vat_id"] else "supplier_name"
    which = {"of_tenant": step.tenant, "of_seller": row[name], "before": row["id"]}
    ordered = step.connection.execute(_ORDERED[name], which).scalar_one_or_none()
    if ordered is not None:
        return {ordered}
    return set(step.connection.execute(_SEEN[name], which).scalars())


def remark_facet(text: str) -> dict[str, str]:
    """Return the facet that shows the remarks, where lists have a column for it."""
    return {"remarks": text} if "remarks" in _FACETS else {}


_FACETS: Final = frozenset(one.name for one in fields(Facets))
