"""Trying again what an incident stopped, and settling one that nothing can try again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.execution.case_run import GoneError
from laufzettel.engine.execution.step import Steps, Within
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.operations.acts import reason_of
from laufzettel.engine.tables import incident
from laufzettel.engine.work import incidents
from laufzettel.engine.work.incidents import IncidentStatus
from laufzettel.errors import ConflictError, InputError, NotFoundError
from laufzettel.identity import Actor

#: Where the audit keeps what was said about an incident that belongs to no case.
STREAM = "incidents"


class IncidentActs:
    """Retries and settles incidents."""

    def __init__(self, db: Database, steps: Steps, jobs: Jobs) -> None:
        self._db = db
        self._steps = steps
        self._jobs = jobs

    def retry(self, actor: Actor, incident_id: str, also: tuple[Within, ...] = ()) -> None:
        """Try again; a new failure is a new incident.

        Raises NotFoundError unless the incident is open, InputError where there is nothing to
        try again, SuspendedError while its case is suspended.
        """
        with self._db.read() as connection:
            row = _load(connection, actor.tenant, incident_id)
        close = self._closing(row, actor, IncidentStatus.RETRIED)
        event = Event(kind="incident.retried", actor=actor.label, data={"element": row.element})
        if row.job:
            with self._db.write() as connection:
                close(connection)
                self._submit(connection, row)
                self._tell(connection, row, event)
                for call in also:
                    call(connection)
            return
        if not row.activation:
            raise InputError(
                "Hier gibt es nichts zu wiederholen. Wenn es erledigt ist, tragen Sie es mit "
                "Begründung ein."
            )
        try:
            self._steps.take(
                actor,
                row.case_id,
                lambda run: run.retry(row.activation),
                within=[close, *also],
                events=[event],
            )
        except GoneError as gone:
            raise ConflictError(
                "Der Vorgang ist inzwischen weitergegangen; es gibt nichts mehr zu wiederholen."
            ) from gone

    def settle(
        self, actor: Actor, incident_id: str, reason: str, also: tuple[Within, ...] = ()
    ) -> None:
        """Close an incident that a person has dealt with; the reason is kept in the audit.

        Raises InputError while something waits for a retry: that would be lost.
        """
        with self._db.write() as connection:
            row = _load(connection, actor.tenant, incident_id)
            texts = {"reason": reason_of(reason)}
            if row.job or row.activation:
                raise InputError(
                    "Diese Störung hält etwas auf und erledigt sich nur, wenn sie erneut "
                    "versucht wird oder der Vorgang ohne sie weitergeht."
                )
            self._closing(row, actor, IncidentStatus.SETTLED)(connection)
            data = {"code": row.code, "incident": row.id}
            event = Event(kind="incident.settled", actor=actor.label, data=data, texts=texts)
            self._tell(connection, row, event)
            for call in also:
                call(connection)

    def _tell(self, connection: sa.Connection, row: sa.Row[Any], event: Event) -> None:
        now, stream = self._db.now(connection), row.case_id or STREAM
        append(connection, tenant=row.tenant, stream=stream, at=now, events=[event])

    def _closing(self, row: sa.Row[Any], actor: Actor, status: IncidentStatus) -> Within:
        def close(connection: sa.Connection) -> None:
            now = self._db.now(connection)
            if not incidents.close(connection, row.id, now=now, by=actor.label, status=status):
                raise ConflictError("Diese Störung wird gerade von jemand anderem bearbeitet.")

        return close

    def _submit(self, connection: sa.Connection, row: sa.Row[Any]) -> None:
        self._jobs.submit(
            connection,
            row.job["kind"],
            row.job["key"],
            row.job["args"],
            tenant=row.tenant,
            case_id=row.job["case_id"],
        )


def _load(connection: sa.Connection, tenant: str, incident_id: str) -> sa.Row[Any]:
    row = connection.execute(
        sa.select(incident).where(incident.c.id == incident_id, incident.c.tenant == tenant)
    ).one_or_none()
    if row is None or row.status != IncidentStatus.OPEN:
        raise NotFoundError("Diese Störung gibt es nicht oder sie ist schon erledigt.")
    return row
