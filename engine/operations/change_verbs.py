"""The verbs that change which version of a process is in force; a part of ``engine.api.Engine``.

Every way in comes through here: pages, API, command line, imports. What changes duties, effects,
powers or limits needs two persons (DESIGN decision 16); what weighs says ``weighing``, what the
second person does ``release_verbs``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.execution import bundles, decision_store
from laufzettel.engine.execution.bundles import Bundles, Deployed
from laufzettel.engine.execution.step import Steps
from laufzettel.engine.handler import Handlers
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.model import reserved
from laufzettel.engine.model.check import check
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.finding import Finding
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.operations import model_changes, starts, versions
from laufzettel.engine.operations.acts import REASON_MAX, reason_of
from laufzettel.engine.operations.batch_verbs import BatchVerbs
from laufzettel.engine.operations.model_changes import Kind, ModelChange
from laufzettel.engine.operations.weighing import Reviewed, Way, Weighed, Weigher
from laufzettel.engine.tasks.verbs import need
from laufzettel.errors import ConflictError, InputError
from laufzettel.identity import SHARED, Actor, Right

WithinDeployment: TypeAlias = Callable[[sa.Connection, Deployed], None]


class NotDeployableError(InputError):
    """Das Modell hat Fehler und wird nicht eingespielt."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        first = next(one for one in findings if one.severity == "error")
        super().__init__(f"Das Modell wird nicht eingespielt: {first.text_de}")


