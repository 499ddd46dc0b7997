"""Find the unit that must judge an invoice, and whether two persons must."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.listing import (
    list_deadline,
    list_invoice,
    signatures_after_certifying,
)
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.records import settings
from laufzettel.records.people import STRICT
from laufzettel.records.tables import invoice


@inline(
    "invoice.route",
    results=("unit", "separate_certification"),
    label="Rechnung dem Fachamt zuleiten",
)
def route(step: Inline, *, invoice_id: str, buyer_reference: str | None = None) -> Values:
    """Return the unit by the tenant's routing table; unknown references go to the Poststelle.

    ``separate_certification`` is True where the tenant's rule wants two persons for sachlich
    and rechnerisch.
    """
    require_own(step, invoice_id)
    rules = settings.load(step.connection, step.tenant)
    unit = rules.unit_for(buyer_reference or "")
    is_separate = rules.duty_preset == STRICT.name
    step.set_facets(unit=unit)
    row = step.records.row(invoice, invoice_id)
    list_invoice(step, row, rules)
    after = signatures_after_certifying(row, rules)
    list_deadline(step, row, rules, signatures_after=after)
    step.records.update(invoice, invoice_id, {"unit": unit})
    step.audit("invoice.routed", {"unit": unit})
    return {"unit": unit, "separate_certification": is_separate}
