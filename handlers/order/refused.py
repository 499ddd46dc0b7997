"""Note a Rückläufer and find the desk that can mend it."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.order.orders import change
from laufzettel.records.cash_order import OrderStatus, desk_for


@inline("order.refused", results=("return_to",))
def refused(
    step: Inline, *, order_id: str, reason_code: str, reason_text: str | None = None
) -> Values:
    """Return the step the case goes back to."""
    change(
        step,
        order_id,
        OrderStatus.REFUSED,
        refusal_code=reason_code,
        refusal_text=reason_text or "",
    )
    desk = desk_for(reason_code)
    step.audit("order.refused", {"order": order_id, "code": reason_code, "return_to": desk})
    return {"return_to": desk}
