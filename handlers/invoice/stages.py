"""Moving an invoice from stage to stage, by the table of transitions and nothing else."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from laufzettel.engine.handler import Inline
from laufzettel.errors import ConflictError
from laufzettel.records.invoice import Stage, before
from laufzettel.records.tables import invoice


class TransitionError(ConflictError):
    """Diesen Übergang gibt es für die Rechnung nicht."""


def move(step: Inline, invoice_id: str, stage: Stage, **columns: Any) -> None:
    """Have the step move the invoice to ``stage`` and write ``columns`` with it."""

    def write(connection: sa.Connection) -> None:
        moved = connection.execute(
            sa.update(invoice)
            .where(
                invoice.c.id == invoice_id,
                invoice.c.tenant == step.tenant,
                invoice.c.stage.in_(before(stage)),
            )
            .values(stage=stage, **columns)
        )
        if moved.rowcount != 1:
            raise TransitionError(f"Die Rechnung kann nicht nach „{stage}“ wechseln.")

    step.write(write)
