"""Note that the HKR booked the order."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.listing import clear_deadline
from laufzettel.handlers.invoice.stages import move
from laufzettel.handlers.order.orders import change, load
from laufzettel.records.cash_order import OrderStatus, booking_key
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import booking


@inline("order.accepted", label="Belegnummer des HKR vermerken")
def accepted(
    step: Inline, *, order_id: str, document_no: str, handover_no: int | None = None
) -> Values:
    """Record the booking; its key lets no order revision be booked twice."""
    order = load(step, order_id)
    change(step, order_id, OrderStatus.ACCEPTED, handover_no=handover_no)
    move(step, order["invoice_id"], Stage.ACCEPTED)
    step.records.insert(
        booking,
        order_key=booking_key(step.tenant, order_id, order["revision"]),
        cash_order_id=order_id,
        document_no=document_no,
        accepted_at=step.now,
    )
    clear_deadline(step)
    step.audit("order.accepted", {"order": order_id, "document_no": document_no})
    return {}
