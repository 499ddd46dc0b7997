"""Reading cash orders, and moving them by the table of transitions and nothing else."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from laufzettel.engine.handler import Inline
from laufzettel.errors import ConflictError, NotFoundError
from laufzettel.records.cash_order import OrderStatus, before
from laufzettel.records.tables import cash_order


class OrderTransitionError(ConflictError):
    """Diesen Übergang gibt es für die Anordnung nicht."""


def load(step: Inline, order_id: str) -> sa.Row[Any]:
    """Return the order from the step's snapshot."""
    row = step.connection.execute(
        sa.select(cash_order).where(cash_order.c.id == order_id, cash_order.c.tenant == step.tenant)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"Die Anordnung „{order_id}“ gibt es nicht.")
    return row


def change(step: Inline, order_id: str, status: OrderStatus, **columns: Any) -> None:
    """Have the step move the order to ``status`` and write ``columns`` with it."""

    def write(connection: sa.Connection) -> None:
        moved = connection.execute(
            sa.update(cash_order)
            .where(
                cash_order.c.id == order_id,
                cash_order.c.tenant == step.tenant,
                cash_order.c.status.in_(before(status)),
            )
            .values(status=status, **columns)
        )
        if moved.rowcount != 1:
            raise OrderTransitionError(f"Die Anordnung kann nicht nach „{status}“ wechseln.")

    step.write(write)
