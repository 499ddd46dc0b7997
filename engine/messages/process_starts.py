"""Signals and times that start cases: those of the version that new cases run.

Registered at deploy, and when a tenant pins another version; a signal is announced when thrown.

A signal starts one case of every process that waits for it; a time starts one each time. The
jobs that do it are those of ``process_starting``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.execution import timing
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.scope import evaluate
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.messages.message_starts import is_shadowed
from laufzettel.engine.model.definition import Definition, Element, EventKind
from laufzettel.engine.model.normalise import begins
from laufzettel.engine.tables import job, signal_start
from laufzettel.errors import ConflictError
from laufzettel.identity import SHARED

#: The kind of the job that starts a case by a signal; its key is ``signal:digest:element``.
BY_SIGNAL: Final = "signal_start"
#: The kind of the job that starts a case at a time; its key is ``digest:element``.
BY_TIME: Final = "timer_start"
TIMERS: Final = (*timing.TIMERS, EventKind.TIMER_CYCLE)

# Built once: building a statement costs more than running it.
_FIND: Final = sa.select(signal_start).where(
    signal_start.c.name == sa.bindparam("of_name"),
    sa.or_(
        signal_start.c.tenant == sa.bindparam("of_tenant"),
        sa.and_(signal_start.c.tenant == SHARED, ~is_shadowed(signal_start)),
    ),
)
_FORGET: Final = sa.delete(signal_start).where(
    signal_start.c.tenant == sa.bindparam("of_tenant"),
    signal_start.c.process_id == sa.bindparam("of_process"),
)
_ADD: Final = sa.insert(signal_start)
_prefix = sa.bindparam("of_prefix", type_=sa.String)
_TIMED: Final = sa.select(job.c.key, job.c.args).where(
    job.c.kind == BY_TIME,
    job.c.tenant == sa.bindparam("of_tenant"),
    sa.func.substr(job.c.key, 1, sa.func.length(_prefix)) == _prefix,
)


def register(
    connection: sa.Connection, jobs: Jobs, tenant: str, definition: Definition, *, now: datetime
) -> None:
    """Let the signals and times of the process's start events start it from now on.

    A time that the version before has as well goes on as it was. Of any other, what is over by
    now is not made up for.

    Raises ConflictError for a time in a process that all tenants share: for which of them it
    should start a case, nobody has said.
    """
    process = definition.processes[definition.main]
    starts = [each for each in process.elements.values() if begins(process, each)]
    forget(connection, tenant, process.id)
    for each in starts:
        if each.event is not None and each.event.kind is EventKind.SIGNAL:
            row = {"tenant": tenant, "process_id": process.id, "element": each.id}
            connection.execute(_ADD, row | {"name": each.event.name})
    times = {
        each.id: (each, each.event.expression)
        for each in starts
        if each.event is not None and each.event.kind in TIMERS
    }
    if times and tenant == SHARED:
        raise ConflictError(
            "Ein Prozess, der zu einer Zeit startet, gehört einem Mandanten. Spielen Sie ihn "
            "für jeden Mandanten ein, der ihn haben soll."
        )
    kept = _keep(connection, jobs, tenant, process.id, {key: one[1] for key, one in times.items()})
    for key, (element, time) in times.items():
        first = None if key in kept else _first(element, now)
        if first is not None:
            args = {"process": process.id, "element": key, "time": time}
            set_next(connection, jobs, tenant, args, first)


def forget(connection: sa.Connection, tenant: str, process_id: str) -> None:
    """Let no signal start the process by the tenant's own rows."""
    connection.execute(_FORGET, {"of_tenant": tenant, "of_process": process_id})


def _keep(
    connection: sa.Connection, jobs: Jobs, tenant: str, process_id: str, times: Mapping[str, str]
) -> set[str]:
    """Take back the times that are no more; return the elements whose time goes on."""
    prefix = f"{_short(tenant, process_id)}:"
    kept = set()
    for row in connection.execute(_TIMED, {"of_tenant": tenant, "of_prefix": prefix}).all():
        element = row.args["element"]
        if element in times and row.args.get("time") == times[element]:
            kept.add(element)
        else:
            jobs.cancel(connection, BY_TIME, row.key)
    return kept


def announce(connection: sa.Connection, jobs: Jobs, tenant: str, name: str, signal_id: str) -> int:
    """Have a case started of every process that the signal starts; return of how many."""
    found = connection.execute(_FIND, {"of_tenant": tenant, "of_name": name}).all()
    for row in found:
        args = {"signal": signal_id, "process": row.process_id, "element": row.element}
        key = f"{signal_id}:{_short(row.process_id)}:{row.element}"
        jobs.submit(connection, BY_SIGNAL, key, args, tenant=tenant)
    return len(found)


def _short(*names: str) -> str:
    """Return a digest of ids, which together may be longer than a job's key."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]


def _first(element: Element, now: datetime) -> timing.Cycle | None:
    event = element.event
    assert event is not None, "only a timed start is set"  # noqa: S101
    value: Any = evaluate(event.expression, {}, now=now, element=element.id)
    try:
        if event.kind is EventKind.TIMER_CYCLE:
            first = timing.cycle(value, now=now, element=element.id)
        else:
            first = timing.Cycle(timing.due(event.kind, value, now=now, element=element.id), "", 1)
        return timing.not_over(first, now=now, element=element.id)
    except Unevaluable as problem:
        raise ConflictError(problem.text_de) from problem


def set_next(
    connection: sa.Connection,
    jobs: Jobs,
    tenant: str,
    start: Mapping[str, Any],
    cycle: timing.Cycle,
) -> None:
    """Have a case started at the time of the cycle; ``start`` has process, element and time."""
    args = {**start, "cycle": [cycle.due.isoformat(), cycle.every, cycle.left]}
    key = f"{_short(tenant, start['process'])}:{start['element']}"
    jobs.submit(connection, BY_TIME, key, args, tenant=tenant, at=cycle.due)
