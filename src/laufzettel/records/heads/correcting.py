"""What came after an invoice and takes its place or takes it back: corrections, credit notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.records.heads.head import Head
from laufzettel.records.heads.links import Relation, links
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import invoice

#: What is no claim (any more) corrects nothing.
_GONE: Final = (Stage.RECEIVED, Stage.REJECTED, Stage.DUPLICATE)
# Built once: building a statement costs more than running it.
_STANDING: Final = (
    sa.select(invoice)
    .where(
        invoice.c.tenant == sa.bindparam("of_tenant"),
        invoice.c.id.in_(sa.bindparam("of_ids", expanding=True)),
        invoice.c.stage.not_in(_GONE),
    )
    .order_by(invoice.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A correction (384) or credit note (381) of an invoice."""

    id: str
    relation: Relation
    number: str
    issued_on: date | None
    type_code: str  # BT-3
    receipt_no: str
    buyer_reference: str
    unit: str


def correcting(connection: sa.Connection, tenant: str, mine: Head) -> list[Later]:
    """Return what corrects the invoice or takes it back and is not sent back itself."""
    found = {
        link.other_id: link.relation
        for link in links(connection, tenant, mine)
        if link.is_later and link.relation in (Relation.CORRECTION, Relation.CREDIT)
    }
    if not found:
        return []
    of = {"of_tenant": tenant, "of_ids": sorted(key for key in found if key)}
    return [_later(row, found[row.id]) for row in connection.execute(_STANDING, of)]


def _later(row: Any, relation: Relation) -> Later:
    return Later(
        id=row.id,
        relation=relation,
        number=row.number or "",
        issued_on=row.issued_on,
        type_code=row.type_code or "",
        receipt_no=row.receipt_no,
        buyer_reference=row.buyer_reference or "",
        unit=row.unit or "",
    )
