"""What the Auskunft knows: an invoice by what somebody says on the telephone.

Read-only; every query names the tenant. A confidential case answers to its receipt number alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from laufzettel.engine.tables import case
from laufzettel.records.tables import cash_order, invoice
from laufzettel.web.case import invoice_records
from laufzettel.web.case import queries as case_queries
from laufzettel.web.formats import parse_amount

#: Cards of an answer.
CARDS_MAX: Final = 20
#: An IBAN is recognised by so many of its last characters.
IBAN_END_MIN: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The answer to a question on the telephone."""

    case_id: str
    subject: str
    party: str
    is_confidential: bool
    invoice: invoice_records.Invoice | None  # none where it is confidential
    order: invoice_records.Order | None
    desks: tuple[case_queries.Desk, ...]
    end: str  # end event, "" while the case is open


def answer(connection: sa.Connection, reader: case_queries.Reader, text: str) -> list[Card]:
    """Return what is known about an invoice number, amount, payee, or the end of an IBAN."""
    wanted = text.strip()
    if not wanted:
        return []
    key = sa.literal("invoice:").concat(invoice.c.id)
    rows = connection.execute(
        sa.select(
            invoice,
            case.c.id.label("of_case"),
            case.c.subject,
            case.c.party,
            case.c.result,
            case.c.confidential,
            case_queries.visible(reader).label("is_visible"),
        )
        .join(case, sa.and_(case.c.tenant == invoice.c.tenant, case.c.business_key == key))
        .outerjoin(cash_order, cash_order.c.invoice_id == invoice.c.id)
        .where(
            invoice.c.tenant == reader.tenant,
            _matches(wanted),
            # A number or a name must not tell that a confidential invoice is here.
            sa.or_(case_queries.visible(reader), invoice.c.receipt_no == wanted),
        )
        .order_by(invoice.c.received_at.desc())
        .limit(CARDS_MAX)
    ).all()
    desks = case_queries.desks_of(connection, reader.tenant, [row.of_case for row in rows])
    orders = invoice_records.orders_of(connection, reader.tenant, [row.id for row in rows])
    return [
        Card(
            case_id=row.of_case,
            subject=row.subject,
            party=row.party,
            is_confidential=row.confidential,
            invoice=invoice_records.invoice_from(row) if row.is_visible else None,
            order=orders.get(row.id) if row.is_visible else None,
            desks=desks.get(row.of_case, ()) if row.is_visible else (),
            end=(row.result or {}).get("end", ""),
        )
        for row in rows
    ]


def _matches(text: str) -> sa.ColumnElement[bool]:
    """Return the condition for what somebody says on the telephone."""
    conditions = [
        invoice.c.number.icontains(text, autoescape=True),
        invoice.c.supplier_name.icontains(text, autoescape=True),
        invoice.c.payee_name.icontains(text, autoescape=True),
        invoice.c.receipt_no == text,
        cash_order.c.number == text,
    ]
    amount = parse_amount(text)
    if amount is not None:
        conditions += [invoice.c.payable == amount, invoice.c.gross == amount]
    plain = "".join(text.split()).upper()
    if len(plain) >= IBAN_END_MIN and plain.isalnum():
        conditions.append(invoice.c.payee_iban.endswith(plain, autoescape=True))
    return sa.or_(*conditions)
