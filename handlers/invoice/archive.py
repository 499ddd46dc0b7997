"""File a paid invoice: payment noted, retention set."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.documents.retention import DocumentKind, retain_until
from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.stages import move
from laufzettel.handlers.order.orders import change, load
from laufzettel.handlers.supplier.answer import want
from laufzettel.records import settings
from laufzettel.records.cash_order import OrderStatus, booking_key
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import booking, document

# Built once: building a statement costs more than running it.
_PAID = sa.update(booking).where(
    booking.c.tenant == sa.bindparam("of_tenant"), booking.c.order_key == sa.bindparam("of_key")
)
_RETAIN = sa.update(document).where(
    document.c.tenant == sa.bindparam("of_tenant"),
    document.c.invoice_id == sa.bindparam("of_invoice"),
)


@inline("invoice.archive", results=("retain_until",), label="Rechnung ablegen")
def archive(
    step: Inline, *, invoice_id: str, order_id: str, paid_on: date, paid_amount: Decimal
) -> Values:
    """Note what was paid when and until when the documents are kept.

    The term may depend on the council's resolution about the year's accounts (§ 59 KomHVO
    NRW); until that is known the documents are kept without end.
    """
    order = load(step, order_id)
    key = booking_key(step.tenant, order_id, order["revision"])
    closed_on = step.now.astimezone(OFFICE_ZONE).date()
    until = retain_until(DocumentKind.INVOICE, closed_on, None, on=closed_on)
    change(step, order_id, OrderStatus.PAID)
    step.write(lambda connection: _paid(connection, step.tenant, key, paid_on, paid_amount))
    move(step, invoice_id, Stage.PAID)
    move(step, invoice_id, Stage.ARCHIVED)
    want(step, invoice_id, "paid", settings.load(step.connection, step.tenant))
    step.write(lambda connection: _retain(connection, step.tenant, invoice_id, until))
    step.audit(
        "invoice.archived",
        {
            "paid_on": paid_on.isoformat(),
            "amount": str(paid_amount),
            "retain_until": until.isoformat() if until else "offen",
        },
    )
    return {"retain_until": until}


def _paid(connection: sa.Connection, tenant: str, key: str, paid_on: date, amount: Decimal) -> None:
    which = {"of_tenant": tenant, "of_key": key}
    connection.execute(_PAID, which | {"paid_on": paid_on, "paid_amount": amount})


def _retain(connection: sa.Connection, tenant: str, invoice_id: str, until: date | None) -> None:
    which = {"of_tenant": tenant, "of_invoice": invoice_id}
    connection.execute(_RETAIN, which | {"retain_until": until})
