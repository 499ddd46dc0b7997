"""Write the next revision of a refused order; it needs new signatures."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.listing import list_deadline, signatures_after_ordering
from laufzettel.handlers.order.orders import change, load, require_bookable
from laufzettel.handlers.texts import visible_line
from laufzettel.records import settings
from laufzettel.records.cash_order import OrderStatus
from laufzettel.records.tables import invoice


@inline("order.revise", label="Anordnung berichtigen")
def revise(step: Inline, *, order_id: str, cost_center: str, gl_account: str) -> Values:
    """Make the refused order a draft with another revision and account assignment."""
    order = load(step, order_id)
    accounts = {
        "cost_center": visible_line(cost_center, length_max=40),
        "gl_account": visible_line(gl_account, length_max=40),
    }
    require_bookable(step, {**order, **accounts})
    change(
        step,
        order_id,
        OrderStatus.DRAFT,
        revision=order["revision"] + 1,
        drafted_at=step.now,
        **accounts,
    )
    row = step.records.row(invoice, order["invoice_id"])
    rules = settings.load(step.connection, step.tenant)
    list_deadline(step, row, rules, signatures_after=signatures_after_ordering(row, rules))
    step.audit("order.revised", {"order": order_id, "revision": order["revision"] + 1})
    return {}
