"""Read models of cases: the facts of the invoice behind one, its papers, and lists.

Read-only; every query names the tenant. A confidential case shows itself only to whom a task
of it is or was offered; everybody else finds its neutral name and nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import case, task_offer, user_task
from laufzettel.records import settings
from laufzettel.records.cash_order import OrderStatus
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import booking, cash_order, document, invoice, person

#: Rows of a page.
PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks, and whether the whole tenant may be read."""

    tenant: str
    person: str | None
    groups: frozenset[str]
    reads_all: bool  # an auditor: nothing is hidden


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A stored paper of an invoice."""

    sha256: str
    kind: str  # original, report, letter, order
    media_type: str
    file_name: str
    size: int
    stored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where a case lies at the moment."""

    task_id: str
    name: str
    assignee: str | None
    groups: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case in a list."""

    id: str
    subject: str
    party: str
    amount: Decimal | None
    currency: str | None
    unit: str | None
    status: str
    end: str
    started_at: datetime
    ended_at: datetime | None
    is_visible: bool  # else only its name is the reader's to see


def invoice_of(connection: sa.Connection, tenant: str, business_key: str) -> Invoice | None:
    """Return the invoice that a case is about, None when it is about something else."""
    kind, _, key = business_key.partition(":")
    if kind != "invoice":
        return None
    row = connection.execute(
        sa.select(invoice).where(invoice.c.tenant == tenant, invoice.c.id == key)
    ).one_or_none()
    return invoice_from(row) if row else None


def order_of(connection: sa.Connection, tenant: str, invoice_id: str) -> Order | None:
    """Return the order of an invoice with what the HKR said about it."""
    row = connection.execute(
        _orders(tenant).where(cash_order.c.invoice_id == invoice_id)
    ).one_or_none()
    return _order(row) if row else None


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


def desks_of(
    connection: sa.Connection, tenant: str, case_ids: Sequence[str]
) -> Mapping[str, tuple[Desk, ...]]:
    """Return where each case lies: its open tasks, the oldest first."""
    rows = connection.execute(
        sa.select(user_task)
        .where(
            user_task.c.tenant == tenant,
            user_task.c.case_id.in_(case_ids),
            user_task.c.status == "open",
        )
        .order_by(user_task.c.created_at)
    )
    desks: dict[str, tuple[Desk, ...]] = {}
    for row in rows:
        desk = Desk(
            task_id=row.id,
            name=row.name,
            assignee=row.assignee,
            groups=tuple(row.groups),
            since=row.created_at,
        )
        desks[row.case_id] = (*desks.get(row.case_id, ()), desk)
    return desks


def visible(reader: Reader) -> sa.ColumnElement[bool]:
    """Return the condition under which a case shows itself: open to the house, or theirs."""
    if reader.reads_all:
        return sa.true()
    recipients = [f"person:{reader.person}", *(f"group:{group}" for group in reader.groups)]
    theirs = (
        sa.select(user_task.c.id)
        .outerjoin(task_offer, task_offer.c.task_id == user_task.c.id)
        .where(
            user_task.c.case_id == case.c.id,
            sa.or_(
                user_task.c.assignee == reader.person,
                user_task.c.ended_by == reader.person,
                user_task.c.group_.in_(sorted(reader.groups)),
                task_offer.c.recipient.in_(sorted(recipients)),
            ),
        )
    )
    return sa.or_(case.c.confidential.is_(False), theirs.exists())


def names(connection: sa.Connection, tenant: str) -> Mapping[str, str]:
    """Return the names of all people of the tenant, and of its groups under „group:…“."""
    rows = connection.execute(
        sa.select(person.c.id, person.c.name).where(person.c.tenant == tenant)
    )
    groups = settings.load(connection, tenant).group_names
    return {
        "system": "System",
        "operator": "Betrieb",
        **{row.id: row.name for row in rows},
        **{f"group:{group}": name for group, name in groups.items()},
    }


def whose(desk: Desk, names: Mapping[str, str]) -> str:
    """Return who has a task: the person that took it, else the groups it is offered to."""
    if desk.assignee:
        return names.get(desk.assignee, desk.assignee)
    return ", ".join(names.get(f"group:{group}", group) for group in desk.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A case that this one has called, or that has called it."""

    id: str
    number: int  # of the item, from 1
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """The cases around a case. Their names stay theirs: one of them may be confidential."""

    parent: Relative | None
    children: list[Relative]  # the first page of them
    total: int
    ended: int


def relatives_of(connection: sa.Connection, tenant: str, case_id: str) -> Relatives:
    """Return who has called the case, and what it has called."""
    of = {"of_tenant": tenant, "of_case": case_id}
    parent = connection.execute(_PARENT, of).one_or_none()
    rows = connection.execute(_CHILDREN, of).all()
    counts = connection.execute(_COUNTS, of).one()
    return Relatives(
        parent=Relative(id=parent.id, number=parent.number, status=parent.status)
        if parent
        else None,
        children=[Relative(id=row.id, number=row.number, status=row.status) for row in rows],
        total=counts.total,
        ended=counts.ended,
    )


_called: Final = case.alias()
_of_tenant: Final = case.c.tenant == sa.bindparam("of_tenant")
_PARENT: Final = (
    sa.select(case.c.id, case.c.status, _called.c.parent_number.label("number"))
    .join(_called, _called.c.parent_case == case.c.id)
    .where(_called.c.id == sa.bindparam("of_case"), _of_tenant)
)
_is_child: Final = sa.and_(case.c.parent_case == sa.bindparam("of_case"), _of_tenant)
_CHILDREN: Final = (
    sa.select(case.c.id, case.c.status, case.c.parent_number.label("number"))
    .where(_is_child)
    .order_by(case.c.parent_activation, case.c.parent_number)
    .limit(PAGE_SIZE)
)
_COUNTS: Final = sa.select(
    sa.func.count().label("total"), sa.func.count(case.c.ended_at).label("ended")
).where(_is_child)


def page(
    connection: sa.Connection, reader: Reader, *, status: str | None, before: str | None
) -> list[Row]:
    """Return a page of cases, the newest first, those older than ``before``; one row more
    than a page says that there is another. What is not the reader's to see has its neutral
    name only.
    """
    query = sa.select(case, visible(reader).label("is_visible")).where(
        case.c.tenant == reader.tenant
    )
    if status:
        query = query.where(case.c.status == status)
    if before:
        query = query.where(case.c.id < before)
    rows = connection.execute(query.order_by(case.c.id.desc()).limit(PAGE_SIZE + 1))
    return [
        Row(
            id=row.id,
            subject=row.subject,
            party=row.party,
            amount=row.amount if row.is_visible else None,
            currency=row.currency,
            unit=row.unit,
            status=row.status,
            end=(row.result or {}).get("end", ""),
            started_at=row.started_at,
            ended_at=row.ended_at,
            is_visible=row.is_visible,
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
    )
