"""Propose the Kontierung of an invoice: by the tenant's own decision, else by the seller's history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from laufzettel.engine.handler import Decided, Decisions, Inline, UndecidedError
from laufzettel.handlers.texts import visible_line
from laufzettel.records.heads.accounts import Proposal, past_of, propose
from laufzettel.records.heads.head import head_of_row
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.settings import TenantSettings

#: Id of the decision (DMN) that a tenant may deploy; its outputs are those of ``_OUTPUTS``.
DECISION: Final = "kontierung"
_OUTPUTS: Final = ("cost_center", "gl_account")
_LENGTH_MAX: Final = 20  # of the fields of the form


def proposal_of(
    step: Inline, row: Mapping[str, Any], rules: TenantSettings, *, unit: str
) -> Proposal | None:
    """Return what the form proposes, with its reason; None where neither rule nor habit says."""
    head = step.records.row(invoice_head, row["id"])
    order_ref = head["order_ref"] or ""
    past = past_of(
        step.connection, step.tenant, row, head, unit=unit, closed=rules.confidential_units
    )
    habit = propose(past, order_ref=order_ref, unit=unit)
    decided, problem = _decided(step, _inputs(row, head, unit))
    ruled = None if decided is None else _ruled(decided, habit)
    found = ruled or habit
    if decided is not None or problem or found is not None:
        step.audit("accounts.proposed", _told(decided, ruled, habit) | {"is_usable": not problem})
    return found


def _decided(step: Inline, inputs: Mapping[str, Any]) -> tuple[Decided | None, str]:
    """Return what the tenant's decision says, None without one; or why it cannot be trusted.

    A proposal may be missing: a table that fails stops no invoice, but it is told.
    """
    decisions = step.service(Decisions)  # type: ignore[type-abstract]
    try:
        found = decisions.decide(step.connection, step.tenant, DECISION, inputs, now=step.now)
    except UndecidedError as error:
        return None, str(error)
    return found, ""


def _inputs(row: Mapping[str, Any], head: Mapping[str, Any], unit: str) -> dict[str, Any]:
    """Return what the decision may look at."""
    return {
        "supplier_name": row["supplier_name"],
        "supplier_vat_id": row["supplier_vat_id"],
        "gross_amount": row["payable"],
        "currency": row["currency"],
        "type_code": row["type_code"],
        "order_ref": head_of_row({**head, "supplier_name": "", "own_number": ""}).order_ref,
        "buyer_reference": row["buyer_reference"],
        "unit": unit,
    }


def _ruled(decided: Decided, habit: Proposal | None) -> Proposal | None:
    """Return what the decision proposes; a habit that differs is said beside it."""
    value = decided.value
    if not isinstance(value, Mapping):
        return None
    given = [one for one in map(value.get, _OUTPUTS) if isinstance(one, str) and one.strip()]
    if len(given) < len(_OUTPUTS):
        return None
    cost_center, gl_account = (visible_line(one, length_max=_LENGTH_MAX) for one in given)
    rows = ", ".join(str(rule) for table in decided.rules for rule in table)
    reason = f"Kostenstelle {cost_center}, Sachkonto {gl_account}: nach der Tabelle „Kontierung“"
    reason += f", Regel {rows}." if rows else "."
    if habit is not None and (habit.cost_center, habit.gl_account) != (cost_center, gl_account):
        reason += f" Bisher anders: {habit.reason}"
    return Proposal(cost_center=cost_center, gl_account=gl_account, reason=reason)


def _told(
    decided: Decided | None, ruled: Proposal | None, habit: Proposal | None
) -> dict[str, Any]:
    """Return for the audit where the proposal comes from; what cannot be trusted is named."""
    source = "decision" if ruled else "history" if habit else "none"
    if decided is None:
        return {"source": source}
    return {
        "source": source,
        "decision": DECISION,
        "sha256": decided.sha256,
        "rules": [list(table) for table in decided.rules],
    }
