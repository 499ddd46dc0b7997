"""Read models of invoices that an invoice may repeat: both sides, and the evidence.

Read-only; every query names the tenant. Of a confidential invoice whose case is not the
reader's nothing is returned but its neutral name: neither facts nor evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import case
from laufzettel.records import settings
from laufzettel.records.heads.compare import Finding, Part
from laufzettel.records.heads.search import HEAD_COLUMNS, WITH_INVOICE
from laufzettel.records.heads.tables import duplicate_suspect, head_import, invoice_head
from laufzettel.records.tables import document, invoice
from laufzettel.web.case.queries import Reader, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An invoice as far as it is known here: one of ours, or a head of the old system."""

    id: str
    name: str
    vat_id: str
    iban: str
    number: str
    gross: Decimal | None
    payable: Decimal | None  # none: only the head is known
    currency: str
    issued_on: date | None
    period: tuple[date, date | None] | None
    order_ref: str
    type_code: str
    receipt_no: str  # "" for a head of the old system
    received_at: datetime | None
    stage: str
    case_id: str
    original: str  # SHA-256 of the file, "" where there is none
    imported_from: str  # name of the file, "" for ours
    line: int | None
    paid_on: date | None  # as the old system says


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A confidential invoice of which the reader gets to know that there is one."""

    id: str
    name: str  # neutral


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """An earlier invoice that the one of the page may repeat."""

    mine: Known
    other: Known | Hidden
    points: int
    grounds: tuple[tuple[Part, Finding], ...]  # none where the other is hidden

    @property
    def shown(self) -> str:
        """What the page shows of it, for the digest of what was displayed."""
        evidence = ",".join(finding for _part, finding in self.grounds)
        return f"alike:{self.other.id}:{self.points}:{evidence}"


_SUSPECTS: Final = (
    sa.select(duplicate_suspect)
    .where(
        duplicate_suspect.c.tenant == sa.bindparam("of_tenant"),
        duplicate_suspect.c.invoice_id == sa.bindparam("of_invoice"),
    )
    .order_by(duplicate_suspect.c.points.desc(), duplicate_suspect.c.other_id)
)


def alike(connection: sa.Connection, reader: Reader, invoice_id: str) -> list[Alike]:
    """Return what the invoice may repeat with the evidence kept, the most likely first."""
    of = {"of_tenant": reader.tenant, "of_invoice": invoice_id}
    rows = connection.execute(_SUSPECTS, of).all()
    if not rows:
        return []
    found = known(connection, reader, [invoice_id, *(row.other_id for row in rows)])
    mine = found.get(invoice_id)
    if not isinstance(mine, Known):
        return []
    return [
        _alike(mine, found[row.other_id], row)
        for row in rows
        if found.get(row.other_id) is not None
    ]


def _alike(mine: Known, other: Known | Hidden, row: Any) -> Alike:
    is_hidden = isinstance(other, Hidden)
    return Alike(
        mine=mine,
        other=other,
        points=0 if is_hidden else row.points,
        grounds=()
        if is_hidden
        else tuple((Part(part), Finding(finding)) for part, finding in row.grounds),
    )


def known(
    connection: sa.Connection, reader: Reader, ids: Sequence[str]
) -> Mapping[str, Known | Hidden]:
    """Return what is known of these invoices by their id; what is not the reader's is hidden."""
    key = sa.literal("invoice:").concat(invoice.c.id)
    rows = connection.execute(
        sa.select(
            *HEAD_COLUMNS,
            invoice.c.receipt_no,
            invoice.c.received_at,
            invoice.c.payable,
            invoice.c.supplier_vat_id,
            invoice.c.payee_iban,
            case.c.id.label("case_id"),
            case.c.confidential,
            visible(reader).label("is_visible"),
            document.c.sha256,
            head_import.c.file_name,
        )
        .select_from(
            WITH_INVOICE.outerjoin(
                case, sa.and_(case.c.tenant == invoice.c.tenant, case.c.business_key == key)
            )
            .outerjoin(
                document,
                sa.and_(
                    document.c.tenant == invoice.c.tenant,
                    document.c.sha256 == invoice.c.sha256,
                    document.c.invoice_id == invoice.c.id,
                ),
            )
            .outerjoin(head_import, head_import.c.id == invoice_head.c.import_id)
        )
        .where(invoice_head.c.tenant == reader.tenant, invoice_head.c.id.in_(ids))
    )
    closed = settings.load(connection, reader.tenant).confidential_units
    return {row.id: _known(row, reader, closed) for row in rows}


def _known(row: Any, reader: Reader, closed: frozenset[str]) -> Known | Hidden:
    if row.import_id is not None:
        is_theirs = reader.reads_all or row.unit not in closed or row.unit in reader.groups
        name = f"{row.file_name}, {row.line}"
    else:
        is_theirs, name = row.case_id is None or row.is_visible, row.receipt_no
    if not is_theirs:
        return Hidden(id=row.id, name=f"Vertraulich {name}")
    return Known(
        id=row.id,
        name=row.seller_name or row.supplier_name or "",
        vat_id=row.supplier_vat_id or (row.vat_id or "").upper(),
        iban=row.payee_iban or (row.iban or "").upper(),
        number=row.number or row.own_number or row.number_key,
        gross=row.gross,
        payable=row.payable,
        currency=row.currency or "EUR",
        issued_on=row.issued_on,
        period=(row.period_start, row.period_end) if row.period_start else None,
        order_ref=(row.order_ref or "").upper(),
        type_code=row.type_code or "",
        receipt_no=row.receipt_no or "",
        received_at=row.received_at,
        stage=row.stage or "",
        case_id=row.case_id or "",
        original=row.sha256 or "",
        imported_from=row.file_name or "",
        line=row.line,
        paid_on=row.paid_on,
    )
