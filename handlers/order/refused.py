"""Note a Rückläufer and find the desk that can mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.listing import (
    list_deadline,
    signatures_after_certifying,
    signatures_after_ordering,
)
from laufzettel.handlers.order.orders import change, load
from laufzettel.records import settings
from laufzettel.records.cash_order import OrderStatus, desk_for
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import invoice


@inline("order.refused", results=("return_to",), label="Rückläufer vermerken")
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
    list_deadline(step, row, rules, signatures_after=_signatures_after(desk, row, rules))
    step.audit("order.refused", {"order": order_id, "code": reason_code, "return_to": desk})
    return {"return_to": desk}


def _signatures_after(desk: str, row: Mapping[str, Any], rules: TenantSettings) -> int:
    """Return how many sign after the desk that mends the order; a new Kontierung signs nothing."""
    if desk == "certify":
        return signatures_after_certifying(row, rules)
    return signatures_after_ordering(row, rules) + (desk == "assign")
