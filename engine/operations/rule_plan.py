"""A rule that somebody wants in a decision table: what the tenant's next version of it would be.

The base is the tenant's own newest bundle with the decision. Where it has none, the shared
file is carried by a small process of the tenant's own; nothing else of the shared bundle is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from laufzettel.engine.dmn import read_model
from laufzettel.engine.dmn.add_rule import NewRule, add_rule
from laufzettel.engine.dmn.source import Table
from laufzettel.engine.execution import bundles
from laufzettel.engine.execution.decision_store import DecisionStore
from laufzettel.engine.model.carrier import carried
from laufzettel.engine.model.finding import Finding, Severity
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import bundle
from laufzettel.errors import NotFoundError
from laufzettel.identity import SHARED


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePlan:
    """The table with the rule in it; nothing is deployed yet."""

    sources: Sources
    findings: tuple[Finding, ...]  # of the whole bundle, as deploying it would find them
    is_first: bool  # the tenant has had no version of its own
    inputs: tuple[str, ...]  # headings
    outputs: tuple[str, ...]
    rules: tuple[tuple[str, ...], ...]  # cells as FEEL, inputs first
    position: int  # of the new rule, from 0

    @property
    def is_deployable(self) -> bool:
        """Whether no finding is an error."""
        return all(one.severity is not Severity.ERROR for one in self.findings)


def planned(
    connection: sa.Connection, store: DecisionStore, tenant: str, decision: str, rule: NewRule
) -> tuple[Sources, bool]:
    """Return the bundle with the rule in it, and whether it is the tenant's first.

    Raises NotFoundError where nobody has deployed the decision, InputError where the table
    cannot take the rule.
    """
    bundle_id = store.newest(connection, tenant, decision, "")
    if bundle_id is None:
        raise NotFoundError(f"Die Tabelle „{decision}“ ist nicht eingespielt.")
    owner = connection.scalar(sa.select(bundle.c.tenant).where(bundle.c.id == bundle_id))
    files = bundles.sources_of(connection, bundle_id)
    name = _file(files, decision)
    text = add_rule(files[name], decision, rule)
    if owner == SHARED:
        return carried(name, text, decision), True
    return Sources(files={**files, name: text}), False


def shown(
    sources: Sources,
    findings: tuple[Finding, ...],
    decision: str,
    rule: NewRule,
    *,
    is_first: bool,
) -> RulePlan:
    """Return the plan with its table as people read it."""
    model = read_model(
        _file(sources.files, decision), sources.files[_file(sources.files, decision)]
    )
    table = next(one.logic for one in model.decisions if one.key[1] == decision)
    assert isinstance(table, Table)  # noqa: S101 - add_rule has found it
    return RulePlan(
        sources=sources,
        findings=findings,
        is_first=is_first,
        inputs=tuple(one.label or one.expression.text for one in table.inputs),
        outputs=tuple(one.label or one.name for one in table.outputs),
        rules=tuple(
            tuple(cell.text for cell in (*each.inputs, *each.outputs)) for each in table.rules
        ),
        position=next(n for n, each in enumerate(table.rules) if each.id == rule.id),
    )


def _file(files: Mapping[str, bytes], decision: str) -> str:
    for name, data in files.items():
        if name.endswith(".dmn"):
            model = read_model(name, data)
            if any(one.key[1] == decision for one in model.decisions):
                return name
    raise NotFoundError(f"Die Tabelle „{decision}“ ist nicht eingespielt.")
