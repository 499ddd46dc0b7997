"""The verbs about versions of models; a part of ``engine.api.Engine``."""

from __future__ import annotations

from typing import Any

from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.operations import standing_tables, starts, versions
from laufzettel.engine.operations.acts import reason_of
from laufzettel.engine.operations.batch_verbs import BatchVerbs
from laufzettel.engine.operations.standing_tables import StandingDecision
from laufzettel.engine.operations.versions import VersionView
from laufzettel.engine.tasks.verbs import need
from laufzettel.errors import ConflictError
from laufzettel.identity import SHARED, Actor, Right


class VersionVerbs(BatchVerbs):
    """Listing the versions of processes, and choosing one."""

    _jobs: Jobs

    def models(self, actor: Actor, process_id: str | None = None) -> list[VersionView]:
        """Return every version that the tenant can run, with its open cases."""
        need(actor, Right.READ, Right.OPERATE, Right.DEPLOY)
        with self._operating.read() as connection:
            return versions.versions(connection, actor.tenant, process_id)

    def standing_decisions(self, actor: Actor) -> list[StandingDecision]:
        """Return the decisions that the tenant's cases ask for, in the version that counts now."""
        need(actor, Right.READ, Right.OPERATE, Right.DEPLOY)
        with self._operating.read() as connection:
            return standing_tables.standing(connection, self._stepping.decisions, actor.tenant)

    def pin(self, actor: Actor, process_id: str, bundle_id: str | None, reason: str) -> None:
        """Let new cases of the tenant run this version; with None they follow the newest again.

        So do the messages, signals and times that start it. Raises NotFoundError for a version
        that the tenant does not have, ConflictError where a message of it starts another process.
        """
        need(actor, Right.DEPLOY)
        why = reason_of(reason)
        if actor.tenant == SHARED:
            raise ConflictError("Festlegen kann eine Fassung nur ein Mandant für sich.")
        with self._operating.write() as connection:
            now = self._operating.now(connection)
            key = actor.tenant, process_id, bundle_id
            found = versions.pin(connection, *key, by=actor.label, now=now)
            if bundle_id is None and found.is_shared:
                starts.forget(connection, actor.tenant, process_id)
            else:
                definition = self._of.load(connection, found.bundle_id).definition
                starts.follow(connection, self._jobs, actor.tenant, definition, now=now)
            kind = "model.followed" if bundle_id is None else "model.pinned"
            data: dict[str, Any] = {
                "process": process_id,
                "bundle": bundle_id or "",
                "number": found.number,
            }
            event = Event(kind=kind, actor=actor.label, data=data, texts={"reason": why})
            append(connection, tenant=actor.tenant, stream="models", at=now, events=[event])
