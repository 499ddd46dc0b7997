"""Aufgaben: only a person's token works on them; what it does is that person's act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from laufzettel.engine.api import Field, FieldKind, TaskSheet, TaskStatus, UserTask
from laufzettel.identity import Right
from laufzettel.records.api_tokens import Scope
from laufzettel.web.api import paging
from laufzettel.web.api.common import VARIABLE, Done
from laufzettel.web.api.operations import Call, answered, operation
from laufzettel.web.api.shapes import FieldFault, Note, Number, ShapeError, Text, fill
from laufzettel.web.parts import parts

_ID = r"[0-9a-z]{26}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOut:
    """Eine Aufgabe."""

    id: str
    case_id: str
    element: str
    name: str
    status: TaskStatus
    duties: Annotated[tuple[str, ...], Note("Was mit ihr gezeichnet wird.")]
    assignee: Annotated[str | None, Note("Wer sie übernommen hat.")]
    groups: tuple[str, ...]
    users: tuple[str, ...]
    priority: int
    due: datetime | None
    follow_up: datetime | None
    act_by: Annotated[datetime | None, Note("Bis dahin kann noch gehandelt werden.")]
    subject: str
    party: str
    amount: Decimal | None
    currency: str | None
    unit: str | None
    confidential: bool
    remarks: tuple[str, ...]
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """Eine Seite der Liste; sie kann weniger Zeilen haben als verlangt."""

    items: tuple[TaskOut, ...]
    next: Annotated[str | None, Note(paging.NEXT_DE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Welche Aufgaben."""

    case_id: Annotated[str | None, Text("Nur dieses Vorgangs.", most=26, pattern=_ID)] = None
    after: paging.Cursor = None
    limit: paging.Limit = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceOut:
    """Ein Wert einer Auswahl."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOut:
    """Ein Feld des Formulars."""

    key: str
    kind: FieldKind
    label: str
    required: bool
    read_only: bool
    options: tuple[ChoiceOut, ...]
    value: Annotated[str, Note("Was das Feld zeigt, als Text; leer, wenn nichts.")]
    draft: Annotated[str | None, Note("Was die Person zuletzt eingetragen hat.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOut:
    """Eine Aufgabe mit ihrem Formular."""

    task: TaskOut
    fields: tuple[FieldOut, ...]
    is_offered: Annotated[bool, Note("Dieser Zugang kann sie erledigen.")]
    objection: Annotated[str | None, Note("Warum diese Person nicht zeichnen darf.")]
    case_version: Annotated[int, Note("Für „seen“ beim Erledigen.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteBody:
    """Die Antworten, mit denen eine Aufgabe erledigt wird."""

    values: Annotated[
        Mapping[str, Annotated[str, Text("Wert des Felds als Text.", least=0, most=20_000)]],
        Text("Feld → Wert.", most=300, pattern=VARIABLE),
    ] = field(default_factory=dict)
    seen: Annotated[
        int | None,
        Number("Stand des Vorgangs, für den entschieden wurde (case_version)."),
    ] = None
    displayed: Annotated[
        str | None,
        Text("SHA-256 dessen, was der Person gezeigt wurde.", most=64, pattern="[0-9a-f]{64}"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBody:
    """Ein halb ausgefülltes Formular."""

    values: Annotated[
        Mapping[str, Annotated[str, Text("Wert des Felds als Text.", least=0, most=20_000)]],
        Text("Feld → Wert.", most=300, pattern=VARIABLE),
    ]


@operation("GET", "/tasks", scope=Scope.TASKS_READ, answer=TaskPage, query=TaskQuery)
def list_tasks(call: Call) -> TaskPage:
    """Listet die offenen Aufgaben der Person, die dringendste zuerst.

    Wer alles liest, sieht alle, und zwar wie die eines Vorgangs die älteste zuerst.
    """
    query = call.query
    by_urgency = query.case_id is None and Right.READ not in call.actor.rights
    page = parts().engine.list_tasks(
        call.actor,
        case_id=query.case_id,
        after=paging.decode(query.after, timed=by_urgency),
        size=query.limit,
    )
    return TaskPage(**paging.shown(page, [_task_of(task) for task in page.items]))


@operation("GET", "/tasks/<task_id>", scope=Scope.TASKS_READ, answer=SheetOut)
def get_task(call: Call, task_id: str) -> SheetOut:
    """Zeigt eine Aufgabe mit Formular, Entwurf und einem Hindernis beim Zeichnen."""
    sheet = parts().engine.task(call.actor, task_id)
    return SheetOut(
        task=_task_of(sheet.task),
        fields=tuple(_fields_of(sheet)),
        is_offered=sheet.is_offered,
        objection=sheet.objection.text_de if sheet.objection else None,
        case_version=sheet.case_version,
    )


@operation("POST", "/tasks/<task_id>/claim", scope=Scope.TASKS_WORK, answer=Done)
def claim_task(call: Call, task_id: str) -> None:
    """Übernimmt eine Aufgabe für diese Person allein."""
    _act(call, "claim_task", parts().engine.claim, task_id)


@operation("POST", "/tasks/<task_id>/return", scope=Scope.TASKS_WORK, answer=Done)
def return_task(call: Call, task_id: str) -> None:
    """Legt eine übernommene Aufgabe zurück in ihren Korb."""
    _act(call, "return_task", parts().engine.unclaim, task_id)


@operation(
    "POST", "/tasks/<task_id>/complete", scope=Scope.TASKS_WORK, answer=Done, body=CompleteBody
)
def complete_task(call: Call, task_id: str) -> None:
    """Erledigt eine Aufgabe und zeichnet damit ihre Pflichten.

    Beträge und Tage stehen in „values“ so, wie ein Mensch sie ins Formular schriebe, zum Beispiel
    „1234,50“ und „2026-11-23“. Mit „seen“ wird nur erledigt, wenn der Vorgang noch so steht; wo
    gezeichnet wird, gehört es dazu: niemand zeichnet, was er nicht gelesen hat.
    """
    body = call.body
    if body.seen is None and parts().engine.look_at_task(call.actor, task_id).duties:
        raise ShapeError([FieldFault("/seen", "Wo gezeichnet wird, gehört „case_version“ dazu.")])
    _act(
        call,
        "complete_task",
        lambda actor, one, within: parts().engine.complete(
            actor, one, body.values, seen=body.seen, displayed=body.displayed, within=within
        ),
        task_id,
    )


@operation(
    "PUT",
    "/tasks/<task_id>/draft",
    scope=Scope.TASKS_WORK,
    answer=None,
    status=204,
    body=DraftBody,
    conflicts=True,
)
def save_draft(call: Call, task_id: str) -> None:
    """Behält ein halb ausgefülltes Formular für diese Person."""
    parts().engine.look_at_task(call.actor, task_id)
    parts().engine.save_draft(call.actor, task_id, call.body.values)


def _act(call: Call, name: str, verb: Any, task_id: str) -> None:
    parts().engine.look_at_task(call.actor, task_id)
    answer = answered(name, Done(id=task_id), location=f"/api/v1/tasks/{task_id}")
    verb(call.actor, task_id, within=call.once.within(answer))


def _task_of(task: UserTask) -> TaskOut:
    return fill(TaskOut, task)


def _fields_of(sheet: TaskSheet) -> list[FieldOut]:
    if sheet.form is None:
        return []
    return [_field_of(one, sheet) for one in sheet.form.inputs().values()]


def _field_of(one: Field, sheet: TaskSheet) -> FieldOut:
    return fill(
        FieldOut,
        one,
        required=one.limits.required,
        options=tuple(fill(ChoiceOut, option) for option in one.options),
        value=sheet.values.get(one.key, ""),
        draft=sheet.draft.get(one.key),
    )
