"""Write the next revision of a refused order; it needs new signatures."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.order.orders import change, load
from laufzettel.records.cash_order import OrderStatus


@inline("order.revise")
def revise(step: Inline, *, order_id: str, cost_center: str, gl_account: str) -> Values:
    """Make the refused order a draft with another revision and account assignment."""
    order = load(step, order_id)
    change(
        step,
        order_id,
        OrderStatus.DRAFT,
        revision=order["revision"] + 1,
        cost_center=cost_center,
        gl_account=gl_account,
    )
    step.audit("order.revised", {"order": order_id, "revision": order["revision"] + 1})
    return {}
