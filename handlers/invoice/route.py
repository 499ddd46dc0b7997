"""Find the unit that must judge an invoice, and whether two persons must."""

from __future__ import annotations

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.responsible import (
    RESULTS,
    Responsible,
    hand_over,
    judged,
    nobody_knows,
)
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.records import settings
from laufzettel.records.settings import CENTRAL_POST, TenantSettings


@inline(
    "invoice.route",
    results=RESULTS,
    label="Rechnung dem Fachamt zuleiten",
    version=2,
)
def route(
    step: Inline,
    *,
    invoice_id: str,
    buyer_reference: str | None = None,
    decided_unit: str | None = None,
    decided_clerk: str | None = None,
) -> Values:
    """Return the unit of the decision, else of the tenant's routing table, else none.

    ``unit`` is None where nobody knows, or where the table names what does not exist: then
    ``responsibility_text`` tells the Poststelle why. ``separate_certification`` is True where
    the tenant's rule wants two persons for sachlich and rechnerisch.
    """
    require_own(step, invoice_id)
    rules = settings.load(step.connection, step.tenant)
    if decided_unit:
        source = "decision"
        said_by = "Die Tabelle „Zuständigkeit“ nennt"
        found = judged(step, rules, decided_unit, decided_clerk, said_by=said_by)
    else:
        source = "settings"
        found = _by_settings(rules, buyer_reference or "")
    results = hand_over(step, invoice_id, rules, found)
    told = {"why": found.text} if found.text else {}
    step.audit("invoice.routed", {"unit": found.unit or CENTRAL_POST, "by": source}, **told)
    return results


def _by_settings(rules: TenantSettings, buyer_reference: str) -> Responsible:
    unit = rules.unit_for(buyer_reference)
    if unit == CENTRAL_POST:
        return nobody_knows(rules)
    return Responsible(unit=unit, offered_to=unit)
