"""The decisions that a tenant's cases and handlers ask for, in their newest version, to be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.dmn.source import Decision, Table
from laufzettel.engine.execution.decision_store import DecisionStore
from laufzettel.engine.tables import bundle, bundle_decision
from laufzettel.identity import SHARED


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingDecision:
    """A decision in the version that is asked now; the table is empty for a boxed expression."""

    decision: str
    name: str
    bundle_id: str
    process_id: str
    number: int  # of the version, counted for each owner
    version_tag: str
    is_shared: bool  # belongs to the installation
    deployed_at: datetime
    deployed_by: str
    sha256: str  # of the file
    hit_policy: str = ""
    inputs: tuple[str, ...] = ()  # headings
    outputs: tuple[str, ...] = ()
    rules: tuple[tuple[str, ...], ...] = ()  # cells as FEEL, inputs first


_OF: Final = (
    sa.select(
        bundle_decision.c.decision_id,
        *bundle.c["id", "process_id", "number", "version_tag", "tenant"],
        *bundle.c["deployed_at", "deployed_by"],
    )
    .join(bundle, bundle.c.id == bundle_decision.c.bundle_id)
    .where(bundle_decision.c.tenant.in_(sa.bindparam("of_tenants", expanding=True)))
    .order_by(bundle_decision.c.decision_id, bundle.c.tenant == SHARED, bundle.c.id.desc())
)


def standing(
    connection: sa.Connection, store: DecisionStore, tenant: str
) -> list[StandingDecision]:
    """Return each decision in the tenant's own newest version, else in the newest shared one."""
    newest: dict[str, Any] = {}
    for row in connection.execute(_OF, {"of_tenants": [tenant, SHARED]}):
        newest.setdefault(row.decision_id, row)
    return [_view(connection, store, row) for row in newest.values()]


def _view(connection: sa.Connection, store: DecisionStore, row: Any) -> StandingDecision:
    library = store.library(connection, row.id)
    found = library.decision(row.decision_id)
    return StandingDecision(
        decision=row.decision_id,
        name=(found.name if found else "") or row.decision_id,
        bundle_id=row.id,
        process_id=row.process_id,
        number=row.number,
        version_tag=row.version_tag,
        is_shared=row.tenant == SHARED,
        deployed_at=row.deployed_at,
        deployed_by=row.deployed_by,
        sha256=library.owner(found.key).sha256 if found else "",
        **_table(found),
    )


def _table(found: Decision | None) -> dict[str, Any]:
    logic = found.logic if found else None
    if not isinstance(logic, Table):
        return {}
    return {
        "hit_policy": logic.policy.value,
        "inputs": tuple(one.label or one.expression.text for one in logic.inputs),
        "outputs": tuple(one.label or one.name for one in logic.outputs),
        "rules": tuple(
            tuple(cell.text for cell in (*rule.inputs, *rule.outputs)) for rule in logic.rules
        ),
    }
