"""The records behind a case: its invoice, the order of it, its papers.

Read-only; every query names the tenant, and asks nobody whether the case is confidential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.einvoice.invoice import CREDIT_NOTE_TYPES
from laufzettel.einvoice.invoice import Invoice as Read
from laufzettel.records import captured
from laufzettel.records.cash_order import OrderStatus
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import booking, cash_order, document, invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The Kassenanordnung of an invoice."""

    id: str
    number: str | None
    revision: int
    status: OrderStatus
    amount: Decimal
    currency: str
    payee_name: str
    payee_iban: str
    purpose: str
    due_on: date | None
    discount_until: date | None
    discount_amount: Decimal | None
    withheld_amount: Decimal | None  # of the amount, for the Finanzamt (§ 48 EStG)
    withheld_discount: Decimal | None
    withheld_name: str | None
    withheld_iban: str | None
    withheld_purpose: str | None
    tax: list[list[str]] | None  # kind, label and answer of what was decided
    cost_center: str
    gl_account: str
    certified_by: str | None
    ordered_by: str | None
    countersigned_by: str | None
    ordered_at: datetime | None
    handover_no: int | None
    refusal_code: str | None
    refusal_text: str | None
    document_no: str | None
    accepted_at: datetime | None
    paid_on: date | None
    paid_amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice as the Eingangsbuch knows it."""

    id: str
    receipt_no: str
    channel: str
    sender: str
    received_at: datetime
    sha256: str
    stage: Stage
    supplier_name: str
    number: str
    issued_on: date | None
    due_on: date | None
    payable: Decimal | None
    currency: str
    payee_name: str
    payee_iban: str
    unit: str
    rejection: str
    erased_on: date | None = None  # the day on which its content went after its term
    type_code: str = ""  # BT-3

    @property
    def is_credit_note(self) -> bool:
        """Whether the supplier owes it."""
        return self.type_code in CREDIT_NOTE_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A stored paper of an invoice."""

    sha256: str
    kind: str  # original, report, letter, order
    media_type: str
    file_name: str
    size: int
    stored_at: datetime


def invoice_of(connection: sa.Connection, tenant: str, business_key: str) -> Invoice | None:
    """Return the invoice that a case is about, None when it is about something else."""
    kind, _, key = business_key.partition(":")
    if kind != "invoice":
        return None
    row = connection.execute(
        sa.select(invoice).where(invoice.c.tenant == tenant, invoice.c.id == key)
    ).one_or_none()
    return invoice_from(row) if row else None


def captured_of(connection: sa.Connection, tenant: str, invoice_id: str) -> Read | None:
    """Return the invoice as a person captured it, None where it came with data."""
    row = connection.execute(
        sa.select(invoice).where(invoice.c.tenant == tenant, invoice.c.id == invoice_id)
    ).one_or_none()
    is_captured = row is not None and captured.is_captured(row)
    return captured.of_row(connection, row) if is_captured else None


def order_of(connection: sa.Connection, tenant: str, invoice_id: str) -> Order | None:
    """Return the order of an invoice with what the HKR said about it."""
    row = connection.execute(
        _orders(tenant).where(cash_order.c.invoice_id == invoice_id)
    ).one_or_none()
    return _order(row) if row else None


def holder_of(business_key: str) -> str:
    """Return whose documents belong to a case: an invoice's or a mail's; empty for others."""
    kind, _, key = business_key.partition(":")
    return key if kind in {"invoice", "mail"} else ""


def documents_of(connection: sa.Connection, tenant: str, invoice_id: str) -> list[Document]:
    """Return the papers of an invoice, the oldest first."""
    rows = connection.execute(
        sa.select(document)
        .where(document.c.tenant == tenant, document.c.invoice_id == invoice_id)
        .order_by(document.c.stored_at, document.c.sha256)
    )
    return [
        Document(
            sha256=row.sha256,
            kind=row.kind,
            media_type=row.media_type,
            file_name=row.file_name,
            size=row.size,
            stored_at=row.stored_at,
        )
        for row in rows
    ]


def _orders(tenant: str) -> sa.Select[Any]:
    return (
        sa.select(
            cash_order,
            booking.c.document_no,
            booking.c.accepted_at,
            booking.c.paid_on,
            booking.c.paid_amount,
        )
        .outerjoin(
            booking,
            sa.and_(
                booking.c.tenant == cash_order.c.tenant, booking.c.cash_order_id == cash_order.c.id
            ),
        )
        .where(cash_order.c.tenant == tenant)
    )


def orders_of(
    connection: sa.Connection, tenant: str, invoice_ids: Sequence[str]
) -> Mapping[str, Order]:
    """Return the orders of these invoices by the id of the invoice."""
    rows = connection.execute(_orders(tenant).where(cash_order.c.invoice_id.in_(invoice_ids)))
    return {row.invoice_id: _order(row) for row in rows}


_TAX: Final = (
    "withheld_amount",
    "withheld_discount",
    "withheld_name",
    "withheld_iban",
    "withheld_purpose",
    "tax",
)


def _order(row: Any) -> Order:
    return Order(
        id=row.id,
        number=row.number,
        revision=row.revision,
        status=OrderStatus(row.status),
        amount=row.amount,
        currency=row.currency,
        payee_name=row.payee_name,
        payee_iban=row.payee_iban,
        purpose=row.purpose,
        due_on=row.due_on,
        discount_until=row.discount_until,
        discount_amount=row.discount_amount,
        **{name: getattr(row, name) for name in _TAX},
        cost_center=row.cost_center,
        gl_account=row.gl_account,
        certified_by=row.certified_by,
        ordered_by=row.ordered_by,
        countersigned_by=row.countersigned_by,
        ordered_at=row.ordered_at,
        handover_no=row.handover_no,
        refusal_code=row.refusal_code,
        refusal_text=row.refusal_text,
        document_no=row.document_no,
        accepted_at=row.accepted_at,
        paid_on=row.paid_on,
        paid_amount=row.paid_amount,
    )


def invoice_from(row: Any) -> Invoice:
    """Return the invoice of a row that holds all columns of its table."""
    return Invoice(
        id=row.id,
        receipt_no=row.receipt_no,
        channel=row.channel,
        sender=row.sender,
        received_at=row.received_at,
        sha256=row.sha256,
        stage=Stage(row.stage),
        supplier_name=row.supplier_name or "",
        number=row.number or "",
        issued_on=row.issued_on,
        due_on=row.due_on,
        payable=row.payable,
        currency=row.currency or "EUR",
        payee_name=row.payee_name or "",
        payee_iban=row.payee_iban or "",
        unit=row.unit or "",
        rejection=row.rejection or "",
        erased_on=row.erased_on,
        type_code=row.type_code or "",
    )
