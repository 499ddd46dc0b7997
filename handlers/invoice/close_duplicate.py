"""Close an invoice that a person found to be a Doppelrechnung."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.corrected import corrected_by, tell_corrected
from laufzettel.handlers.invoice.listing import clear_deadline
from laufzettel.handlers.invoice.stages import move
from laufzettel.records.invoice import Stage


@inline("invoice.close_duplicate", label="Doppelrechnung abschließen")
def close_duplicate(step: Inline, *, invoice_id: str, duplicate_of: str) -> Values:
    """Close the invoice with a link to the first one."""
    move(step, invoice_id, Stage.DUPLICATE)
    clear_deadline(step)
    tell_corrected(step, corrected_by(step, invoice_id))
    step.audit("invoice.duplicate", {"duplicate_of": duplicate_of})
    return {}
