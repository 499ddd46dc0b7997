"""A stack of scanned paper with what it was divided into, read from the records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.records.invoice import Stage
from laufzettel.records.stack_tables import stack_part
from laufzettel.records.stacks import Span
from laufzettel.records.tables import invoice

# Built once: building a statement costs more than running it.
_INVOICE: Final = sa.select(invoice.c.sha256).where(
    invoice.c.tenant == sa.bindparam("of_tenant"), invoice.c.id == sa.bindparam("of_id")
)
_OWN: Final = sa.select(stack_part).where(
    stack_part.c.tenant == sa.bindparam("of_tenant"),
    stack_part.c.invoice_id == sa.bindparam("of_id"),
    stack_part.c.replaced_by.is_(None),
)
_STANDING: Final = (
    sa.select(stack_part, invoice.c.stage, invoice.c.receipt_no)
    .outerjoin(
        invoice,
        sa.and_(invoice.c.tenant == stack_part.c.tenant, invoice.c.id == stack_part.c.invoice_id),
    )
    .where(
        stack_part.c.tenant == sa.bindparam("of_tenant"),
        stack_part.c.stack_id == sa.bindparam("of_stack"),
        stack_part.c.replaced_by.is_(None),
    )
    .order_by(stack_part.c.first_page)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An invoice within a stack, as it stands."""

    id: str  # of the part; empty for the stack that nobody has divided yet
    span: Span
    invoice_id: str
    receipt_no: str
    is_free: bool  # nobody has captured or rejected it yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack with what it was divided into."""

    id: str  # the invoice whose original is the whole
    sha256: str
    parts: tuple[Part, ...]  # none: not divided yet


def stack_of(connection: sa.Connection, tenant: str, invoice_id: str) -> Stack:
    """Return the stack that the invoice belongs to, or that it is itself."""
    own = connection.execute(_OWN, {"of_tenant": tenant, "of_id": invoice_id}).one_or_none()
    stack_id = own.stack_id if own is not None else invoice_id
    sha256 = connection.execute(_INVOICE, {"of_tenant": tenant, "of_id": stack_id}).scalar_one()
    rows = connection.execute(_STANDING, {"of_tenant": tenant, "of_stack": stack_id}).all()
    return Stack(id=stack_id, sha256=sha256, parts=tuple(_part(row) for row in rows))


def _part(row: Any) -> Part:
    return Part(
        id=row.id,
        span=Span(row.first_page, row.last_page),
        invoice_id=row.invoice_id or "",
        receipt_no=row.receipt_no or "",
        is_free=row.stage == Stage.RECEIVED,
    )
