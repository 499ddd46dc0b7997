"""Everything that the page of one task shows, read in one snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.execution import assignment
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.case_run import GoneError
from laufzettel.engine.execution.step import Steps
from laufzettel.engine.model.course import Course
from laufzettel.engine.model.definition import Definition, Element
from laufzettel.engine.model.forms import Form
from laufzettel.engine.tables import audit_event, case, user_task
from laufzettel.engine.tasks import drafts
from laufzettel.engine.tasks.answers import (
    element_of,
    hidden_fields,
    signing_answer,
    text_of,
)
from laufzettel.engine.tasks.completion import definition_of, matter_of, signature_of
from laufzettel.engine.tasks.duties import Objection, Signature, allowed, objection
from laufzettel.engine.tasks.rules import DutyRules
from laufzettel.engine.tasks.upcoming import Step, steps_ahead
from laufzettel.engine.tasks.user_tasks import TaskStatus, UserTask
from laufzettel.engine.tasks.whole_forms import WholeForms
from laufzettel.engine.views import CaseView, as_case
from laufzettel.identity import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAct:
    """A task of the case that a person has done."""

    task_id: str
    name: str  # of the task
    person: str
    duties: tuple[str, ...]  # what was signed by it
    at: datetime
    deputy_for: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """A step that lies ahead: a person who signs, or at last what goes out."""

    element: str
    name: str
    duties: tuple[str, ...]
    is_certain: bool  # else „ggf.“: a way to the end goes round it
    is_effect: bool
    candidates: tuple[str, ...]  # names of those who may sign


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSheet:
    """A task with its case, its form, and who acted before and comes after.

    ``values`` are texts as the form's fields take them; the field that signs is never filled
    in beforehand. ``signs`` is None where every answer signs the task's duties. ``shown`` has
    the variables behind the read-only fields as the case keeps them. ``form`` has the fields that
    handlers add, too; ``beside`` is what is shown with them, ``about`` what each of those
    handlers gives to the page, and ``seen`` goes back with the answers.
    """

    task: UserTask
    case: CaseView
    case_version: int  # what ``Engine.complete`` takes as ``seen``
    is_offered: bool  # to this actor; else it may only look, and reads no objection
    form: Form | None
    values: Mapping[str, str]
    shown: Mapping[str, Any]
    draft: Mapping[str, str]
    signs: tuple[str, str] | None
    objection: Objection | None
    history: tuple[PastAct, ...]
    upcoming: tuple[Ahead, ...]
    beside: tuple[str, ...]
    about: Mapping[str, Any]
    seen: str

    def hidden(self, answers: Mapping[str, Any]) -> frozenset[str]:
        """Return the keys of the fields that these answers hide, as completing will see it."""
        return frozenset() if self.form is None else hidden_fields(self.form, answers, self.shown)


class Sheets:
    """Makes task sheets."""

    def __init__(
        self, db: Database, bundles: Bundles, steps: Steps, rules: DutyRules, forms: WholeForms
    ) -> None:
        self._db = db
        self._forms = forms
        self._bundles = bundles
        self._steps = steps
        self._rules = rules
        self._courses: dict[tuple[int, str], Course] = {}

    def __call__(
        self, connection: sa.Connection, actor: Actor, task: UserTask, *, is_offered: bool
    ) -> TaskSheet:
        """Return the sheet of a task that the actor may look at."""
        row = connection.execute(sa.select(case).where(case.c.id == task.case_id)).one()
        definition = definition_of(connection, self._bundles, task)
        element = element_of(definition, task)
        seen = self._seen(connection, actor, task)
        signs = signing_answer(element) if task.duties else None
        now = self._db.now(connection)
        whole = self._forms.of(connection, definition, task, now)
        form = whole.form
        signature = signature_of(connection, actor, actor.label, task, task.duties, now)
        is_open = task.status is TaskStatus.OPEN
        return TaskSheet(
            task=task,
            case=as_case(row),
            case_version=row.version,
            is_offered=is_offered,
            form=form,
            values=_texts(form, seen, signs),
            shown=_shown(form, seen),
            draft=drafts.load(connection, actor.tenant, task.id, actor.label),
            signs=signs,
            objection=self.objection(connection, task, signature)
            if is_open and is_offered
            else None,
            history=_history(connection, task),
            upcoming=self._upcoming(connection, definition, element, task, seen, signature)
            if is_open
            else (),
            beside=whole.shown,
            about={name: one.about for name, one in whole.offered.items()},
            seen=whole.seen,
        )

    def objection(
        self, connection: sa.Connection, task: UserTask, signature: Signature
    ) -> Objection | None:
        """Return why the person may not sign the task, None if it may or nothing is signed."""
        if not task.duties:
            return None
        return objection(connection, self._rules, signature, matter_of(task, signature.at))

    def _seen(self, connection: sa.Connection, actor: Actor, task: UserTask) -> Mapping[str, Any]:
        try:
            return self._steps.look(connection, actor, task.case_id).seen_by(task.activation)
        except GoneError:
            return {}

    def _upcoming(
        self,
        connection: sa.Connection,
        definition: Definition,
        element: Element,
        task: UserTask,
        seen: Mapping[str, Any],
        signature: Signature,
    ) -> tuple[Ahead, ...]:
        process = next(
            key for key, one in definition.processes.items() if element.id in one.elements
        )
        course = self._course(definition, process)
        steps = steps_ahead(definition, course, element.id, seen, signature.at)
        return tuple(self._ahead(connection, task, step, signature) for step in steps)

    def _course(self, definition: Definition, process: str) -> Course:
        key = (id(definition), process)  # bundles keep their definitions for ever
        if key not in self._courses:
            self._courses[key] = Course(definition.processes[process])
        return self._courses[key]

    def _ahead(
        self, connection: sa.Connection, task: UserTask, step: Step, signature: Signature
    ) -> Ahead:
        duties = () if step.is_effect else assignment.duties(step.element)
        matter = matter_of(task, signature.at)
        return Ahead(
            element=step.element.id,
            name=step.element.name or step.element.id,
            duties=duties,
            is_certain=step.is_certain,
            is_effect=step.is_effect,
            candidates=allowed(connection, self._rules, signature, matter, duties),
        )


def _texts(
    form: Form | None, seen: Mapping[str, Any], signs: tuple[str, str] | None
) -> dict[str, str]:
    """Return what the form's fields show: variables of the case, else the form's defaults."""
    if form is None:
        return {}
    texts = {key: text_of(seen.get(key)) or one.default for key, one in form.inputs().items()}
    return {key: text for key, text in texts.items() if text and (not signs or key != signs[0])}


def _shown(form: Form | None, seen: Mapping[str, Any]) -> dict[str, Any]:
    fields = {} if form is None else form.inputs()
    return {key: seen.get(key) for key, one in fields.items() if one.read_only}


def _history(connection: sa.Connection, task: UserTask) -> tuple[PastAct, ...]:
    """Return the tasks of the case that were done before, in order."""
    names: dict[str, str] = {
        row.id: row.name
        for row in connection.execute(
            sa.select(user_task.c.id, user_task.c.name).where(user_task.c.case_id == task.case_id)
        )
    }
    rows = connection.execute(
        sa.select(audit_event.c.at, audit_event.c.actor, audit_event.c.data)
        .where(
            audit_event.c.tenant == task.tenant,
            audit_event.c.stream == task.case_id,
            audit_event.c.kind == "task.completed",
        )
        .order_by(audit_event.c.seq)
    )
    acts = [_past_act(row, orjson.loads(row.data), names) for row in rows]
    end = task.ended_at
    return tuple(one for one in acts if one.task_id != task.id and (not end or one.at <= end))


def _past_act(row: Any, data: Mapping[str, Any], names: Mapping[str, str]) -> PastAct:
    return PastAct(
        task_id=data["task"],
        name=names.get(data["task"], data["element"]),
        person=row.actor,
        duties=tuple(data["duties"]),
        at=row.at,
        deputy_for=data.get("deputy_for"),
    )
