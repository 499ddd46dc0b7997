"""Jobs of suspended cases: they come up, are held, and come up again in the same order.

A held job is a row whose due time lies beyond every calendar, at the place that its turn had:
so it waits like any other, the claim does not see it, and its order is kept. What a job did
for its case before, nothing is lost: it only ends together with a step.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.jobs.port import Job, Jobs
from laufzettel.engine.tables import case, job

#: What is due from here on is held; before the year from which a row counts as parked.
_FROM: Final = datetime(8000, 1, 1, tzinfo=UTC)
_UNTIL: Final = datetime(9000, 1, 1, tzinfo=UTC)
_SHIFT: Final = _FROM - datetime(2000, 1, 1, tzinfo=UTC)


def is_held(due: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    """Say of a due time in SQL whether it is that of a held job."""
    return sa.and_(due >= _FROM, due < _UNTIL)


def held_until(now: datetime) -> datetime:
    """Return the due time of what has come up now and is held.

    >>> held_until(datetime(2026, 11, 23, 8, tzinfo=UTC)).isoformat()
    '8026-11-23T08:00:00+00:00'
    """
    return now + _SHIFT


_STATUS: Final = sa.select(case.c.status).where(case.c.id == sa.bindparam("of_case"))
_LOCKED: Final = _STATUS.with_for_update()
_NOTE: Final = (
    sa.update(job)
    .where(job.c.kind == sa.bindparam("of_kind"), job.c.key == sa.bindparam("of_key"))
    .values(case_id=sa.bindparam("of_case"))
)
_HELD: Final = (
    sa.select(job.c.kind, job.c.key, job.c.due)
    .where(job.c.case_id == sa.bindparam("of_case"), is_held(job.c.due))
    .order_by(job.c.due)
)


def status_of(connection: sa.Connection, case_id: str | None) -> str:
    """Return the status of the case, locked until the transaction ends; "" without a case."""
    return str(connection.execute(_LOCKED, {"of_case": case_id}).scalar() or "")


def hold(connection: sa.Connection, found: Job, now: datetime) -> None:
    """Hold the running job for its suspended case, whose row the caller has locked."""
    found.again(connection, held_until(now))
    names = {"of_kind": found.kind, "of_key": found.key}
    connection.execute(_NOTE, {**names, "of_case": found.case_id})


def release(connection: sa.Connection, jobs: Jobs, case_id: str) -> int:
    """Let the held jobs of a case come up in their order; return how many there were."""
    rows: list[Any] = list(connection.execute(_HELD, {"of_case": case_id}))
    for row in rows:
        jobs.reschedule(connection, row.kind, row.key, row.due - _SHIFT)
    return len(rows)


__all__ = ["held_until", "hold", "is_held", "release", "status_of"]
