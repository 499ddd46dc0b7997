"""Issue the signed order: its number and its booking key."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.handler import (
    GuardFailedError,
    Inline,
    Values,
    inline,
    last_number,
    next_number,
)
from laufzettel.handlers.invoice.stages import move
from laufzettel.handlers.order.orders import change, load
from laufzettel.records.cash_order import OrderStatus, booking_key
from laufzettel.records.invoice import Stage


@inline(
    "order.issue",
    results=("order_number", "order_key"),
    label="Anordnung erteilen",
)
def issue(
    step: Inline, *, order_id: str, ordered_by: str, countersigned_by: str | None = None
) -> Values:
    """Return the order's number, gapless per year, and the key of its booking.

    What is issued is signed: the step is refused where a duty is not.
    """
    order = load(step, order_id)
    step.require_signed("sachlich", "rechnerisch", "anordnung")
    number = order["number"] or _draw(step)
    change(
        step,
        order_id,
        OrderStatus.ISSUED,
        number=number,
        ordered_by=ordered_by,
        countersigned_by=countersigned_by,
        ordered_at=step.now,
    )
    move(step, order["invoice_id"], Stage.ORDERED)
    key = booking_key(step.tenant, order_id, order["revision"])
    step.audit("order.issued", {"order": order_id, "number": number, "key": key})
    return {"order_number": number, "order_key": key}


def _draw(step: Inline) -> str:
    """Return the next number, and have the step draw exactly this one or compute again."""
    year = step.now.astimezone(OFFICE_ZONE).year
    name = f"order:{year}"
    expected = last_number(step.connection, step.tenant, name) + 1

    def draw(connection: sa.Connection) -> None:
        if next_number(connection, step.tenant, name) != expected:
            raise GuardFailedError("Die Anordnungsnummer ist inzwischen vergeben.")

    step.write(draw)
    return f"A-{year}-{expected:06d}"
