"""By which messages, signals and times a process starts: as the version says that new cases run."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.messages import message_starts, process_starts
from laufzettel.engine.model.definition import Definition


def follow(
    connection: sa.Connection, jobs: Jobs, tenant: str, definition: Definition, *, now: datetime
) -> None:
    """Let the start events of this version start the tenant's cases, and no others."""
    message_starts.register(connection, tenant, definition)
    process_starts.register(connection, jobs, tenant, definition, now=now)


def forget(connection: sa.Connection, tenant: str, process_id: str) -> None:
    """Let the start events of the shared version start the tenant's cases; it has none by time."""
    message_starts.forget(connection, tenant, process_id)
    process_starts.forget(connection, tenant, process_id)