class ChangeVerbs(BatchVerbs):
    """Deploying and choosing versions; what weighs waits for a second person."""

    _handlers: Handlers
    _reserved: tuple[str, ...]

    def __init__(
        self, db: Database, bundles: Bundles, steps: Steps, jobs: Jobs, reviewed: Reviewed
    ) -> None:
        super().__init__(db, bundles, steps, jobs)
        self._starting = jobs
        self._weigher = Weigher(bundles, steps.decisions, reviewed)

    def deploy(
        self,
        actor: Actor,
        sources: Sources,
        *,
        tenant: str | None = None,
        reason: str = "",
        wanted_by: str | None = None,
        within: WithinDeployment | None = None,
    ) -> Deployed:
        """Make the model the current one of its process, or have it wait for a second person.

        It waits where it changes duties, effects, powers or limits of what is in force, unless
        the actor is the second person after ``wanted_by``. ``within`` writes in the same
        transaction. Raises NotDeployableError for a model with faults, ConflictError while
        another change of the process waits.
        """
        need(actor, Right.DEPLOY)
        owner = tenant or actor.tenant
        new = self._compiled(owner, sources)
        with self._operating.read() as connection:  # loads what the write is to find at hand
            self._weigher.deployment(connection, owner, new, sources)
        with self._operating.write() as connection:
            model_changes.lock(connection)
            deployed = self._deploy(connection, actor, owner, new, sources, reason, wanted_by)
            if within is not None:
                within(connection, deployed)
        return deployed

    def pin(self, actor: Actor, process_id: str, bundle_id: str | None, reason: str) -> bool:
        """Let new cases of the tenant run this version; with None they follow the newest again.

        So do the messages, signals and times that start it. Where more than names changes, it
        waits for a second person (``release_change``), and the answer is False.
        Raises NotFoundError for a version that the tenant does not have, ConflictError where a
        message of it starts another process.
        """
        need(actor, Right.DEPLOY)
        why = reason_of(reason)
        if actor.tenant == SHARED:
            raise ConflictError("Festlegen kann eine Fassung nur ein Mandant für sich.")
        with self._operating.write() as connection:
            model_changes.lock(connection)
            weighed = self._weigher.choice(connection, actor.tenant, process_id, bundle_id)
            if not weighed.texts:
                self._pin(connection, actor, process_id, bundle_id, why)
                return True
            kind = Kind.FOLLOW if bundle_id is None else Kind.PIN
            row = self._row(connection, actor, process_id, kind, weighed, why)
            made = model_changes.want(connection, actor.tenant, row | {"bundle_id": bundle_id})
            data = {"process": process_id, "bundle": bundle_id or "", "change": made.id}
            self._tell(connection, actor, actor.tenant, "model.pin_wanted", data, why)
        return False

    # --- deploying -----------------------------------------------------------------------

    def _compiled(self, owner: str, sources: Sources) -> Definition:
        """Return the model as it would run; raises NotDeployableError."""
        with self._operating.read() as connection:
            known = decision_store.deployed(connection, owner)
        checked = check(sources, handlers=self._handlers.contracts, known_decisions=known)
        if checked.definition is None:
            raise NotDeployableError(checked.findings)
        for name in reserved.misused(checked.definition, self._reserved):
            raise InputError(f"„{name}“ kommt nur über die eigene Schnittstelle herein.")
        return checked.definition

    def _deploy(
        self,
        connection: sa.Connection,
        actor: Actor,
        owner: str,
        new: Definition,
        sources: Sources,
        reason: str,
        wanted_by: str | None,
    ) -> Deployed:
        sha256 = bundles.packed(new, sources.files).sha256
        if self._of.is_newest(connection, owner, new.main, sha256):
            return self._in_force(connection, actor, owner, new, sources, {})
        weighed = self._weigher.deployment(connection, owner, new, sources)
        data: dict[str, Any] = {"way": weighed.way}
        if weighed.texts:
            if actor.person is None or wanted_by in (None, actor.person):
                return self._wait(connection, actor, owner, new, sources, weighed, reason)
            data = {"way": Way.SECOND, "wanted_by": wanted_by}
        return self._in_force(connection, actor, owner, new, sources, data)

    def _in_force(
        self,
        connection: sa.Connection,
        actor: Actor,
        owner: str,
        new: Definition,
        sources: Sources,
        data: Mapping[str, Any],
        *,
        by: str = "",
        why: str = "",
    ) -> Deployed:
        now = self._operating.now(connection)
        deployed = self._of.store(
            connection, new, sources.files, tenant=owner, by=by or actor.label, now=now
        )
        pinned = self._of.pinned(connection, owner, deployed.process_id)
        if pinned in (None, deployed.bundle_id):
            starts.follow(connection, self._starting, owner, new, now=now)
        if deployed.is_new or why:
            known = {"process": deployed.process_id, "bundle": deployed.bundle_id}
            self._tell(connection, actor, owner, "model.deployed", {**known, **data}, why)
        return deployed

    def _wait(
        self,
        connection: sa.Connection,
        actor: Actor,
        owner: str,
        new: Definition,
        sources: Sources,
        weighed: Weighed,
        reason: str,
    ) -> Deployed:
        made = bundles.packed(new, sources.files)
        waits = model_changes.waiting_for(connection, owner, new.main)
        if waits is None or waits.sha256 != made.sha256:
            self._of.check_tag(connection, owner, new)
            why = " ".join(reason.split())[:REASON_MAX]
            row = self._row(connection, actor, new.main, Kind.DEPLOY, weighed, why) | {
                "version_tag": new.processes[new.main].version_tag,
                "sha256": made.sha256,
                "compiled": made.compiled,
                "sources": made.sources,
            }
            waits = model_changes.want(connection, owner, row)
            data = {"process": new.main, "change": waits.id, "sha256": made.sha256}
            self._tell(connection, actor, owner, "model.proposed", data, why)
            is_new = True
        else:
            is_new = False
        waits = replace(
            waits, weight=weighed.texts, base=weighed.base, seen=weighed.seen(made.sha256)
        )
        return Deployed(bundle_id="", process_id=new.main, number=0, is_new=is_new, change=waits)

    def _row(
        self,
        connection: sa.Connection,
        actor: Actor,
        process_id: str,
        kind: Kind,
        weighed: Weighed,
        reason: str,
    ) -> dict[str, Any]:
        row = {"process_id": process_id, "kind": kind, "weight": weighed.texts, "reason": reason}
        return row | {"by": actor.label, "at": self._operating.now(connection)}

    def _pin(
        self,
        connection: sa.Connection,
        actor: Actor,
        process_id: str,
        bundle_id: str | None,
        why: str,
        wanted: ModelChange | None = None,
    ) -> None:
        now = self._operating.now(connection)
        key = actor.tenant, process_id, bundle_id
        found = versions.pin(connection, *key, by=actor.label, now=now)
        if bundle_id is None and found.is_shared:
            starts.forget(connection, actor.tenant, process_id)
        else:
            definition = self._of.load(connection, found.bundle_id).definition
            starts.follow(connection, self._starting, actor.tenant, definition, now=now)
        kind = "model.followed" if bundle_id is None else "model.pinned"
        data: dict[str, Any] = {"process": process_id, "bundle": bundle_id or ""}
        data["number"] = found.number
        if wanted is not None:
            data |= {"wanted_by": wanted.by, "change": wanted.id, "seen": wanted.seen}
        self._tell(connection, actor, actor.tenant, kind, data, why)

    def _tell(
        self,
        connection: sa.Connection,
        actor: Actor,
        owner: str,
        kind: str,
        data: Mapping[str, Any],
        why: str,
    ) -> None:
        if owner == SHARED and actor.tenant != SHARED:
            data = {**data, "of": actor.tenant}
        texts = {"reason": why} if why else {}
        event = Event(kind=kind, actor=actor.label, data=data, texts=texts)
        now = self._operating.now(connection)
        append(connection, tenant=owner, stream="models", at=now, events=[event])
