"""Signals and times that start cases: registered at deploy, announced when a signal is thrown.

A signal starts one case of every process that waits for it; a time starts one each time. The
jobs that do it are those of ``process_starting``.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.execution import timing
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.scope import evaluate
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.model.definition import Definition, Element, EventKind
from laufzettel.engine.model.normalise import begins
from laufzettel.engine.tables import bundle, job, signal_start
from laufzettel.errors import ConflictError
from laufzettel.identity import SHARED

#: The kind of the job that starts a case by a signal; its key is ``signal:digest:element``.
BY_SIGNAL: Final = "signal_start"
#: The kind of the job that starts a case at a time; its key is ``digest:element``.
BY_TIME: Final = "timer_start"
TIMERS: Final = (*timing.TIMERS, EventKind.TIMER_CYCLE)

# Built once: building a statement costs more than running it.
_own = bundle.alias()
_FIND: Final = sa.select(signal_start).where(
    signal_start.c.name == sa.bindparam("of_name"),
    sa.or_(
        signal_start.c.tenant == sa.bindparam("of_tenant"),
        sa.and_(  # a tenant's own version of a process shadows the shared one
            signal_start.c.tenant == SHARED,
            ~sa.exists().where(
                _own.c.tenant == sa.bindparam("of_tenant"),
                _own.c.process_id == signal_start.c.process_id,
            ),
        ),
    ),
)
_FORGET: Final = sa.delete(signal_start).where(
    signal_start.c.tenant == sa.bindparam("of_tenant"),
    signal_start.c.process_id == sa.bindparam("of_process"),
)
_ADD: Final = sa.insert(signal_start)
_prefix = sa.bindparam("of_prefix", type_=sa.String)
_TIMED: Final = sa.select(job.c.key).where(
    job.c.kind == BY_TIME,
    job.c.tenant == sa.bindparam("of_tenant"),
    sa.func.substr(job.c.key, 1, sa.func.length(_prefix)) == _prefix,
)


def register(
    connection: sa.Connection, jobs: Jobs, tenant: str, definition: Definition, *, now: datetime
) -> None:
    """Let the signals and times of the process's start events start it from now on.

    Raises ConflictError for a time in a process that all tenants share: for which of them it
    should start a case, nobody has said.
    """
    process = definition.processes[definition.main]
    starts = [each for each in process.elements.values() if begins(process, each)]
    connection.execute(_FORGET, {"of_tenant": tenant, "of_process": process.id})
    for each in starts:
        if each.event is not None and each.event.kind is EventKind.SIGNAL:
            row = {"tenant": tenant, "process_id": process.id, "element": each.id}
            connection.execute(_ADD, row | {"name": each.event.name})
    prefix = f"{_short(tenant, process.id)}:"
    timed = connection.execute(_TIMED, {"of_tenant": tenant, "of_prefix": prefix})
    for key in timed.scalars().all():
        jobs.cancel(connection, BY_TIME, key)
    for each in starts:
        if each.event is not None and each.event.kind in TIMERS:
            if tenant == SHARED:
                raise ConflictError(
                    "Ein Prozess, der zu einer Zeit startet, gehört einem Mandanten. Spielen Sie ihn "
                    "für jeden Mandanten ein, der ihn haben soll."
                )
            set_next(connection, jobs, tenant, process.id, each.id, _first(each, now))


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


def _first(element: Element, now: datetime) -> timing.Cycle:
    event = element.event
    assert event is not None, "only a timed start is set"  # noqa: S101
    value: Any = evaluate(event.expression, {}, now=now, element=element.id)
    try:
        if event.kind is EventKind.TIMER_CYCLE:
            return timing.cycle(value, now=now, element=element.id)
        return timing.Cycle(timing.due(event.kind, value, now=now, element=element.id), "", 1)
    except Unevaluable as problem:
        raise ConflictError(problem.text_de) from problem


def set_next(
    connection: sa.Connection,
    jobs: Jobs,
    tenant: str,
    process_id: str,
    element: str,
    cycle: timing.Cycle,
) -> None:
    """Have a case started at the time of the cycle."""
    args: dict[str, Any] = {"process": process_id, "element": element}
    args["cycle"] = [cycle.due.isoformat(), cycle.every, cycle.left]
    key = f"{_short(tenant, process_id)}:{element}"
    jobs.submit(connection, BY_TIME, key, args, tenant=tenant, at=cycle.due)
