"""Write down which unit the Poststelle found for an invoice, and whether it is always so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.responsible import RESULTS, Responsible, hand_over, judged, parts
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.ids import new_id
from laufzettel.records import proposals, settings
from laufzettel.records.settings import CENTRAL_POST, TenantSettings
from laufzettel.records.tables import invoice

#: What the form offers under „Das gehört immer zu dieser Stelle“.
BY_SUPPLIER: Final = "lieferant"
BY_LEITWEG_ID: Final = "leitweg"


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
    belongs_always: str | None = None,
    clarified_by: str | None = None,
) -> Values:
    """Return the unit and the clerk that a person named, by id or by name.

    ``unit`` is None where there is no such unit or clerk; ``responsibility_text`` says so. With
    ``belongs_always`` a proposal for the table „Zuständigkeit“ is kept; it changes nothing.
    """
    require_own(step, invoice_id)
    rules = settings.load(step.connection, step.tenant)
    before = step.records.row(invoice, invoice_id)
    found = judged(step, rules, chosen_unit, chosen_clerk, said_by="Eingetragen ist")
    results = hand_over(step, invoice_id, rules, found)
    told = {"why": found.text} if found.text else {}
    step.audit("invoice.routed", {"unit": found.unit or CENTRAL_POST, "by": "person"}, **told)
    what = _proposed(before, rules, found, belongs_always or "")
    if what is not None:
        _propose(step, invoice_id, found, what, by=clarified_by or "")
    return results


def _proposed(
    row: Mapping[str, Any], rules: TenantSettings, found: Responsible, always: str
) -> tuple[str, str] | None:
    """Return input and value of the row to propose; None for none.

    Which suppliers a confidential unit has, no table may tell (§ 35 SGB I).
    """
    leitweg_id = row["buyer_reference"] or ""
    if found.unit is None:
        return None
    if always == BY_LEITWEG_ID and leitweg_id:
        fine = parts(leitweg_id)[1]
        return ("leitweg_fine", fine) if fine else ("leitweg_id", leitweg_id)
    if always != BY_SUPPLIER or rules.keeps(row) or found.unit in rules.confidential_units:
        return None
    vat_id = (row["supplier_vat_id"] or "").replace(" ", "")
    if vat_id:
        return "supplier_vat_id", vat_id
    return ("supplier_name", row["supplier_name"]) if row["supplier_name"] else None


def _propose(
    step: Inline, invoice_id: str, found: Responsible, what: tuple[str, str], *, by: str
) -> None:
    name, value = what
    is_group = found.clerk is None and found.offered_to != found.unit
    row = {
        "id": new_id(),
        "tenant": step.tenant,
        "field": name,
        "value": value,
        "unit": found.unit,
        "clerk": found.offered_to if is_group else found.clerk,
        "case_id": step.case_id,
        "invoice_id": invoice_id,
        "proposed_by": by,
        "proposed_at": step.now,
    }
    step.write(lambda connection: proposals.propose(connection, row))
    step.audit("routing.proposed", {"field": name, "unit": found.unit})
