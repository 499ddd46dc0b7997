"""Write down which unit the Poststelle found for an invoice."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.responsible import RESULTS, hand_over, judged
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.records import settings
from laufzettel.records.settings import CENTRAL_POST


@inline(
    "invoice.assign",
    results=RESULTS,
    label="Zuständigkeit eintragen",
)
def assign(
    step: Inline,
    *,
    invoice_id: str,
    chosen_unit: str,
    chosen_clerk: str | None = None,
) -> Values:
    """Return the unit and the clerk that a person named, by id or by name.

    ``unit`` is None where there is no such unit or clerk; ``responsibility_text`` says so.
    """
    require_own(step, invoice_id)
    rules = settings.load(step.connection, step.tenant)
    found = judged(step, rules, chosen_unit, chosen_clerk, said_by="Eingetragen ist")
    results = hand_over(step, invoice_id, rules, found)
    told = {"why": found.text} if found.text else {}
    step.audit("invoice.routed", {"unit": found.unit or CENTRAL_POST, "by": "person"}, **told)
    return results
