"""A step: read the case, compute in memory, then write everything in one short transaction.

The compare-and-set of the case's version comes first in the write; whoever loses it
computes again. Nothing slow happens while the write lock is held (DESIGN decision 8).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine import feel
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.execution import codec
from laufzettel.engine.execution.bundles import Bundle, Bundles
from laufzettel.engine.execution.case_run import CaseRun, Frame, GoneError
from laufzettel.engine.execution.changes import Changes
from laufzettel.engine.handler import Facets, GuardFailedError, Handlers, Start
from laufzettel.engine.tables import case
from laufzettel.engine.tasks import user_tasks
from laufzettel.engine.work import incidents, messages, outbox
from laufzettel.engine.work.jobs import Jobs
from laufzettel.errors import ConflictError, NotFoundError
from laufzettel.failpoints import failpoint
from laufzettel.identity import Actor
from laufzettel.ids import new_id

#: How often a step is computed again after losing the compare-and-set.
ATTEMPTS_MAX = 5
#: Facet columns of a case.
FACETS = (*user_tasks.FACETS, "confidential")

#: What a step does first: moves the case by what happened.
Act = Callable[[CaseRun], object]
#: What the trigger writes in the step's transaction, after the compare-and-set.
Within = Callable[[sa.Connection], None]


class CaseStatus(StrEnum):
    """Where a case stands."""

    OPEN = "open"  # at least one token waits
    ENDED = "ended"  # every token reached an end; final
    CANCELLED = "cancelled"  # ended by a person with reason; final


class LostRaceError(Exception):
    """Another step of the same case was faster."""


class Steps:
    """Takes steps on cases."""

    def __init__(self, db: Database, bundles: Bundles, handlers: Handlers, jobs: Jobs) -> None:
        self._db = db
        self._bundles = bundles
        self._handlers = handlers
        self._jobs = jobs

    def start(self, actor: Actor, start: Start, within: Within | None = None) -> str:
        """Begin a case and move it as far as it goes; return its id."""
        case_id = new_id()
        with self._db.read() as connection:
            now = self._db.now(connection)
            bundle = self._bundles.current(connection, actor.tenant, start.process_id)
            run = self._run(bundle, connection, actor, case_id, start.business_key, now)
            run.variables.scopes[""].update(start.variables)
            run.settle()
        facets = _merged(dict.fromkeys(FACETS) | _NO_FACETS, [start.facets, *run.changes.facets])
        opened = Event(
            kind="case.started",
            actor=actor.label,
            data={"process": start.process_id, "bundle": bundle.id, "object": start.business_key},
        )
        with self._db.write() as connection:
            connection.execute(
                sa.insert(case).values(
                    id=case_id,
                    tenant=actor.tenant,
                    bundle_id=bundle.id,
                    process_id=start.process_id,
                    business_key=start.business_key,
                    duty_scope=start.business_key,
                    version=0,
                    started_at=now,
                    **_state_columns(run, now),
                    **facets,
                )
            )
            if within is not None:
                within(connection)
            self._write(connection, actor, case_id, run, facets, [opened], now)
            failpoint("step.written")
        failpoint("step.committed")
        return case_id

    def take(
        self,
        actor: Actor,
        case_id: str,
        act: Act,
        *,
        within: Sequence[Within] = (),
        events: Sequence[Event] = (),
    ) -> None:
        """Move the case by ``act``.

        Raises GoneError when what happened has no receiver any more, NotFoundError for a
        case of another tenant, ConflictError after losing every race.
        """
        for attempt in range(ATTEMPTS_MAX):
            try:
                self._once(actor, case_id, act, within, events)
            except (LostRaceError, GuardFailedError):
                time.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311 - only spreads retries
            else:
                failpoint("step.committed")
                return
        raise ConflictError(
            "Der Vorgang wird gerade von anderen bearbeitet. Bitte erneut versuchen."
        )

    def _once(
        self,
        actor: Actor,
        case_id: str,
        act: Act,
        within: Sequence[Within],
        events: Sequence[Event],
    ) -> None:
        with self._db.read() as connection:
            row = self._load(connection, actor.tenant, case_id)
            now = self._db.now(connection)
            bundle = self._bundles.load(connection, row.bundle_id)
            state = codec.decode(row.state)
            run = self._run(bundle, connection, actor, case_id, row.business_key, now, state)
            act(run)
            run.settle()
        facets = _merged({name: getattr(row, name) for name in FACETS}, run.changes.facets)
        columns = _state_columns(run, now) | (facets if run.changes.facets else {})
        failpoint("step.computed")
        with self._db.write() as connection:
            moved = connection.execute(
                sa.update(case)
                .where(case.c.id == case_id, case.c.version == row.version)
                .values(version=row.version + 1, **columns)
            )
            if moved.rowcount != 1:
                raise LostRaceError
            failpoint("step.compared")
            for call in within:
                call(connection)
            self._write(connection, actor, case_id, run, facets, events, now)
            failpoint("step.written")

    def _load(self, connection: sa.Connection, tenant: str, case_id: str) -> sa.Row[Any]:
        row = connection.execute(
            sa.select(case).where(case.c.id == case_id, case.c.tenant == tenant)
        ).one_or_none()
        if row is None:
            raise NotFoundError("Diesen Vorgang gibt es bei diesem Mandanten nicht.")
        if row.status != CaseStatus.OPEN:
            raise GoneError(case_id)
        return row

    def _run(
        self,
        bundle: Bundle,
        connection: sa.Connection,
        actor: Actor,
        case_id: str,
        business_key: str,
        now: datetime,
        state: dict[str, Any] | None = None,
    ) -> CaseRun:
        frame = Frame(
            tenant=actor.tenant,
            case_id=case_id,
            business_key=business_key,
            actor=actor,
            now=now,
            connection=connection,
        )
        return CaseRun(bundle.definition, bundle.executor, self._handlers, frame, state)

    def _write(
        self,
        connection: sa.Connection,
        actor: Actor,
        case_id: str,
        run: CaseRun,
        facets: Mapping[str, Any],
        events: Sequence[Event],
        now: datetime,
    ) -> None:
        """Write what the step led to, in the lock order case, correlation, job."""
        changes, tenant = run.changes, actor.tenant
        for write in run.records.writes:
            write(connection)
        self._leave(connection, case_id, changes, now)
        if changes.facets:
            user_tasks.refresh_facets(connection, case_id, facets)
        if changes.tasks:
            user_tasks.insert(connection, tenant, case_id, changes.tasks, facets=facets, now=now)
        if changes.subscriptions:
            messages.subscribe(
                connection, self._jobs, tenant, case_id, changes.subscriptions, now=now
            )
        for thrown in changes.messages:
            messages.publish(
                connection,
                self._jobs,
                tenant=tenant,
                name=thrown.name,
                key=thrown.key,
                payload=thrown.payload,
                source=f"case:{case_id}",
                message_id=f"{case_id}:{thrown.activation}",
                now=now,
            )
        self._submit(connection, tenant, case_id, changes, now)
        incidents.open_incidents(connection, tenant, case_id, changes.troubles, now=now)
        append(
            connection,
            tenant=tenant,
            stream=case_id,
            at=now,
            events=[*events, *_events(run, actor)],
        )

    def _leave(
        self, connection: sa.Connection, case_id: str, changes: Changes, now: datetime
    ) -> None:
        """Take back what the case no longer waits for."""
        by_kind: dict[str, list[str]] = {}
        for activation, kind in changes.gone:
            by_kind.setdefault(kind, []).append(activation)
        if "user" in by_kind:
            user_tasks.cancel(connection, case_id, by_kind["user"], now=now)
        if "message" in by_kind:
            messages.unsubscribe(connection, case_id, by_kind["message"])
        if "effect" in by_kind:
            outbox.withdraw(connection, case_id, by_kind["effect"], now=now)
        for kind in ("work", "timer"):
            for activation in by_kind.get(kind, ()):
                self._jobs.cancel(connection, kind, f"{case_id}:{activation}")
        stopped = by_kind.get("held", []) + by_kind.get("gateway", [])
        if stopped:
            incidents.close_for(connection, case_id, stopped, now=now)

    def _submit(
        self,
        connection: sa.Connection,
        tenant: str,
        case_id: str,
        changes: Changes,
        now: datetime,
    ) -> None:
        """Submit what is to be done later: work, effects, timers, the rest of a long step."""
        for effect in changes.effects:
            outbox.enqueue(connection, self._jobs, tenant, case_id, effect, now=now)
        for work in changes.work:
            self._jobs.submit(
                connection,
                "work",
                f"{case_id}:{work.activation}",
                {
                    "activation": work.activation,
                    "element": work.element,
                    "handler": work.handler,
                    "arguments": work.arguments,
                    "business_key": "",
                },
                tenant=tenant,
                case_id=case_id,
            )
        for timer in changes.timers:
            self._jobs.submit(
                connection,
                "timer",
                f"{case_id}:{timer.activation}",
                {"activation": timer.activation},
                tenant=tenant,
                case_id=case_id,
                at=timer.due,
            )
        if changes.unfinished:
            self._jobs.submit(
                connection,
                "continue",
                f"{case_id}:{now.isoformat()}",
                tenant=tenant,
                case_id=case_id,
            )


_NO_FACETS = {"subject": "", "party": "", "confidential": False}


def _state_columns(run: CaseRun, now: datetime) -> dict[str, Any]:
    """Return the columns of the case after the step; at its end only the result is kept."""
    if not run.is_done:
        return {"status": CaseStatus.OPEN, "state": codec.encode(run.state())}
    variables = {name: feel.to_json(value) for name, value in run.variables.scopes[""].items()}
    return {
        "status": CaseStatus.ENDED,
        "state": None,
        "result": {"end": run.end, "variables": variables},
        "ended_at": now,
    }


def _merged(facets: dict[str, Any], changes: Sequence[Facets]) -> dict[str, Any]:
    """Return the facet columns after ``changes``; None there means unchanged."""
    for change in changes:
        given = {
            "subject": change.subject and change.subject[:200],
            "party": change.party and change.party[:200],
            "amount": change.amount and change.amount.amount,
            "currency": change.amount and change.amount.currency,
            "unit": change.unit,
            "act_by": change.act_by,
            "outer_date": change.outer_date,
            "stake": change.stake and change.stake.amount,
            "confidential": change.confidential,
        }
        facets.update({name: value for name, value in given.items() if value is not None})
    return facets


def _events(run: CaseRun, actor: Actor) -> list[Event]:
    """Return the audit events of the handlers, of incidents and of the end."""
    events = [
        Event(kind=entry.kind, actor=actor.label, data=entry.data, texts=entry.texts)
        for entry in run.changes.entries
    ]
    events += [
        Event(
            kind="incident.opened",
            actor="system",
            data={"code": trouble.code, "element": trouble.element},
            texts={"cause": trouble.cause},
        )
        for trouble in run.changes.troubles
    ]
    if run.is_done:
        events.append(Event(kind="case.ended", actor=actor.label, data={"end": run.end}))
    return events
