"""The verbs about versions of models; a part of ``engine.api.Engine``."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.model.weight import weighty
from laufzettel.engine.operations import pin_requests, standing_tables, starts, versions
from laufzettel.engine.operations.acts import reason_of
from laufzettel.engine.operations.batch_verbs import BatchVerbs
from laufzettel.engine.operations.pin_requests import PinRequest
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

    def pin(self, actor: Actor, process_id: str, bundle_id: str | None, reason: str) -> bool:
        """Let new cases of the tenant run this version; with None they follow the newest again.

        So do the messages, signals and times that start it. Where a person chooses and more than
        names changes, it waits for a second person (``settle_pin``), and the answer is False.
        Raises NotFoundError for a version that the tenant does not have, ConflictError where a
        message of it starts another process.
        """
        need(actor, Right.DEPLOY)
        why = reason_of(reason)
        if actor.tenant == SHARED:
            raise ConflictError("Festlegen kann eine Fassung nur ein Mandant für sich.")
        with self._operating.write() as connection:
            weight = self._weight(connection, actor.tenant, process_id, bundle_id)
            if actor.person is None or not weight:
                self._pin(connection, actor, process_id, bundle_id, why)
                return True
            now = self._operating.now(connection)
            of = actor.tenant, process_id, bundle_id, weight
            pin_requests.want(connection, *of, reason=why, by=actor.person, now=now)
            data = {"process": process_id, "bundle": bundle_id or ""}
            self._tell(connection, actor, "model.pin_wanted", data, why)
        return False

    def pin_requests(self, actor: Actor) -> list[PinRequest]:
        """Return the choices of versions that wait for a second person."""
        need(actor, Right.READ, Right.OPERATE, Right.DEPLOY)
        with self._operating.read() as connection:
            return pin_requests.waiting(connection, actor.tenant)

    def settle_pin(self, actor: Actor, process_id: str, reason: str, *, released: bool) -> None:
        """Release what somebody has chosen, as another person; or say no, and nothing changes.

        Raises ForbiddenError for who has chosen it and would release it.
        """
        need(actor, Right.DEPLOY)
        why = reason_of(reason)
        with self._operating.write() as connection:
            found = pin_requests.take(connection, actor, process_id, second=released)
            if released:
                self._pin(connection, actor, process_id, found.bundle_id, why, wanted_by=found.by)
                return
            data = {"process": process_id, "wanted_by": found.by}
            self._tell(connection, actor, "model.pin_declined", data, why)

    def _weight(
        self, connection: sa.Connection, tenant: str, process_id: str, bundle_id: str | None
    ) -> tuple[str, ...]:
        """Return what would change for new cases besides names."""
        target = versions.chosen(connection, tenant, process_id, bundle_id)
        before = self._of.current(connection, tenant, process_id).definition
        return weighty(before, self._of.load(connection, target.bundle_id).definition)

    def _pin(
        self,
        connection: sa.Connection,
        actor: Actor,
        process_id: str,
        bundle_id: str | None,
        why: str,
        *,
        wanted_by: str = "",
    ) -> None:
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
        if wanted_by:
            data["wanted_by"] = wanted_by
        self._tell(connection, actor, kind, data, why)

    def _tell(
        self, connection: sa.Connection, actor: Actor, kind: str, data: dict[str, Any], why: str
    ) -> None:
        event = Event(kind=kind, actor=actor.label, data=data, texts={"reason": why})
        now = self._operating.now(connection)
        append(connection, tenant=actor.tenant, stream="models", at=now, events=[event])
