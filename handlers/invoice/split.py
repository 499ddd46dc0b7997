"""Divide a stack of scanned paper into its invoices, each with a case of its own."""

from __future__ import annotations

from laufzettel.engine.handler import Values, Work, work
from laufzettel.handlers.invoice.stacks import Stacks
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.records.stacks import StackError


@work("invoice.split", results=("capture_problem",), label="Stapel in Rechnungen aufteilen")
def split(step: Work, *, invoice_id: str, cuts: str | None = None) -> Values:
    """Return why it cannot be divided so, None where each invoice has its receipt.

    Without ``cuts`` („1-2; 3-4“) the separator sheets divide.
    """
    require_own(step, invoice_id)
    try:
        numbers = step.service(Stacks).divide(step.tenant, invoice_id, cuts)
    except StackError as error:
        return {"capture_problem": f"- {error}"}
    by = "hand" if cuts is not None else "separators"
    step.audit("invoice.split", {"into": list(numbers), "by": by})
    return {"capture_problem": None}
