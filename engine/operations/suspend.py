"""Suspending a case, and letting it go on.

While a case is suspended its tasks are hidden, its timers and the results of its work wait,
messages for it stay available, and effects that are on their way go on. Nothing is lost:
resumed, everything comes up in the order in which it would have come.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.jobs import held_jobs
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.messages import messages
from laufzettel.engine.tables import case, subscription, user_task
from laufzettel.engine.tasks import offers
from laufzettel.engine.tasks.user_tasks import TaskStatus
from laufzettel.errors import ConflictError, NotFoundError

_LOCK: Final = (
    sa.select(case.c.tenant, case.c.version, case.c.status)
    .where(case.c.id == sa.bindparam("of_case"))
    .with_for_update()
)
_SET: Final = sa.update(case).where(case.c.id == sa.bindparam("of_case"))
_TASKS: Final = (
    sa.update(user_task)
    .where(user_task.c.case_id == sa.bindparam("of_case"))
    .where(user_task.c.status == sa.bindparam("of_status"))
    .returning(user_task)
)
_WAITS: Final = (
    sa.update(subscription)
    .where(subscription.c.case_id == sa.bindparam("of_case"))
    .returning(subscription.c.kind, subscription.c.name, subscription.c.key)
)
#: Why a case that is not open cannot be suspended.
_NOT_OPEN: Final = {
    CaseStatus.SUSPENDED: "Der Vorgang ist schon angehalten.",
    CaseStatus.CANCELLING: "Der Vorgang wird gerade abgebrochen.",
}


def suspend(connection: sa.Connection, tenant: str, case_id: str) -> None:
    """Stop the case, in the caller's write transaction; raises ConflictError unless it is open.

    A step that is being computed loses its race by this and is told.
    """
    row = _locked(connection, tenant, case_id)
    if row.status != CaseStatus.OPEN:
        raise ConflictError(_NOT_OPEN.get(row.status, "Der Vorgang ist schon beendet."))
    columns = {"version": row.version + 1, "status": CaseStatus.SUSPENDED}
    connection.execute(_SET, columns | {"of_case": case_id})
    hide(connection, case_id)


def resume(connection: sa.Connection, jobs: Jobs, tenant: str, case_id: str) -> None:
    """Let the case go on, in the caller's write transaction; ConflictError if it is not stopped."""
    row = _locked(connection, tenant, case_id)
    if row.status != CaseStatus.SUSPENDED:
        raise ConflictError("Der Vorgang ist nicht angehalten.")
    columns = {"version": row.version + 1, "status": CaseStatus.OPEN}
    connection.execute(_SET, columns | {"of_case": case_id})
    waits = show(connection, case_id)
    messages.deliver(connection, jobs, tenant, waits)
    held_jobs.release(connection, jobs, case_id)


def hide(connection: sa.Connection, case_id: str) -> None:
    """Hide what the case waits for from persons and messages; drafts and claims are kept."""
    of_case = {"of_case": case_id}
    tasks = {"of_status": TaskStatus.OPEN, "status": TaskStatus.SUSPENDED}
    connection.execute(_TASKS, of_case | tasks)
    offers.drop_stale(connection, case_id)
    connection.execute(_WAITS, of_case | {"is_held": True})


def show(connection: sa.Connection, case_id: str) -> list[tuple[str, str]]:
    """Undo ``hide``; return the (name, key) of the messages that are awaited again."""
    of_case = {"of_case": case_id}
    status = {"of_status": TaskStatus.SUSPENDED, "status": TaskStatus.OPEN}
    tasks = connection.execute(_TASKS, of_case | status).all()
    offers.insert(connection, [one for task in tasks for one in offers.rows(task._asdict())])
    waits = connection.execute(_WAITS, of_case | {"is_held": False}).all()
    return [(row.name, row.key) for row in waits if row.kind == "message"]


def _locked(connection: sa.Connection, tenant: str, case_id: str) -> Any:
    row: Any = connection.execute(_LOCK, {"of_case": case_id}).one_or_none()
    if row is None or row.tenant != tenant:
        raise NotFoundError("Diesen Vorgang gibt es bei diesem Mandanten nicht.")
    return row
