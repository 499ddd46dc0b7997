"""Issue the signed order: its number and its booking key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from laufzettel.handlers.tax.carry import require_still_right
from laufzettel.money import Money
from laufzettel.records import settings
from laufzettel.records.cash_order import OrderStatus, booking_key, needs_second_signature
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

    What is issued is signed as it stands, by those whom it names: the step is refused where
    it is not, whichever way the case came here.
    """
    order = load(step, order_id)
    _require_signed(step, order, ordered_by, countersigned_by)
    require_still_right(step, order)
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


def _require_signed(
    step: Inline, order: Mapping[str, Any], ordered_by: str, countersigned_by: str | None
) -> None:
    """Have the step refused unless this very draft is ordered, above the limit by two."""
    step.require_signed("rechnerisch")
    step.require_signed("sachlich", by=order["certified_by"])
    drafted_at = order["drafted_at"]  # not known of a draft that is older than the column
    step.require_signed("anordnung", by=ordered_by, since=drafted_at)
    above = settings.load(step.connection, step.tenant).second_signature_above
    needs_second = needs_second_signature(Money(order["amount"], order["currency"]), above)
    if needs_second or countersigned_by is not None:
        step.require_signed("mitzeichnung", by=countersigned_by, since=drafted_at)


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
