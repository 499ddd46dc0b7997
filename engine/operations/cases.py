"""The acts of operators on one case, each in one transaction with its audit event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.execution.step import Within
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.operations import erasing, suspend
from laufzettel.engine.operations.acts import Act
from laufzettel.engine.work import cancelling
from laufzettel.identity import Actor


class CaseActs:
    """Stops cases, lets them go on, ends them."""

    def __init__(self, db: Database, jobs: Jobs) -> None:
        self._db = db
        self._jobs = jobs

    def suspend(self, act: Act) -> None:
        """Stop the case; raises ConflictError unless it is open."""
        with self._db.write() as connection:
            act.check(connection)
            suspend.suspend(connection, act.actor.tenant, act.case_id)
            self._note(connection, act, act.event("case.suspended"))

    def resume(self, act: Act) -> None:
        """Let the case go on; raises ConflictError unless it is suspended."""
        with self._db.write() as connection:
            act.check(connection)
            suspend.resume(connection, self._jobs, act.actor.tenant, act.case_id)
            self._note(connection, act, act.event("case.resumed"))

    def cancel(self, act: Act) -> CaseStatus:
        """End the case; while an effect is on its way it ends as soon as that is known."""
        with self._db.write() as connection:
            act.check(connection)
            now = self._db.now(connection)
            key = act.actor.tenant, act.case_id
            status = cancelling.cancel(connection, self._jobs, *key, now=now)
            self._note(connection, act, act.event(f"case.{status}"))
        return status

    def erase(
        self,
        actor: Actor,
        business_keys: Sequence[str],
        data: Mapping[str, Any],
        within: Within | None,
    ) -> int:
        """Erase the content of every case about the objects; raises ConflictError for a live one."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            found = [
                case_id
                for key in business_keys
                for case_id in erasing.of_object(connection, actor.tenant, key)
            ]
            for case_id in found:
                erasing.erase(connection, actor, case_id, data, now=now)
            if within is not None:
                within(connection)
        return len(found)

    def _note(self, connection: sa.Connection, act: Act, event: Event) -> None:
        now, tenant = self._db.now(connection), act.actor.tenant
        append(connection, tenant=tenant, stream=act.case_id, at=now, events=[event])
        act.finish(connection)
