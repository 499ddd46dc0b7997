"""The whole form of a task: the fields of its file, and those that handlers add.

These come last, but for a remark („Vermerk“) that may be left empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.execution.step import Within
from laufzettel.engine.handler import Asked, FormFields, Given, Noted, Offered
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.forms import Field, FieldKind, Form
from laufzettel.engine.tables import case
from laufzettel.engine.tasks.answers import (
    FormError,
    element_of,
    form_of,
    signing_answer,
    typed_answers,
)
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.errors import ConflictError

# Built once: building a statement costs more than running it.
_KEY = sa.select(case.c.business_key).where(
    case.c.tenant == sa.bindparam("of_tenant"), case.c.id == sa.bindparam("of_id")
)


class ProposalChangedError(ConflictError):
    """Die Angaben neben dem Formular haben sich geändert, seit Sie es geöffnet haben. Bitte sehen \
Sie sie noch einmal an und zeichnen Sie dann."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeForm:
    """A form with what handlers add to it; ``form`` is None where there is nothing to fill in."""

    form: Form | None
    offered: Mapping[str, Offered]

    @property
    def shown(self) -> tuple[str, ...]:
        """What is shown beside the fields that were added."""
        return tuple(text for one in self.offered.values() for text in one.shown)

    @property
    def seen(self) -> str:
        """The digest of what is shown, by which answers say to what they answer."""
        return hashlib.sha256(orjson.dumps(self.shown)).hexdigest()

    def typed(
        self, values: Mapping[str, Any], shown: Mapping[str, Any], *, seen: str | None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Return the typed answers of the file's fields, and those of each handler that asked.

        Raises FormError with everything that is wrong; also where fields that were added are
        answered by somebody who was not shown what they are about. ProposalChangedError where
        something else was shown.
        """
        typed = typed_answers(self.form, values, shown)
        apart: dict[str, dict[str, Any]] = {}
        for name, one in self.offered.items():
            mine = {field.key: typed.pop(field.key) for field in one.fields if field.key in typed}
            if mine:
                apart[name] = mine
        if seen is None:
            self._refuse_unseen(apart)
        elif seen != self.seen:
            raise ProposalChangedError
        faults = {
            key: text
            for name, mine in apart.items()
            for key, text in self.offered[name].faults(mine).items()
        }
        if faults:
            raise FormError(list(faults.values()), faults)
        return typed, apart

    def _refuse_unseen(self, apart: Mapping[str, Mapping[str, Any]]) -> None:
        labels = {one.key: one.label for each in self.offered.values() for one in each.fields}
        faults = {
            key: f"{labels[key]}: Das entscheidet man auf der Seite der Aufgabe, neben dem Vorschlag."
            for mine in apart.values()
            for key, value in mine.items()
            if value not in (None, False)
        }
        if faults:
            raise FormError(list(faults.values()), faults)

    def keep(
        self,
        apart: Mapping[str, Mapping[str, Any]],
        records: Pending,
        task: UserTask,
        person: str,
        at: datetime,
    ) -> list[Noted]:
        """Have ``records`` take what follows from the answers, and return what the audit says."""
        return [
            noted
            for name, answers in apart.items()
            for noted in self.offered[name].keep(
                Given(records=records, tenant=task.tenant, person=person, at=at, answers=answers)
            )
        ]


class WholeForms:
    """Makes the forms of tasks."""

    def __init__(self, handlers: Mapping[str, FormFields]) -> None:
        self._handlers = handlers

    def of(
        self,
        connection: sa.Connection,
        definition: Definition,
        task: UserTask,
        now: datetime,
        answered: frozenset[str] | None = None,
    ) -> WholeForm:
        """Return the form of the task; what was added to it is as of now.

        With ``answered`` it is that of a program, which saw nothing: handlers may then leave
        out what must not be answered and need not be.
        """
        form = form_of(definition, task)
        if not task.duties or not self._handlers:  # whoever signs nothing decides nothing
            return WholeForm(form=form, offered={})
        which = {"of_tenant": task.tenant, "of_id": task.case_id}
        asked = Asked(
            connection=connection,
            tenant=task.tenant,
            case_id=task.case_id,
            business_key=connection.execute(_KEY, which).scalar_one(),
            duties=task.duties,
            signs=signing_answer(element_of(definition, task)),
            now=now,
            answered=answered,
        )
        found = {name: one.offer(asked) for name, one in self._handlers.items()}
        offered = {name: one for name, one in found.items() if one is not None}
        return WholeForm(form=_extended(form, task, list(offered.values())), offered=offered)


def _extended(form: Form | None, task: UserTask, offered: Sequence[Offered]) -> Form | None:
    added = tuple(field for one in offered for field in one.fields)
    if not added:
        return form
    if form is None:
        return Form(id=task.element, file="", fields=added, json={})
    if known := {one.key for one in added} & form.inputs().keys():
        raise ValueError(f"the form {form.id} has fields that handlers add: {sorted(known)}")
    place = len(form.fields) - has_remark(form.fields)
    return replace(form, fields=(*form.fields[:place], *added, *form.fields[place:]))


def has_remark(fields: Sequence[Field]) -> bool:
    """Say whether the last field is one for whatever else there is to say.

    What must be answered stands before what may be left out: in a low window the end of a form
    lies below the button.
    """
    last = fields[-1] if fields else None
    return (
        last is not None
        and last.kind is FieldKind.TEXTAREA
        and not (last.limits.required or last.read_only or last.hide)
    )


def event_of(noted: Noted, person: str) -> Event:
    """Return what was noted as an event of the audit."""
    return Event(kind=noted.kind, actor=person, data=noted.data, texts=noted.texts)


def telling(noted: Sequence[Noted], tenant: str, person: str, at: datetime) -> Within:
    """Return what appends the events that do not stand in the stream of the case."""

    def tell(connection: sa.Connection) -> None:
        for one in noted:
            if one.stream:
                events = [event_of(one, person)]
                append(connection, tenant=tenant, stream=one.stream, at=at, events=events)

    return tell
