"""Find the unit that must judge an invoice."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.records import settings
from laufzettel.records.tables import invoice


@inline("invoice.route", results=("unit",))
def route(step: Inline, *, invoice_id: str, buyer_reference: str | None = None) -> Values:
    """Return the unit by the tenant's routing table; unknown references go to the Poststelle."""
    require_own(step, invoice_id)
    unit = settings.load(step.connection, step.tenant).unit_for(buyer_reference or "")
    step.set_facets(unit=unit)
    step.records.update(invoice, invoice_id, {"unit": unit})
    step.audit("invoice.routed", {"unit": unit})
    return {"unit": unit}
