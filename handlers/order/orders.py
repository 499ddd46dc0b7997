"""Reading cash orders, and moving them by the table of transitions and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laufzettel.engine.handler import Inline
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.records.cash_order import OrderStatus, before
from laufzettel.records.tables import cash_order


def load(step: Inline, order_id: str) -> Mapping[str, Any]:
    """Return the order as the step leaves it; BpmnError where the case is about another."""
    order = step.records.row(cash_order, order_id)
    require_own(step, order["invoice_id"])
    return order


def change(step: Inline, order_id: str, status: OrderStatus, **columns: Any) -> None:
    """Have the step move the order to ``status`` and write ``columns`` with it.

    Raises NotAllowedError when there is no such transition from where it stands.
    """
    load(step, order_id)
    values = {"status": status, **columns}
    step.records.update(cash_order, order_id, values, allowed={"status": before(status)})
