"""What other pages ask about a task that was just done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from laufzettel.engine.tables import user_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A task that the person has completed."""

    name: str
    subject: str
    ended_at: datetime


def done(connection: sa.Connection, tenant: str, person: str, task_id: str) -> Done | None:
    """Return the task if this person has done it: the page confirms nothing else."""
    row = connection.execute(
        sa.select(user_task.c.name, user_task.c.subject, user_task.c.ended_at).where(
            user_task.c.id == task_id,
            user_task.c.tenant == tenant,
            user_task.c.status == "completed",
            user_task.c.ended_by == person,
        )
    ).one_or_none()
    return row and Done(name=row.name, subject=row.subject, ended_at=row.ended_at)
