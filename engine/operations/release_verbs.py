"""The verbs of the second person: looking at what waits, releasing it or declining it.

Released is what was seen: the difference is weighed anew at that moment, and the files are
compiled once more (docs/decisions/0018). A part of ``engine.api.Engine``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import sqlalchemy as sa

from laufzettel.engine.execution import bundles
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.operations import model_changes
from laufzettel.engine.operations.acts import reason_of
from laufzettel.engine.operations.change_verbs import ChangeVerbs
from laufzettel.engine.operations.model_changes import Kind, ModelChange, Status
from laufzettel.engine.operations.weighing import Way
from laufzettel.engine.tasks.verbs import need
from laufzettel.errors import ConflictError
from laufzettel.identity import SHARED, Actor, Right

WithinDecision: TypeAlias = Callable[[sa.Connection, ModelChange], None]


class ReleaseVerbs(ChangeVerbs):
    """Releasing and declining what waits for a second person."""

    def model_changes(self, actor: Actor) -> list[ModelChange]:
        """Return what waits for a second person, weighed against what is in force now."""
        need(actor, Right.READ, Right.OPERATE, Right.DEPLOY)
        with self._operating.read() as connection:
            found = model_changes.waiting(connection, actor.tenant)
            return [self._shown(connection, actor.tenant, one) for one in found]

    def model_change(self, actor: Actor, change_id: str) -> ModelChange:
        """Return a change, also one that is decided; raises NotFoundError."""
        need(actor, Right.READ, Right.OPERATE, Right.DEPLOY)
        with self._operating.read() as connection:
            found = model_changes.one(connection, actor.tenant, change_id)
            return self._shown(connection, actor.tenant, found)

    def release_change(
        self,
        actor: Actor,
        change_id: str,
        reason: str,
        *,
        seen: str,
        every: Sequence[str] = (),
        within: WithinDecision | None = None,
    ) -> ModelChange:
        """Put what somebody else wants in force, as the second person.

        ``seen`` is the mark of what the person has looked at (``ModelChange.seen``); ``every`` are
        the tenants of the installation. Raises ForbiddenError for who wants it and for no person,
        ConflictError where it is decided or where something else is in force than was looked at.
        """
        need(actor, Right.DEPLOY)
        why = reason_of(reason)
        ready = self._prepared(actor, change_id)
        with self._operating.write() as connection:
            model_changes.lock(connection)
            found = model_changes.one(connection, actor.tenant, change_id)
            model_changes.check_open(found)
            model_changes.check_second(actor, found, every)
            found = self._shown(connection, actor.tenant, found)
            if seen != found.seen:
                raise ConflictError(
                    "Es ändert sich etwas anderes, als Sie gesehen haben: Inzwischen gilt eine "
                    "andere Fassung. Bitte sehen Sie sich den Unterschied noch einmal an."
                )
            bundle_id = self._carried_out(connection, actor, found, ready, why)
            now = self._operating.now(connection)
            done = model_changes.decide(
                connection,
                actor,
                found,
                Status.DONE,
                reason=why,
                now=now,
                bundle_id=bundle_id,
                weight=list(found.weight[: model_changes.WEIGHT_MAX]),
            )
            if within is not None:
                within(connection, done)
        return done

    def decline_change(
        self,
        actor: Actor,
        change_id: str,
        reason: str,
        *,
        every: Sequence[str] = (),
        within: WithinDecision | None = None,
    ) -> ModelChange:
        """Say no to a change that waits, or take it back as who wants it; nothing changes."""
        need(actor, Right.DEPLOY)
        why = reason_of(reason)
        with self._operating.write() as connection:
            found = model_changes.one(connection, actor.tenant, change_id)
            model_changes.check_open(found)
            model_changes.check_declining(actor, found, every)
            now = self._operating.now(connection)
            done = model_changes.decide(
                connection, actor, found, Status.DECLINED, reason=why, now=now
            )
            data = {"process": found.process_id, "change": found.id, "wanted_by": found.by}
            is_version = found.kind is Kind.DEPLOY
            kind = "model.declined" if is_version else "model.pin_declined"
            self._tell(connection, actor, _owner(actor, found), kind, data, why)
            if within is not None:
                within(connection, done)
        return done

    def _shown(self, connection: sa.Connection, tenant: str, found: ModelChange) -> ModelChange:
        """Return a change that waits with what it changes now; one that is decided as it was."""
        if found.status is not Status.OPEN:
            return found
        if found.kind is Kind.DEPLOY:
            new, sources = self._stored(connection, found)
            owner = SHARED if found.is_shared else tenant
            weighed = self._weigher.deployment(connection, owner, new, sources)
        else:
            weighed = self._weigher.choice(connection, tenant, found.process_id, found.bundle_id)
        seen = weighed.seen(found.sha256)
        return replace(found, weight=weighed.texts, base=weighed.base, seen=seen)

    def _stored(self, connection: sa.Connection, found: ModelChange) -> tuple[Definition, Sources]:
        compiled, sources = model_changes.files(connection, found.id)
        return bundles.unpacked(compiled), Sources(files=bundles.files_of(sources))

    def _prepared(self, actor: Actor, change_id: str) -> tuple[Definition, Sources] | None:
        """Return what is to be deployed, compiled again; None where a version is chosen.

        Raises ConflictError where that gives something else than what lies stored: then the
        program, or the row, is another one.
        """
        with self._operating.read() as connection:
            found = model_changes.one(connection, actor.tenant, change_id)
            self._shown(connection, actor.tenant, found)  # loads what the write is to find
            if found.kind is not Kind.DEPLOY or found.status is not Status.OPEN:
                return None
            stored, sources = self._stored(connection, found)
        new = self._compiled(SHARED if found.is_shared else actor.tenant, sources)
        hashes = {bundles.packed(one, sources.files).sha256 for one in (stored, new)}
        if hashes != {found.sha256}:
            raise ConflictError(
                "Aus diesen Dateien macht das Programm heute etwas anderes, als vorgeschlagen "
                "wurde. Bitte ablehnen und noch einmal einspielen."
            )
        return new, sources

    def _carried_out(
        self,
        connection: sa.Connection,
        actor: Actor,
        found: ModelChange,
        ready: tuple[Definition, Sources] | None,
        why: str,
    ) -> str | None:
        if found.kind is not Kind.DEPLOY:
            bundle_id = found.bundle_id
            self._pin(connection, actor, found.process_id, bundle_id, why, found)
            return bundle_id
        if ready is None:
            raise ConflictError("Über diese Änderung ist schon entschieden.")
        data = {"way": Way.SECOND, "wanted_by": found.by, "change": found.id, "seen": found.seen}
        deployed = self._in_force(
            connection, actor, _owner(actor, found), *ready, data, by=found.by, why=why
        )
        return deployed.bundle_id


def _owner(actor: Actor, found: ModelChange) -> str:
    return SHARED if found.is_shared else actor.tenant
