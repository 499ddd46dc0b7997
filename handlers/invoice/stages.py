"""Moving an invoice from stage to stage, by the table of transitions and nothing else."""

from __future__ import annotations

from typing import Any

from laufzettel.engine.handler import Inline
from laufzettel.records.invoice import Stage, before
from laufzettel.records.tables import invoice


def move(step: Inline, invoice_id: str, stage: Stage, **columns: Any) -> None:
    """Have the step move the invoice to ``stage`` and write ``columns`` with it.

    Raises NotAllowedError when there is no such transition from where it stands.
    """
    values = {"stage": stage, **columns}
    step.records.update(invoice, invoice_id, values, allowed={"stage": before(stage)})
