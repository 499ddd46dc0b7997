"""The rows beside a migrated case that name its elements."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from laufzettel.engine.execution import assignment
from laufzettel.engine.operations.migrate_check import Comparison
from laufzettel.engine.tables import duty_signature, incident, job, user_task
from laufzettel.engine.tasks.user_tasks import TaskStatus
from laufzettel.engine.work.incidents import IncidentStatus


def signatures(connection: sa.Connection, case_id: str) -> list[tuple[str, str]]:
    """Return the (element, duty) of everything signed in the case."""
    query = (
        sa.select(user_task.c.element, duty_signature.c.duty)
        .join(user_task, user_task.c.id == duty_signature.c.task_id)
        .where(duty_signature.c.case_id == case_id)
    )
    return [(row.element, row.duty) for row in connection.execute(query)]


def rename(connection: sa.Connection, case_id: str, found: Comparison) -> None:
    """Let the open tasks, jobs and incidents of the case name the new elements."""
    _tasks(connection, case_id, found)
    for row in connection.execute(sa.select(job).where(job.c.case_id == case_id)).all():
        element = row.args.get("element")
        if element in found.names:
            where = job.c.kind == row.kind, job.c.key == row.key
            args = {**row.args, "element": found.named(element)}
            connection.execute(sa.update(job).where(*where).values(args=args))
    for old, new in found.names.items():
        connection.execute(
            sa.update(incident)
            .where(incident.c.case_id == case_id, incident.c.status == IncidentStatus.OPEN)
            .where(incident.c.element == old)
            .values(element=new)
        )


def _tasks(connection: sa.Connection, case_id: str, found: Comparison) -> None:
    open_ones = sa.select(user_task).where(
        user_task.c.case_id == case_id,
        user_task.c.status.in_((TaskStatus.OPEN, TaskStatus.SUSPENDED)),
    )
    for row in connection.execute(open_ones).all():
        element = found.new.get(found.named(row.element))
        if element is None:
            continue  # the step takes this task back
        values: dict[str, Any] = {
            "element": element.id,
            "name": (element.name or element.id)[: assignment.NAME_LENGTH_MAX],
            "form": element.form,
            "duties": ",".join(assignment.duties(element)),
        }
        if any(getattr(row, name) != value for name, value in values.items()):
            connection.execute(
                sa.update(user_task).where(user_task.c.id == row.id).values(**values)
            )
