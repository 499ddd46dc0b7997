"""Ending a case where it stands: what waits is taken back, what is being sent is waited for.

A booking cannot be called back by ending a case. So a case with an effect on its way is
*being cancelled* until the outcome is known; one that arrives late is a person's to judge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.execution.case_rows import ALIVE, CaseStatus
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.messages import signals
from laufzettel.engine.outbox.effects import EffectStatus
from laufzettel.engine.tables import case, effect, job, subscription, user_task
from laufzettel.engine.tasks import user_tasks
from laufzettel.engine.tasks.user_tasks import TaskStatus
from laufzettel.engine.work import incidents, own_calls
from laufzettel.errors import ConflictError, NotFoundError

_ON_THE_WAY: Final = (EffectStatus.SENDING, EffectStatus.UNKNOWN)
_LOCK: Final = (
    sa.select(*case.c["id", "tenant", "version", "status", "parent_case", "parent_activation"])
    .where(case.c.id == sa.bindparam("of_case"))
    .with_for_update()
)
_SET: Final = sa.update(case).where(case.c.id == sa.bindparam("of_case"))
_SENDING: Final = (
    sa.select(effect.c.key)
    .where(effect.c.case_id == sa.bindparam("of_case"), effect.c.status.in_(_ON_THE_WAY))
    .order_by(effect.c.key)
)


def cancel(
    connection: sa.Connection, jobs: Jobs, tenant: str, case_id: str, *, now: datetime
) -> CaseStatus:
    """End the case where it stands, in the caller's write transaction; return its status.

    Pending effects are withdrawn. While one is on its way the status is CANCELLING: the case
    ends by itself once the outcome is known. Raises NotFoundError, ConflictError for a case
    that is over or being cancelled.
    """
    row = connection.execute(_LOCK, {"of_case": case_id}).one_or_none()
    if row is None or row.tenant != tenant:
        raise NotFoundError("Diesen Vorgang gibt es bei diesem Mandanten nicht.")
    if row.status not in ALIVE:
        raise ConflictError("Der Vorgang ist schon beendet.")
    if row.status == CaseStatus.CANCELLING:
        raise ConflictError("Der Vorgang wird schon abgebrochen.")
    _take_back(connection, jobs, case_id, now)
    status = CaseStatus.CANCELLING if on_the_way(connection, case_id) else CaseStatus.CANCELLED
    ended = {"ended_at": now} if status is CaseStatus.CANCELLED else {}
    columns = {"version": row.version + 1, "status": status, "state": None, **ended}
    connection.execute(_SET, columns | {"of_case": case_id})
    if status is CaseStatus.CANCELLED:
        _tell_caller(connection, jobs, row)
    return status


def _tell_caller(connection: sa.Connection, jobs: Jobs, row: sa.Row[Any]) -> None:
    """Let the caller of a case that was ended go on without its results."""
    if row.parent_case is not None:
        at = row.parent_case, row.parent_activation
        own_calls.count_ended(connection, jobs, row.tenant, *at)


def on_the_way(connection: sa.Connection, case_id: str) -> list[str]:
    """Return the keys of the case's effects that can no longer be withdrawn."""
    values = {"of_case": case_id}
    return list(connection.execute(_SENDING, values).scalars())


def late_outcome(
    connection: sa.Connection, jobs: Jobs, row: sa.Row[Any], event: Event, *, now: datetime
) -> None:
    """Note the outcome of an effect that no token waits for any more.

    A success is a person's to judge (an incident); a case that was only waiting for this
    outcome has ended with it.
    """
    found = connection.execute(_LOCK, {"of_case": row.case_id}).one()
    events = [event]
    if row.status == EffectStatus.DONE:
        incidents.open_late(connection, row.tenant, row.case_id, key=row.key, now=now)
    if found.status == CaseStatus.CANCELLING and not on_the_way(connection, row.case_id):
        columns = {"version": found.version + 1, "status": CaseStatus.CANCELLED, "ended_at": now}
        connection.execute(_SET, columns | {"of_case": row.case_id})
        events.append(Event(kind="case.cancelled", actor="system"))
        _tell_caller(connection, jobs, found)
    append(connection, tenant=row.tenant, stream=row.case_id, at=now, events=events)


def _take_back(connection: sa.Connection, jobs: Jobs, case_id: str, now: datetime) -> None:
    # First of all, and looked at afterwards: what a parcel is just taking waits here for it.
    connection.execute(
        sa.update(effect)
        .where(effect.c.case_id == case_id, effect.c.status == EffectStatus.PENDING)
        .values(status=EffectStatus.WITHDRAWN, ended_at=now)
    )
    connection.execute(
        sa.update(user_task)
        .where(
            user_task.c.case_id == case_id,
            user_task.c.status.in_((TaskStatus.OPEN, TaskStatus.SUSPENDED)),
        )
        .values(status=TaskStatus.CANCELLED, ended_at=now)
    )
    user_tasks.forget(connection, case_id)
    connection.execute(sa.delete(subscription).where(subscription.c.case_id == case_id))
    incidents.close_for(connection, case_id, None, now=now)
    own_calls.cancel(connection, jobs, case_id)
    waiting = connection.execute(sa.select(job.c.kind, job.c.key).where(job.c.case_id == case_id))
    found = waiting.all()
    if untold := [row.key.partition(":")[0] for row in found if row.kind == signals.JOB]:
        signals.forget(connection, case_id, untold)
    for row in found:
        if row.kind != "outcome":  # what has arrived without the case knowing is not forgotten
            jobs.cancel(connection, row.kind, row.key)
        else:  # one that was held would wait for ever
            jobs.reschedule(connection, row.kind, row.key, now)
