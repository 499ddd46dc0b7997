"""The remarks of an invoice in lists: what its file says, and what its history says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.handler import Facets, Inline
from laufzettel.records import remarks
from laufzettel.records.invoice import Stage
from laufzettel.records.remarks import Remark
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import cash_order, invoice

#: What never was a claim says nothing about the seller's account.
_REFUSED: Final = (Stage.RECEIVED, Stage.REJECTED, Stage.DUPLICATE)


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
    if remarks.bank_changed(row["payee_iban"], known_accounts(step, row)):
        yield Remark.BANK_CHANGED.value
    if rules.is_confidential(row["buyer_reference"] or ""):
        yield Remark.CONFIDENTIAL.value


def known_accounts(step: Inline, row: Mapping[str, Any]) -> set[str]:
    """Return the accounts this seller had: that of the last order, else of earlier invoices.

    An order was signed by people; without one, a forged invoice must not become the measure
    for the next forged one.
    """
    column = invoice.c.supplier_vat_id if row["supplier_vat_id"] else invoice.c.supplier_name
    of_seller = sa.and_(
        invoice.c.tenant == step.tenant,
        column == row[column.name],
        invoice.c.id < row["id"],  # ids sort by the time of their making
    )
    ordered = step.connection.execute(
        sa.select(cash_order.c.payee_iban)
        .join(invoice, invoice.c.id == cash_order.c.invoice_id)
        .where(of_seller, cash_order.c.number.is_not(None))
        .order_by(cash_order.c.ordered_at.desc(), cash_order.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if ordered is not None:
        return {ordered}
    seen = sa.select(invoice.c.payee_iban).where(
        of_seller, invoice.c.payee_iban.is_not(None), invoice.c.stage.not_in(_REFUSED)
    )
    return set(step.connection.execute(seen.distinct()).scalars())


def remark_facet(text: str) -> dict[str, str]:
    """Return the facet that shows the remarks, where lists have a column for it."""
    return {"remarks": text} if "remarks" in _FACETS else {}


_FACETS: Final = frozenset(one.name for one in fields(Facets))
