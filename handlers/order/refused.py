"""Note a Rückläufer and find the desk that can mend it."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.listing import list_deadline, signatures_after_certifying
from laufzettel.handlers.order.orders import change, load
from laufzettel.records import settings
from laufzettel.records.cash_order import OrderStatus, desk_for
from laufzettel.records.tables import invoice


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
    rules = settings.load(step.connection, step.tenant)
    row = step.records.row(invoice, load(step, order_id)["invoice_id"])
    # The Kontierung, too, is followed by the Anordnung; a new Anordnung by one less.
    after = signatures_after_certifying(row, rules) - (desk == "order")
    list_deadline(step, row, rules, signatures_after=after)
    step.audit("order.refused", {"order": order_id, "code": reason_code, "return_to": desk})
    return {"return_to": desk}
