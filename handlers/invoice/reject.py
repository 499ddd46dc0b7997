"""Send an invoice back to its supplier: the record; the letter is ``supplier.notify``."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.stages import move
from laufzettel.records.invoice import Stage


@inline("invoice.reject")
def reject(step: Inline, *, invoice_id: str, rejection_text: str) -> Values:
    """Record the rejection with its reasons."""
    move(step, invoice_id, Stage.REJECTED, rejection=rejection_text)
    step.audit("invoice.rejected", {}, reason=rejection_text)
    return {}
