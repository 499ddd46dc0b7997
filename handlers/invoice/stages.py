"""Moving an invoice from stage to stage, by the table of transitions and nothing else."""

from __future__ import annotations

from typing import Any

from laufzettel.engine.handler import BpmnError, Inline, Work
from laufzettel.records.invoice import Stage, before
from laufzettel.records.tables import invoice


def require_own(step: Inline | Work, invoice_id: str) -> None:
    """Raise a BpmnError where the case is not about this invoice.

    Signatures bar a person per business object: a case about another object must not lead
    to an order for this one.
    """
    if step.business_key != f"invoice:{invoice_id}":
        raise BpmnError(
            "FREMDE_RECHNUNG",
            "Diese Rechnung gehört zu einem anderen Vorgang; hier ist nichts mit ihr zu tun.",
        )


def move(step: Inline, invoice_id: str, stage: Stage, **columns: Any) -> None:
    """Have the step move the invoice to ``stage`` and write ``columns`` with it.

    Raises NotAllowedError when there is no such transition from where it stands.
    """
    require_own(step, invoice_id)
    values = {"stage": stage, **columns}
    step.records.update(invoice, invoice_id, values, allowed={"stage": before(stage)})
