"""The engine's verbs. Every one takes an Actor and checks tenant and right.

``Engine`` is made in ``laufzettel.compose``. A model is deployed, a case started, tasks are
completed by people, messages published by connectors, incidents retried by operators; what
lists and timelines show comes out as the values of ``engine.views``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine import access, feel, views
from laufzettel.engine.access import signed_by
from laufzettel.engine.audit.excerpt import excerpt
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.audit.verify import Watch, export_tenant, verify_tenant
from laufzettel.engine.audit.verify_export import Report, describe
from laufzettel.engine.dmn.add_rule import NewRule
from laufzettel.engine.drawing import Drawing, ElementState, drawing
from laufzettel.engine.execution import decision_traces
from laufzettel.engine.execution.bundles import Bundles, Deployed
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.execution.decision_traces import DecisionStep, DecisionView, TableView
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.spiff import SpiffExecutor
from laufzettel.engine.execution.standing import StandingDecisions
from laufzettel.engine.execution.step import Steps, Within
from laufzettel.engine.handler import Handlers, Start
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.list_verbs import ListVerbs
from laufzettel.engine.listing import IncidentRow, ModelView, Page, Place
from laufzettel.engine.messages import messages, signals
from laufzettel.engine.messages.messages import Unwaited
from laufzettel.engine.messages.signals import Broadcast
from laufzettel.engine.model.check import check
from laufzettel.engine.model.finding import Finding, Severity
from laufzettel.engine.model.forms import Field, FieldKind, Form, Limits, Option
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.operations.acts import reason_of
from laufzettel.engine.operations.batch import (
    BatchKind,
    BatchStatus,
    BatchView,
    ItemStatus,
    ItemView,
)
from laufzettel.engine.operations.batch_run import Preview
from laufzettel.engine.operations.change_verbs import NotDeployableError
from laufzettel.engine.operations.forecast import Forecast, WaitView
from laufzettel.engine.operations.model_changes import ModelChange
from laufzettel.engine.operations.rule_plan import RulePlan
from laufzettel.engine.operations.selection import Selection
from laufzettel.engine.operations.standing_tables import StandingDecision
from laufzettel.engine.operations.version_verbs import VersionVerbs
from laufzettel.engine.operations.versions import VersionView
from laufzettel.engine.operations.weighing import Reviewed
from laufzettel.engine.outbox.abgleich_verbs import Abgleich, AbgleichVerbs
from laufzettel.engine.outbox.outbox import Outbox
from laufzettel.engine.outbox.reconciliation import Reconciliation
from laufzettel.engine.outbox.resolve import resolve
from laufzettel.engine.tasks import news
from laufzettel.engine.tasks.answers import FormError, hidden_fields
from laufzettel.engine.tasks.bulk import Outcome
from laufzettel.engine.tasks.duties import Objection
from laufzettel.engine.tasks.folder_verbs import FolderVerbs
from laufzettel.engine.tasks.folders import Folder, FolderItem, ItemOutcome
from laufzettel.engine.tasks.rules import DutyConflictError, DutyRules, NoPowerError
from laufzettel.engine.tasks.sheet import Ahead, PastAct, TaskSheet
from laufzettel.engine.tasks.user_tasks import TaskStatus, UserTask
from laufzettel.engine.tasks.verbs import need
from laufzettel.engine.views import CaseView, Happening, IncidentView
from laufzettel.engine.wire import TYPES_IN as WIRE_TYPES
from laufzettel.engine.wire import NotAValueError, from_wire
from laufzettel.engine.work import incidents
from laufzettel.engine.work.incidents import IncidentStatus
from laufzettel.engine.work.runners import Runners
from laufzettel.errors import ForbiddenError, InputError
from laufzettel.identity import Actor, Right

__all__ = [
    "WIRE_TYPES",
    "Abgleich",
    "Ahead",
    "BatchKind",
    "BatchStatus",
    "BatchView",
    "Broadcast",
    "CaseStatus",
    "CaseView",
    "DecisionStep",
    "DecisionView",
    "Deployed",
    "Drawing",
    "DutyConflictError",
    "ElementState",
    "Engine",
    "Field",
    "FieldKind",
    "Finding",
    "Folder",
    "FolderItem",
    "Forecast",
    "Form",
    "FormError",
    "Happening",
    "IncidentRow",
    "IncidentStatus",
    "IncidentView",
    "ItemOutcome",
    "ItemStatus",
    "ItemView",
    "Limits",
    "ModelChange",
    "ModelView",
    "NewRule",
    "NoPowerError",
    "NotAValueError",
    "NotDeployableError",
    "Objection",
    "Option",
    "Outcome",
    "Page",
    "PastAct",
    "Place",
    "Preview",
    "Report",
    "Reviewed",
    "RulePlan",
    "Selection",
    "Severity",
    "Sources",
    "StandingDecision",
    "Start",
    "TableView",
    "TaskSheet",
    "TaskStatus",
    "Unwaited",
    "UserTask",
    "VersionView",
    "WaitView",
    "describe",
    "from_wire",
    "hidden_fields",
    "signed_by",
]


class Engine(ListVerbs, FolderVerbs, VersionVerbs, AbgleichVerbs):
    """The facade over bundles, steps, tasks, messages and incidents."""

    def __init__(
        self,
        db: Database,
        handlers: Handlers,
        jobs: Jobs,
        rules: DutyRules,
        reserved_names: tuple[str, ...] = (),
        reviewed: Reviewed | None = None,
    ) -> None:
        self._reserved = reserved_names  # beginnings of names that only connectors publish
        self._handlers = handlers
        self._jobs = jobs
        self._bundles = Bundles(SpiffExecutor)
        self._steps = Steps(db, self._bundles, handlers, jobs)
        self.standing = StandingDecisions(self._steps.decisions)
        FolderVerbs.__init__(self, db, self._bundles, self._steps, rules)
        VersionVerbs.__init__(self, db, self._bundles, self._steps, jobs, reviewed or Reviewed())
        runners = Runners(db, handlers, jobs, self._steps)
        self.outbox = Outbox(db, handlers, jobs, runners.exhausted)
        self.reconciliation = Reconciliation(db, handlers, jobs)

    # --- models ------------------------------------------------------------------------

    def lint(self, actor: Actor, sources: Sources) -> tuple[Finding, ...]:
        """Return everything that is wrong with a model, as deploying it would find it."""
        need(actor, Right.DEPLOY, Right.OPERATE, Right.READ)
        return check(sources, handlers=self._handlers.contracts).findings

    # --- cases -------------------------------------------------------------------------

    def start(
        self,
        actor: Actor,
        start: Start,
        within: Within | None = None,
        case_id: str | None = None,
    ) -> str:
        """Begin a case and move it as far as it goes; return its id.

        ``within`` writes business records in the same transaction. ``case_id`` is a fresh id
        (``ids.new_id``), for whoever must know it before.
        """
        need(actor, Right.START)
        try:
            return self._steps.start(actor, start, within, case_id)
        except Unevaluable as problem:  # of what the caller brought; a model's own is an incident
            raise InputError(problem.text_de) from problem

    def cases(self, actor: Actor, business_key: str | None = None) -> list[CaseView]:
        """Return the cases that the actor may look at, the newest first; at most 200."""
        need(actor, Right.READ, Right.WORK, Right.OPERATE)
        with self._db.read() as connection:
            return views.cases(connection, actor, business_key)

    def case(self, actor: Actor, case_id: str) -> CaseView:
        """Return a case that the actor may look at; raises NotFoundError else."""
        need(actor, Right.READ, Right.WORK, Right.OPERATE)
        with self._db.read() as connection:
            return views.one_case(connection, actor, case_id)

    def timeline(self, actor: Actor, stream: str) -> list[Happening]:
        """Return what happened in a case, or in another stream of the tenant, in order.

        Raises NotFoundError for a confidential case that the actor may not look at.
        """
        need(actor, Right.READ, Right.WORK, Right.OPERATE)
        with self._db.read() as connection:
            access.check_stream(connection, actor, stream)
            return views.timeline(connection, actor.tenant, stream)

    def drawing(self, actor: Actor, case_id: str) -> Drawing:
        """Return the model of a case as it was drawn, and where the case stands in it.

        Raises NotFoundError for a case that the actor may not look at.
        """
        need(actor, Right.READ, Right.WORK, Right.OPERATE)
        with self._db.read() as connection:
            access.require(connection, actor, case_id)
            return drawing(connection, self._bundles, case_id)

    def decisions(self, actor: Actor, case_id: str) -> list[DecisionView]:
        """Return the decisions made in a case: by which file, from what, by which rules.

        Raises NotFoundError for a case that the actor may not look at.
        """
        need(actor, Right.READ, Right.WORK, Right.OPERATE)
        with self._db.read() as connection:
            access.require(connection, actor, case_id)
            return decision_traces.of_case(connection, actor.tenant, case_id)

    def verify(self, actor: Actor, watch: Watch = iter) -> Report:
        """Recompute the tenant's whole audit and return what does not fit.

        ``watch`` sees every row go by.
        """
        need(actor, Right.READ)
        with self._db.read(snapshot=True) as connection:
            return verify_tenant(connection, actor.tenant, watch=watch)

    def export_audit(self, actor: Actor) -> Iterator[bytes]:
        """Yield the tenant's audit as lines that ``verify_export`` checks without us."""
        need(actor, Right.READ)
        with self._db.read(snapshot=True) as connection:
            yield from export_tenant(connection, actor.tenant, self._db.now(connection))

    def excerpt(self, actor: Actor, case_id: str) -> bytes:
        """Return the audit of one case as lines that ``verify_excerpt`` checks without us.

        Raises NotFoundError for a case that the actor may not look at.
        """
        need(actor, Right.READ, Right.WORK, Right.OPERATE)
        with self._db.read(snapshot=True) as connection:
            access.require(connection, actor, case_id)
            return excerpt(connection, actor.tenant, case_id)

    # --- messages ------------------------------------------------------------------------

    def publish(
        self,
        actor: Actor,
        *,
        name: str,
        key: str,
        payload: Mapping[str, Any],
        source: str,
        message_id: str,
        within: Within | None = None,
        ttl: timedelta | None = None,
    ) -> bool:
        """Store a message for whoever waits for it; False when it is a repeat.

        With a ``ttl`` it is for whoever begins to wait until then; after that it is kept and
        listed by ``unwaited``.
        """
        need(actor, Right.START)
        packed = {field: feel.to_json(value) for field, value in payload.items()}
        with self._db.write() as connection:
            is_new = messages.publish(
                connection,
                self._jobs,
                tenant=actor.tenant,
                name=name,
                key=key,
                payload=packed,
                source=source,
                message_id=message_id,
                now=self._db.now(connection),
                ttl=ttl,
            )
            if is_new and (actor.person or actor.machine):  # the connectors' own would be twice
                event = Event(
                    kind="message.published",
                    actor=actor.label,
                    data={"name": name, "source": source},
                    texts={"message_id": message_id},
                )
                now = self._db.now(connection)
                append(connection, tenant=actor.tenant, stream="messages", at=now, events=[event])
            if within is not None:
                within(connection)
        return is_new

    def unwaited(self, actor: Actor) -> list[Unwaited]:
        """Return the messages that nobody waits for, or waited for in time; at most 1,000."""
        need(actor, Right.OPERATE, Right.READ)
        with self._db.read() as connection:
            return messages.unwaited(connection, actor.tenant, self._db.now(connection))

    def signal(
        self,
        actor: Actor,
        name: str,
        payload: Mapping[str, Any],
        *,
        source: str,
        message_id: str,
        within: Within | None = None,
    ) -> int | None:
        """Tell every case of the tenant that waits now; return how many tokens, None for a repeat.

        Nothing is kept for who begins to wait later. How far it has come say ``broadcasts``.
        """
        need(actor, Right.START)
        packed = {field: feel.to_json(value) for field, value in payload.items()}
        with self._db.write() as connection:
            now = self._db.now(connection)
            receivers = signals.broadcast(
                connection,
                self._jobs,
                actor.tenant,
                name,
                packed,
                source=source,
                message_id=message_id,
                now=now,
            )
            if receivers is not None:
                event = Event(
                    kind="signal.broadcast",
                    actor=actor.label,
                    data={"name": name, "source": source, "receivers": receivers},
                )
                append(connection, tenant=actor.tenant, stream="messages", at=now, events=[event])
            if within is not None:
                within(connection)
        return receivers

    def broadcasts(self, actor: Actor) -> list[Broadcast]:
        """Return the tenant's latest signals and how far each has come, the newest first."""
        need(actor, Right.READ, Right.OPERATE)
        with self._db.read() as connection:
            return signals.listed(connection, actor.tenant)

    # --- parcels -------------------------------------------------------------------------

    def resolve(self, actor: Actor, parcel_id: str, *, has_arrived: bool, reason: str) -> None:
        """Say what became of a parcel whose outcome is unknown, having looked at the peer.

        Arrived: its cases go on. Not arrived: the same bytes are sent again under the same
        number. The reason is kept in the audit.
        """
        need(actor, Right.OPERATE)
        if actor.person is None:
            raise ForbiddenError("Was aus einer Übergabe wurde, sagt nur eine Person.")
        person, reason = actor.person, reason_of(reason)
        with self._db.write() as connection:
            now = self._db.now(connection)
            row = resolve(
                connection,
                self._handlers,
                self._jobs,
                actor.tenant,
                parcel_id,
                has_arrived=has_arrived,
                by=person,
                now=now,
            )
            event = Event(
                kind="parcel.resolved",
                actor=person,
                data={"channel": row.channel, "number": row.number, "has_arrived": has_arrived},
                texts={"reason": reason},
            )
            append(connection, tenant=actor.tenant, stream="parcels", at=now, events=[event])

    # --- incidents -----------------------------------------------------------------------

    def incidents(self, actor: Actor) -> list[IncidentView]:
        """Return the tenant's open incidents, the oldest first."""
        need(actor, Right.OPERATE, Right.READ)
        with self._db.read() as connection:
            return views.incidents(connection, actor)

    def note(
        self,
        connection: sa.Connection,
        actor: Actor,
        stream: str,
        kind: str,
        data: Mapping[str, Any],
        texts: Mapping[str, str],
    ) -> None:
        """Append an event to an administrative stream, in the caller's write transaction.

        ``data`` holds ids, codes, amounts and days, ``texts`` what may have to be erased.
        """
        need(actor, Right.OPERATE, Right.READ, Right.DEPLOY)
        event = Event(kind=kind, actor=actor.label, data=data, texts=texts)
        now = self._db.now(connection)
        append(connection, tenant=actor.tenant, stream=stream, at=now, events=[event])

    def tell(
        self,
        connection: sa.Connection,
        actor: Actor,
        business_key: str,
        *,
        kind: str,
        data: Mapping[str, Any],
    ) -> None:
        """Append an event to the open cases about an object, in the caller's write transaction."""
        need(actor, Right.START)
        event = Event(kind=kind, actor=actor.label, data=data)
        news.tell(connection, actor.tenant, business_key, event, at=self._db.now(connection))

    def change_remarks(
        self, connection: sa.Connection, actor: Actor, business_key: str, make: news.Change
    ) -> int:
        """Let the open cases about the object show the remarks that hold now; return how many.

        In the caller's write transaction; each of them says so in its audit.
        """
        need(actor, Right.OPERATE, Right.READ, Right.DEPLOY)
        now = self._db.now(connection)
        return news.change_remarks(
            connection, actor.tenant, business_key, make, by=actor.label, at=now
        )

    def report(self, actor: Actor, *, code: str, cause: str, subject: str) -> None:
        """Record an incident that belongs to no case, once for each ``subject``."""
        need(actor, Right.OPERATE)
        with self._db.write() as connection:
            incidents.open_general(
                connection,
                actor.tenant,
                code=code,
                cause=cause,
                subject=subject,
                now=self._db.now(connection),
            )
