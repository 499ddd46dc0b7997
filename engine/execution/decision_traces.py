"""Traces of decisions: written in the step, read for the case page and the auditor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine import feel
from laufzettel.engine.execution.changes import NewDecision
from laufzettel.engine.tables import decision_trace
from laufzettel.ids import new_ids

#: Most traces that are shown of one case.
ROWS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """One evaluated table: its inputs by column as FEEL writes them, and the rules."""

    line: int
    inputs: Mapping[str, str]
    rules: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionStep:
    """One decision with what it required and what came out, as FEEL writes it."""

    decision: str
    name: str
    inputs: Mapping[str, str]
    tables: tuple[TableView, ...]
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A decision that was made in a case; ``steps`` lists required decisions first."""

    id: str
    element: str
    decision: str
    name: str
    sha256: str
    at: datetime
    value: str
    steps: tuple[DecisionStep, ...]
    shortened: bool  # the values were too large to keep; only the rules are


def insert(
    connection: sa.Connection,
    tenant: str,
    case_id: str,
    decisions: Sequence[NewDecision],
    *,
    now: datetime,
) -> None:
    """Write the traces of one step."""
    if not decisions:
        return
    rows = [
        {
            "id": trace_id,
            "tenant": tenant,
            "case_id": case_id,
            "activation": made.activation,
            "element": made.element,
            "decision_id": made.decision,
            "sha256": made.sha256,
            "record": made.record,
            "at": now,
        }
        for trace_id, made in zip(new_ids(len(decisions)), decisions, strict=True)
    ]
    connection.execute(_INSERT, rows)


def of_case(connection: sa.Connection, tenant: str, case_id: str) -> list[DecisionView]:
    """Return the decisions of a case in the order in which they were made."""
    rows = connection.execute(_OF_CASE, {"of_tenant": tenant, "of_case": case_id})
    return [_view(row) for row in rows]


def _view(row: sa.Row[Any]) -> DecisionView:
    record: Mapping[str, Any] = row.record
    return DecisionView(
        id=row.id,
        element=row.element,
        decision=row.decision_id,
        name=record["name"],
        sha256=row.sha256,
        at=row.at,
        value=shown(record["value"]),
        steps=tuple(map(as_step, record["steps"])),
        shortened=record["shortened"],
    )


def as_step(step: Mapping[str, Any]) -> DecisionStep:
    """Return one step of a record."""
    return DecisionStep(
        decision=step["decision"],
        name=step["name"],
        inputs=dict(_texts(step.get("inputs", {}).items())),
        tables=tuple(
            TableView(
                line=table["line"],
                inputs=dict(_texts(table.get("inputs", ()))),
                rules=tuple(table["rules"]),
            )
            for table in step["tables"]
        ),
        output=shown(step.get("output")),
    )


def _texts(pairs: Any) -> Iterator[tuple[str, str]]:
    for name, stored in pairs:
        yield name, shown(stored)


def shown(stored: Any) -> str:
    """Return a stored value as FEEL writes it.

    >>> shown({"$": "n", "v": "12.30"}), shown(["a"]), shown("a")
    ('12.30', '["a"]', '"a"')
    """
    return feel.literal_text(feel.from_json(stored))


_INSERT: Final = sa.insert(decision_trace)
_OF_CASE: Final = (
    sa.select(decision_trace)
    .where(
        decision_trace.c.tenant == sa.bindparam("of_tenant"),
        decision_trace.c.case_id == sa.bindparam("of_case"),
    )
    # Of one step by their identifiers, which count; those of two may be of one millisecond.
    .order_by(decision_trace.c.at, decision_trace.c.id)
    .limit(ROWS_MAX)
)
