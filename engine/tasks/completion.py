"""Completing a user task: the form is read, the duties are signed, the case moves on.

All of it in one step: whoever loses the race, may not sign, or fills the form wrongly
leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine import feel
from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.case_run import GoneError
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.step import Steps
from laufzettel.engine.model.definition import Definition, Element
from laufzettel.engine.model.forms import Form, parse_form
from laufzettel.engine.model.submission import parse_submission
from laufzettel.engine.tables import case
from laufzettel.engine.tasks import user_tasks
from laufzettel.engine.tasks.duties import Signature, is_signing, sign
from laufzettel.engine.tasks.rules import DutyRules, Matter
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.errors import ConflictError, InputError, NotFoundError
from laufzettel.identity import Actor

#: Name under which a user task hands on who completed it.
COMPLETED_BY = "completed_by"


class FormError(InputError):
    """Das Formular ist nicht vollständig oder nicht richtig ausgefüllt."""

    def __init__(self, errors: Sequence[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(self.errors))


class Completion:
    """Completes tasks for people."""

    def __init__(self, db: Database, bundles: Bundles, steps: Steps, rules: DutyRules) -> None:
        self._db = db
        self._bundles = bundles
        self._steps = steps
        self._rules = rules

    def __call__(self, actor: Actor, person: str, task_id: str, values: Mapping[str, Any]) -> None:
        """Complete the task; raises as ``Engine.complete``."""
        with self._db.read() as connection:
            task = user_tasks.load(connection, actor.tenant, task_id)
            user_tasks.check_open(connection, self._rules, task, actor)
            definition = self._definition(connection, task)
        typed = _submission(definition, task, values)
        duties = task.duties if is_signing(_element(definition, task), typed) else ()

        def within(connection: sa.Connection) -> None:
            now = self._db.now(connection)
            fresh = user_tasks.load(connection, actor.tenant, task_id)
            user_tasks.check_open(connection, self._rules, fresh, actor)
            if duties:
                self._sign(connection, actor, person, fresh, duties)
            user_tasks.complete(connection, fresh, person, now=now)

        try:
            self._steps.take(
                actor,
                task.case_id,
                lambda run: run.complete(task.activation, {**typed, COMPLETED_BY: person}),
                within=[within],
                events=[_completed(task, actor, person, duties, typed)],
            )
        except GoneError as gone:
            with self._db.read() as connection:
                late = user_tasks.load(connection, actor.tenant, task_id)
                user_tasks.check_open(connection, self._rules, late, actor)
            raise ConflictError from gone
        except Unevaluable as problem:
            raise InputError(problem.text_de) from problem

    def _definition(self, connection: sa.Connection, task: UserTask) -> Definition:
        bundle_id = connection.execute(
            sa.select(case.c.bundle_id).where(case.c.id == task.case_id)
        ).scalar_one()
        return self._bundles.load(connection, bundle_id).definition

    def _sign(
        self,
        connection: sa.Connection,
        actor: Actor,
        person: str,
        task: UserTask,
        duties: tuple[str, ...],
    ) -> None:
        now = self._db.now(connection)
        scope = connection.execute(
            sa.select(case.c.duty_scope).where(case.c.id == task.case_id)
        ).scalar_one()
        signature = Signature(
            tenant=actor.tenant,
            scope=scope,
            person=person,
            duties=duties,
            case_id=task.case_id,
            task_id=task.id,
            deputy_for=actor.deputy_for,
            at=now,
        )
        matter = Matter(amount=task.amount, currency=task.currency, unit=task.unit, at=now)
        sign(connection, self._rules, signature, matter)


def _element(definition: Definition, task: UserTask) -> Element:
    return next(
        process.elements[task.element]
        for process in definition.processes.values()
        if task.element in process.elements
    )


def _submission(
    definition: Definition, task: UserTask, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the typed answers of the form; raises FormError with every error at once."""
    if not task.form:
        return {}
    form, _ = parse_form(task.form, orjson.dumps(definition.forms[task.form]))
    if form is None:
        raise NotFoundError(f"Das Formular „{task.form}“ ist nicht lesbar.")
    typed, errors = parse_submission(form, values, hidden=_hidden(form, values))
    if errors:
        raise FormError([error.text_de for error in errors])
    return dict(typed)


def _hidden(form: Form, values: Mapping[str, Any]) -> set[str]:
    """Return the keys that the answers given hide."""
    answers = {key: values.get(key) or None for key in form.inputs()}
    return {
        key
        for key, one in form.inputs().items()
        if one.hide and feel.evaluate(one.hide, answers).value is True
    }


def _completed(
    task: UserTask,
    actor: Actor,
    person: str,
    duties: tuple[str, ...],
    values: Mapping[str, Any],
) -> Event:
    """Return the event of a completed task: who, as whose deputy, signing what."""
    data: dict[str, Any] = {"task": task.id, "element": task.element, "duties": list(duties)}
    if actor.deputy_for:
        data["deputy_for"] = actor.deputy_for
    texts = {f"value.{name}": str(value) for name, value in values.items() if value is not None}
    return Event(kind="task.completed", actor=person, data=data, texts=texts)
