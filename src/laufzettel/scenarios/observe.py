"""What is to be seen after a step, as plain values that can be compared and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import orjson
import sqlalchemy as sa

from laufzettel.cli.demo.town import TENANT
from laufzettel.engine import feel
from laufzettel.engine.execution import codec
from laufzettel.engine.tables import audit_event, case, incident, user_task
from laufzettel.engine.tasks.user_tasks import TaskStatus
from laufzettel.engine.work.incidents import IncidentStatus
from laufzettel.scenarios.observe_records import bookings, letters, records
from laufzettel.scenarios.scenario import Aspect
from laufzettel.scenarios.world import World

#: What can be said of a task.
TASK_FIELDS: Final = (
    "element",
    "name",
    "form",
    "duties",
    "assignee",
    "groups",
    "users",
    "priority",
    "due",
    "subject",
    "party",
    "amount",
    "currency",
    "unit",
    "act_by",
    "outer_date",
)
# Built once: building a statement costs more than running it.
_OPEN_TASKS: Final = (
    sa.select(user_task)
    .where(user_task.c.case_id == sa.bindparam("of_case"), user_task.c.status == TaskStatus.OPEN)
    .order_by(user_task.c.id)
)
_OPEN_INCIDENTS: Final = (
    sa.select(incident)
    .where(incident.c.tenant == sa.bindparam("of_tenant"), incident.c.status == IncidentStatus.OPEN)
    .order_by(incident.c.id)
)
_CASE: Final = sa.select(case).where(case.c.id == sa.bindparam("of_case"))
_EVENTS: Final = (
    sa.select(audit_event.c.kind, audit_event.c.data)
    .where(
        audit_event.c.tenant == sa.bindparam("of_tenant"),
        audit_event.c.stream == sa.bindparam("of_stream"),
    )
    .order_by(audit_event.c.seq)
)
_FACETS: Final = ("subject", "party", "amount", "currency", "unit", "act_by", "outer_date")


def observe(world: World, case_id: str, aspects: Iterable[Aspect]) -> dict[Aspect, Any]:
    """Return what each aspect shows of the case that is in view, all of one moment."""
    with world.app.db.read() as connection:
        return {aspect: _ASPECTS[aspect](world, connection, case_id) for aspect in aspects}


def tasks(world: World, connection: sa.Connection, case_id: str) -> list[dict[str, Any]]:
    """Return the open tasks of the case, the oldest first."""
    rows = connection.execute(_OPEN_TASKS, {"of_case": case_id})
    found = []
    for row in rows:
        shown = {name: getattr(row, name) for name in TASK_FIELDS}
        shown["duties"] = [duty for duty in row.duties.split(",") if duty]
        found.append(shown)
    return found


def incidents(world: World, connection: sa.Connection, case_id: str) -> list[dict[str, Any]]:
    """Return the open incidents of the whole tenant: none may go unnoticed."""
    rows = connection.execute(_OPEN_INCIDENTS, {"of_tenant": TENANT})
    names = ("element", "code", "cause", "next_step")
    return [{name: getattr(row, name) for name in names} for row in rows]


def case_variables(connection: sa.Connection, case_id: str) -> dict[str, Any]:
    """Return the variables of the process, also after the case has ended."""
    row = connection.execute(_CASE, {"of_case": case_id}).one()
    if row.state is None:
        kept = (row.result or {}).get("variables", {})
        return {name: feel.from_json(value) for name, value in kept.items()}
    return dict(codec.decode(row.state)["scopes"].get("", {}))


def _column(name: str) -> Callable[[World, sa.Connection, str], Any]:
    def read(world: World, connection: sa.Connection, case_id: str) -> Any:
        return getattr(connection.execute(_CASE, {"of_case": case_id}).one(), name)

    return read


def end(world: World, connection: sa.Connection, case_id: str) -> str:
    """Return the end event that was reached, "" while the case is open."""
    result = _column("result")(world, connection, case_id)
    return str((result or {}).get("end", ""))


def facets(world: World, connection: sa.Connection, case_id: str) -> dict[str, Any]:
    """Return the facets of the case."""
    row = connection.execute(_CASE, {"of_case": case_id}).one()
    return {name: getattr(row, name) for name in _FACETS}


def audit(world: World, connection: sa.Connection, case_id: str) -> list[str]:
    """Return the kinds of the events, a completed task with its element."""
    rows = connection.execute(_EVENTS, {"of_tenant": TENANT, "of_stream": case_id})
    return [_event(row.kind, row.data) for row in rows]


def _event(kind: str, data: str) -> str:
    element = orjson.loads(data).get("element") if kind == "task.completed" else None
    return f"{kind} {element}" if element else kind


def path(world: World, connection: sa.Connection, case_id: str) -> list[str]:
    """Return the elements that the case has visited, in order."""
    return list(world.outside.recorder.ways[case_id].elements)


def calls(world: World, connection: sa.Connection, case_id: str) -> Mapping[str, int]:
    """Return how often each stub was called."""
    return dict(world.outside.stubs.calls)


_ASPECTS: Final[Mapping[Aspect, Callable[[World, sa.Connection, str], Any]]] = {
    Aspect.TASKS: tasks,
    Aspect.INCIDENTS: incidents,
    Aspect.VARIABLES: lambda world, connection, case_id: case_variables(connection, case_id),
    Aspect.FACETS: facets,
    Aspect.STATUS: _column("status"),
    Aspect.END: end,
    Aspect.PATH: path,
    Aspect.AVOIDS: path,
    Aspect.AUDIT: audit,
    Aspect.CALLS: calls,
    Aspect.RECORDS: records,
    Aspect.BOOKINGS: bookings,
    Aspect.LETTERS: letters,
}

#: What must be the same after every step in both ways of running. What a stub was called is
#: not among it: an effect whose answer was lost is asked about anew after a restart.
COMPARED: Final = (
    Aspect.TASKS,
    Aspect.INCIDENTS,
    Aspect.VARIABLES,
    Aspect.STATUS,
    Aspect.PATH,
    Aspect.AUDIT,
)
