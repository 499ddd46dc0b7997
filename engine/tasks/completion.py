"""Completing a user task: the form is read, the duties are signed, the case moves on.

All of it in one step: whoever loses the race, may not sign, or fills the form wrongly
leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from laufzettel import logs
from laufzettel.db import Database
from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.case_run import CaseRun, GoneError
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.step import LostRaceError, Steps, Within
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.forms import Form
from laufzettel.engine.tables import case
from laufzettel.engine.tasks import tokens, user_tasks
from laufzettel.engine.tasks.answers import asks_the_case, element_of
from laufzettel.engine.tasks.duties import Signature, is_signing, sign
from laufzettel.engine.tasks.rules import DutyRules, Matter
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.engine.tasks.whole_forms import WholeForms, event_of, telling
from laufzettel.errors import ConflictError, InputError
from laufzettel.identity import Actor

#: Name under which a user task hands on who completed it.
COMPLETED_BY = "completed_by"


# Built once: building a statement costs more than running it.
_BUNDLE = sa.select(case.c.bundle_id).where(case.c.id == sa.bindparam("of_id"))
_SCOPE = sa.select(case.c.duty_scope).where(case.c.id == sa.bindparam("of_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a task is completed, besides its answers."""

    once: str | None = None  # token: the same again is done already
    proof: Mapping[str, Any] = field(default_factory=dict)  # for the audit: what was shown
    seen: str | None = None  # WholeForm.seen, where fields that were added are answered
    also: tuple[Within, ...] = ()  # written in the same transaction


class Completion:
    """Completes tasks for people."""

    def __init__(
        self, db: Database, bundles: Bundles, steps: Steps, rules: DutyRules, forms: WholeForms
    ) -> None:
        self._db = db
        self._bundles = bundles
        self._steps = steps
        self._rules = rules
        self._forms = forms

    def __call__(
        self,
        actor: Actor,
        person: str,
        task_id: str,
        values: Mapping[str, Any],
        manner: Manner | None = None,
    ) -> None:
        """Complete the task; raises as ``Engine.complete``."""
        manner = manner or Manner()
        if self._is_done(actor, person, task_id, manner):
            return
        try:
            self._complete(actor, person, task_id, values, manner)
        except ConflictError:
            # The same form, sent twice at once: the other one has done it meanwhile.
            if not self._is_done(actor, person, task_id, manner):
                raise

    def _is_done(self, actor: Actor, person: str, task_id: str, manner: Manner) -> bool:
        if manner.once is None:
            return False
        with self._db.read() as connection:
            return tokens.is_used(
                connection, actor.tenant, manner.once, person=person, task_id=task_id
            )

    def _complete(
        self, actor: Actor, person: str, task_id: str, values: Mapping[str, Any], manner: Manner
    ) -> None:
        try:
            self._steps.repeat("", lambda: self._once(actor, person, task_id, values, manner))
        except GoneError as gone:
            with self._db.read() as connection:
                late = user_tasks.load(connection, actor.tenant, task_id)
                user_tasks.check_open(connection, self._rules, late, actor)
            raise ConflictError from gone
        except Unevaluable as problem:
            raise InputError(problem.text_de) from problem

    def _once(
        self, actor: Actor, person: str, task_id: str, values: Mapping[str, Any], manner: Manner
    ) -> None:
        """Compute the step from task and case as they are read, and write it if neither has moved.

        A case that moves between the two readings has the task no more, or still has it.
        """
        with self._db.read() as connection:
            task = user_tasks.load(connection, actor.tenant, task_id)
            logs.bind(case_id=task.case_id)
            user_tasks.check_open(connection, self._rules, task, actor)
            loaded = self._steps.load(connection, actor, task.case_id)
            definition = self._bundles.load(connection, loaded.row.bundle_id).definition
            now = loaded.frame.now
            answered = frozenset(values) if manner.seen is None else None
            whole = self._forms.of(connection, definition, task, now, answered)
            typed, apart = whole.typed(
                values, _shown(loaded.run, task, whole.form), seen=manner.seen
            )
            noted = whole.keep(apart, loaded.run.records, task, person, now)
            given = {**typed, COMPLETED_BY: person}
            loaded.run.complete(task.activation, given, ends_row=True)
            loaded.run.settle()
        duties = task.duties if is_signing(element_of(definition, task), typed) else ()

        def within(connection: sa.Connection) -> None:
            scope = loaded.row.duty_scope
            self._sign(connection, actor, person, task, scope, duties, manner)

        tell = telling(noted, task.tenant, person, now)
        events = [event_of(one, person) for one in noted if not one.stream]
        events.append(_completed(task, actor, person, duties, typed, manner.proof))
        self._steps.commit(loaded, within=[within, *manner.also, tell], events=events)

    def _sign(
        self,
        connection: sa.Connection,
        actor: Actor,
        person: str,
        task: UserTask,
        scope: str,
        duties: tuple[str, ...],
        manner: Manner,
    ) -> None:
        """Write who did the task and signed for what, after the case's compare-and-set."""
        now = self._db.now(connection)
        if manner.once is not None:
            tokens.use(
                connection, actor.tenant, manner.once, person=person, task_id=task.id, at=now
            )
        if duties:
            signature = _signature(actor, person, task, scope, duties, now)
            sign(connection, self._rules, signature, matter_of(task, now))
        if not user_tasks.complete(connection, task, person, now=now):
            raise LostRaceError  # taken or given back meanwhile: read again, who may do it now?


def _shown(run: CaseRun, task: UserTask, form: Form | None) -> Mapping[str, Any]:
    """Return what the case shows in the form, where fields depend on it."""
    if form is None or not asks_the_case(form):
        return {}
    return run.seen_by(task.activation)


def definition_of(connection: sa.Connection, bundles: Bundles, task: UserTask) -> Definition:
    """Return the model that the task's case runs."""
    bundle_id = connection.execute(_BUNDLE, {"of_id": task.case_id}).scalar_one()
    return bundles.load(connection, bundle_id).definition


def signature_of(
    connection: sa.Connection,
    actor: Actor,
    person: str,
    task: UserTask,
    duties: tuple[str, ...],
    now: datetime,
) -> Signature:
    """Return who signs which duties about which business object."""
    scope = connection.execute(_SCOPE, {"of_id": task.case_id}).scalar_one()
    return _signature(actor, person, task, scope, duties, now)


def _signature(
    actor: Actor, person: str, task: UserTask, scope: str, duties: tuple[str, ...], now: datetime
) -> Signature:
    return Signature(
        tenant=actor.tenant,
        scope=scope,
        person=person,
        duties=duties,
        case_id=task.case_id,
        task_id=task.id,
        deputy_for=actor.deputy_for,
        at=now,
    )


def matter_of(task: UserTask, now: datetime) -> Matter:
    """Return what the task's duties are signed about."""
    return Matter(amount=task.amount, currency=task.currency, unit=task.unit, at=now)


def _completed(
    task: UserTask,
    actor: Actor,
    person: str,
    duties: tuple[str, ...],
    values: Mapping[str, Any],
    proof: Mapping[str, Any],
) -> Event:
    """Return the event of a completed task: who, as whose deputy, signing what, being shown what."""
    data: dict[str, Any] = {"task": task.id, "element": task.element, "duties": list(duties)}
    if actor.deputy_for:
        data["deputy_for"] = actor.deputy_for
    if actor.machine:  # by a program, not at the page
        data["token"] = actor.machine
    texts = {f"value.{name}": str(value) for name, value in values.items() if value is not None}
    return Event(kind="task.completed", actor=person, data={**data, **proof}, texts=texts)
