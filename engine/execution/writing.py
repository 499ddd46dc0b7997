"""What a step led to becomes rows, inside its one write transaction.

The order is that of the locks: case row (already taken), correlations, jobs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from laufzettel.engine.audit.streams import Event, Head, append
from laufzettel.engine.execution import decision_traces
from laufzettel.engine.execution.case_run import CaseRun
from laufzettel.engine.execution.changes import Changes, NewMessage, NewSignal, NewWork, WaitKind
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.messages import messages, signals
from laufzettel.engine.outbox import effects
from laufzettel.engine.tasks import user_tasks
from laufzettel.engine.tasks.duties import Required, require_signatures
from laufzettel.engine.work import incidents, own_calls
from laufzettel.identity import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The case whose rows are written."""

    tenant: str
    case_id: str
    business_key: str
    now: datetime
    head: Head | None  # where the case's audit was seen to end
    has_incidents: bool  # some that are open
    caller: tuple[str, str] | None = None  # (case, activation) that has called it


class Writer:
    """Writes the changes of one step on one connection."""

    def __init__(self, connection: sa.Connection, jobs: Jobs, target: Target) -> None:
        self._connection = connection
        self._jobs = jobs
        self._to = target

    def write(self, run: CaseRun, facets: Mapping[str, Any], events: Sequence[Event]) -> None:
        """Write all that the step led to; ``events`` are those of its trigger and the step's."""
        to, changes = self._to, run.changes
        for write in run.records.writes:
            write(self._connection)
        self._leave(changes)
        self._offer(run, facets)
        if changes.subscriptions:
            messages.subscribe(
                self._connection,
                self._jobs,
                to.tenant,
                to.case_id,
                changes.subscriptions,
                now=to.now,
            )
        for thrown in changes.messages:
            self._publish(thrown)
        for heard in changes.signals:
            self._broadcast(heard, changes)
        self._submit(changes)
        decision_traces.insert(
            self._connection, to.tenant, to.case_id, changes.decisions, now=to.now
        )
        incidents.open_incidents(
            self._connection, to.tenant, to.case_id, changes.troubles, now=to.now
        )
        append(
            self._connection,
            tenant=to.tenant,
            stream=to.case_id,
            at=to.now,
            events=events,
            head=to.head,
        )
        if run.is_done and to.caller is not None:
            if run.thrown is None:
                own_calls.count_ended(self._connection, self._jobs, to.tenant, *to.caller)
            else:
                own_calls.fail(
                    self._connection, self._jobs, to.tenant, *to.caller, failed=to.case_id
                )

    def _leave(self, changes: Changes) -> None:
        """Take back what the case no longer waits for."""
        to = self._to
        by_kind = _by_kind([one for one in changes.gone if one[0] not in changes.done])
        if tasks := by_kind.get(WaitKind.USER):
            user_tasks.cancel(self._connection, to.case_id, tasks, now=to.now)
        awaited = [*by_kind.get(WaitKind.MESSAGE, ()), *by_kind.get(WaitKind.SIGNAL, ())]
        if awaited:
            messages.unsubscribe(self._connection, to.case_id, awaited)
        if calls := by_kind.get(WaitKind.CALL):
            own_calls.cancel(self._connection, self._jobs, to.case_id, calls)
        if pending := by_kind.get(WaitKind.EFFECT):
            effects.withdraw(self._connection, to.case_id, pending, now=to.now)
        for kind in (WaitKind.WORK, WaitKind.TIMER):
            for activation in by_kind.get(kind, ()):
                self._jobs.cancel(self._connection, kind, f"{to.case_id}:{activation}")
        # People's tasks have no incidents.
        stopped = [activation for activation, kind in changes.gone if kind != WaitKind.USER]
        if stopped and to.has_incidents:
            incidents.close_for(self._connection, to.case_id, stopped, now=to.now)

    def _offer(self, run: CaseRun, facets: Mapping[str, Any]) -> None:
        to, changes = self._to, run.changes
        if changes.facets and run.has_open_tasks:
            user_tasks.refresh_facets(self._connection, to.case_id, facets)
        if changes.tasks:
            user_tasks.insert(
                self._connection, to.tenant, to.case_id, changes.tasks, facets=facets, now=to.now
            )

    def _publish(self, thrown: NewMessage) -> None:
        to = self._to
        messages.publish(
            self._connection,
            self._jobs,
            tenant=to.tenant,
            name=thrown.name,
            key=thrown.key,
            payload=thrown.payload,
            source=f"case:{to.case_id}",
            message_id=f"{to.case_id}:{thrown.activation}",
            now=to.now,
        )

    def _broadcast(self, thrown: NewSignal, changes: Changes) -> None:
        to = self._to
        began = {one.activation for one in changes.subscriptions if one.is_signal}
        signals.broadcast(
            self._connection,
            self._jobs,
            to.tenant,
            thrown.name,
            thrown.payload,
            source=f"case:{to.case_id}",
            message_id=f"{to.case_id}:{thrown.activation}",
            now=to.now,
            deaf=[(to.case_id, one) for one in sorted(began - thrown.heard_by)],
        )

    def _submit(self, changes: Changes) -> None:
        """Submit what is to be done later: effects, work, timers, the rest of a long step."""
        to = self._to
        for effect in changes.effects:
            required = [Required(duty) for duty in effect.requires]
            require_signatures(self._connection, to.case_id, required)
            effects.enqueue(self._connection, self._jobs, to.tenant, to.case_id, effect, now=to.now)
        own_calls.begin(self._connection, self._jobs, to.tenant, to.case_id, changes.calls)
        for work in changes.work:
            arguments = self._arguments(work)
            self._job(WaitKind.WORK, work.activation, arguments, priority=work.priority)
        for timer in changes.timers:
            arguments = {"activation": timer.activation}
            self._job(WaitKind.TIMER, timer.activation, arguments, at=timer.due)
        if changes.unfinished:
            self._job("continue", to.now.isoformat(), {})

    def _job(
        self,
        kind: str,
        key: str,
        arguments: dict[str, Any],
        at: datetime | None = None,
        priority: int = 0,
    ) -> None:
        to = self._to
        self._jobs.submit(
            self._connection,
            kind,
            f"{to.case_id}:{key}",
            arguments,
            tenant=to.tenant,
            case_id=to.case_id,
            at=at,
            priority=priority,
        )

    def _arguments(self, work: NewWork) -> dict[str, Any]:
        arguments = {
            "activation": work.activation,
            "element": work.element,
            "handler": work.handler,
            "arguments": work.arguments,
            "business_key": self._to.business_key,
        }
        return arguments | ({"max_attempts": work.max_attempts} if work.max_attempts else {})


def _by_kind(gone: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for activation, kind in gone:
        found.setdefault(kind, []).append(activation)
    return found


def step_events(run: CaseRun, actor: Actor) -> list[Event]:
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
        error = {"error": run.thrown.code} if run.thrown is not None else {}
        data = {"end": run.end, **error}
        events.append(Event(kind="case.ended", actor=actor.label, data=data))
    return events
