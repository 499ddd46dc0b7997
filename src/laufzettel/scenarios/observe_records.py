"""What is to be seen of the business: records, bookings in the HKR, outgoing letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from laufzettel.cli.demo.town import TENANT
from laufzettel.engine.tables import case
from laufzettel.records.tables import booking, cash_order, document, invoice, receipt_repeat

if TYPE_CHECKING:
    from laufzettel.scenarios.world import World

#: Table -> how its rows belong to a business object, by the id of that object.
RECORDS: Final[Mapping[str, tuple[sa.Table, Any]]] = {
    "invoice": (invoice, lambda key: invoice.c.id == key),
    "cash_order": (cash_order, lambda key: cash_order.c.invoice_id == key),
    "document": (document, lambda key: document.c.invoice_id == key),
    "receipt_repeat": (receipt_repeat, lambda key: receipt_repeat.c.invoice_id == key),
    "booking": (
        booking,
        lambda key: booking.c.cash_order_id.in_(
            sa.select(cash_order.c.id).where(cash_order.c.invoice_id == key)
        ),
    ),
}


def records(world: World, connection: sa.Connection, case_id: str) -> dict[str, Any]:
    """Return the rows of each table that belong to the case's business object."""
    key = connection.execute(
        sa.select(case.c.business_key).where(case.c.id == case_id)
    ).scalar_one()
    own = key.partition(":")[2]
    found = {}
    for name, (table, belongs) in RECORDS.items():
        query = sa.select(table).where(table.c.tenant == TENANT, belongs(own))
        found[name] = [dict(row) for row in connection.execute(query).mappings()]
    return found


def bookings(world: World, connection: sa.Connection, case_id: str) -> list[dict[str, Any]]:
    """Return what the HKR booked, whatever we think of it."""
    received = world.ledger.received()
    return [
        {
            "amount": booked.amount.amount,
            "currency": booked.amount.currency,
            "document_no": booked.document_no,
            "times_sent": received[booked.order_id],
        }
        for booked in world.ledger.bookings()
    ]


def letters(world: World, connection: sa.Connection, case_id: str) -> list[dict[str, Any]]:
    """Return the letters in the outgoing post."""
    files = sorted(world.settings.post.glob("brief-*.txt"))
    return [_letter(file.read_text("utf-8")) for file in files]


def _letter(text: str) -> dict[str, Any]:
    head, _, body = text.partition("\n\n")
    lines = dict(line.partition(": ")[::2] for line in reversed(head.splitlines()))
    return {"to": lines.get("An", ""), "subject": lines.get("Betreff", ""), "text": body}
