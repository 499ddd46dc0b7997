"""Send an invoice back to its supplier: the record; the letter is ``supplier.notify``."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.corrected import corrected_by, tell_corrected
from laufzettel.handlers.invoice.listing import clear_deadline, list_invoice
from laufzettel.handlers.invoice.stages import move
from laufzettel.records import settings
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import invoice


@inline("invoice.reject", label="Rechnung zurückweisen")
def reject(step: Inline, *, invoice_id: str, rejection_text: str) -> Values:
    """Record the rejection with its reasons."""
    move(step, invoice_id, Stage.REJECTED, rejection=rejection_text)
    row = step.records.row(invoice, invoice_id)
    list_invoice(step, row, settings.load(step.connection, step.tenant))
    clear_deadline(step)
    tell_corrected(step, corrected_by(step, invoice_id))
    step.audit("invoice.rejected", {}, reason=rejection_text)
    return {}
