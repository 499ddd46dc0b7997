"""Cancelling a case: what waits is taken back, what is being sent is waited for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from laufzettel.engine.execution.step import CaseStatus
from laufzettel.engine.tables import case, effect, job, subscription, user_task
from laufzettel.engine.tasks import user_tasks
from laufzettel.engine.tasks.user_tasks import TaskStatus
from laufzettel.engine.work import incidents, signals
from laufzettel.engine.work.jobs import Jobs
from laufzettel.engine.work.outbox import EffectStatus
from laufzettel.errors import ConflictError, NotFoundError

_ON_THE_WAY = (EffectStatus.SENDING, EffectStatus.UNKNOWN)


def cancel(
    connection: sa.Connection, jobs: Jobs, tenant: str, case_id: str, *, now: datetime
) -> None:
    """End the case where it stands, in the caller's write transaction.

    Pending effects are withdrawn. Raises ConflictError while one is on its way: first its
    outcome must be known, for a booking cannot be called back by ending a case.
    """
    row = connection.execute(
        sa.select(case.c.version, case.c.status)
        .where(case.c.id == case_id, case.c.tenant == tenant)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFoundError("Diesen Vorgang gibt es bei diesem Mandanten nicht.")
    if row.status != CaseStatus.OPEN:
        raise ConflictError("Der Vorgang ist schon beendet.")
    _refuse_on_the_way(connection, case_id)
    connection.execute(
        sa.update(case)
        .where(case.c.id == case_id)
        .values(version=row.version + 1, status=CaseStatus.CANCELLED, state=None, ended_at=now)
    )
    _take_back(connection, jobs, case_id, now)


def _refuse_on_the_way(connection: sa.Connection, case_id: str) -> None:
    found = connection.execute(
        sa.select(effect.c.key).where(effect.c.case_id == case_id, effect.c.status.in_(_ON_THE_WAY))
    ).first()
    if found is not None:
        raise ConflictError(
            f"„{found.key}“ ist gerade unterwegs. Der Vorgang kann erst abgebrochen werden, "
            "wenn feststeht, was daraus geworden ist."
        )


def _take_back(connection: sa.Connection, jobs: Jobs, case_id: str, now: datetime) -> None:
    connection.execute(
        sa.update(user_task)
        .where(user_task.c.case_id == case_id, user_task.c.status == TaskStatus.OPEN)
        .values(status=TaskStatus.CANCELLED, ended_at=now)
    )
    user_tasks.forget(connection, case_id)
    connection.execute(sa.delete(subscription).where(subscription.c.case_id == case_id))
    connection.execute(
        sa.update(effect)
        .where(effect.c.case_id == case_id, effect.c.status == EffectStatus.PENDING)
        .values(status=EffectStatus.WITHDRAWN, ended_at=now)
    )
    incidents.close_for(connection, case_id, None, now=now)
    waiting = connection.execute(sa.select(job.c.kind, job.c.key).where(job.c.case_id == case_id))
    found = waiting.all()
    untold = [row.key.partition(":")[0] for row in found if row.kind == signals.JOB]
    if untold:
        signals.forget(connection, case_id, untold)
    for row in found:
        jobs.cancel(connection, row.kind, row.key)
