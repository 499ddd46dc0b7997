"""The form of a task, its answers, and what signing asks of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from laufzettel.engine import feel
from laufzettel.engine.model.definition import Definition, Element
from laufzettel.engine.model.forms import Form, parse_form
from laufzettel.engine.model.submission import parse_submission
from laufzettel.engine.tasks.duties import SIGNS
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.errors import InputError, NotFoundError


class FormError(InputError):
    """Das Formular ist nicht vollständig oder nicht richtig ausgefüllt.

    ``fields`` has what is wrong by the field's key.
    """

    def __init__(self, errors: Sequence[str], fields: Mapping[str, str] | None = None) -> None:
        self.errors = tuple(errors)
        self.fields = dict(fields or {})
        super().__init__("; ".join(self.errors))


def element_of(definition: Definition, task: UserTask) -> Element:
    """Return the element of the model that offered the task."""
    return next(
        process.elements[task.element]
        for process in definition.processes.values()
        if task.element in process.elements
    )


def form_of(definition: Definition, task: UserTask) -> Form | None:
    """Return the form of the task, None if it has none; raises NotFoundError if unreadable."""
    if not task.form:
        return None
    form = _read(task.form, orjson.dumps(definition.forms[task.form]))
    if form is None:
        raise NotFoundError(f"Das Formular „{task.form}“ ist nicht lesbar.")
    return form


@lru_cache(maxsize=256)
def _read(file: str, data: bytes) -> Form | None:
    """Read each form once: it is asked for whenever a task is shown and whenever it is done."""
    return parse_form(file, data)[0]


def asks_the_case(form: Form) -> bool:
    """Say whether a field that takes an answer is hidden by one that only shows something."""
    inputs = form.inputs()
    shown = [key for key, one in inputs.items() if one.read_only]
    hides = [one.hide for one in inputs.values() if not one.read_only]
    return any(key in hide for key in shown for hide in hides)


def hidden_fields(
    form: Form, answers: Mapping[str, Any], shown: Mapping[str, Any] | None = None
) -> frozenset[str]:
    """Return the keys that the answers hide, or what the case shows in read-only fields.

    A select or box not answered counts as null, as in the browser.
    """
    inputs = form.inputs()
    known = {key: answers.get(key) or None for key in inputs}
    known |= {key: (shown or {}).get(key) for key, one in inputs.items() if one.read_only}
    return frozenset(
        key
        for key, one in inputs.items()
        if one.hide and feel.evaluate(one.hide, known).value is True
    )


def typed_answers(
    form: Form | None, values: Mapping[str, Any], shown: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the typed answers of the form; raises FormError with every error at once."""
    if form is None:
        return {}
    typed, errors = parse_submission(form, values, hidden=hidden_fields(form, values, shown))
    if errors:
        fields = {error.key: error.text_de for error in errors}
        raise FormError([error.text_de for error in errors], fields)
    return dict(typed)


def signing_answer(element: Element) -> tuple[str, str] | None:
    """Return (field, value) of the answer that signs the duties, None if every answer does."""
    field, _, value = element.properties.get(SIGNS, "").partition("=")
    return (field, value) if field else None


def answers_by_signing(element: Element) -> dict[str, str]:
    """Return the answers of a form that is signed and not filled in."""
    answer = signing_answer(element)
    return dict([answer]) if answer else {}


def text_of(value: Any) -> str | None:
    """Return the text with which a field shows the value, None for what no field can show.

    >>> text_of(Decimal("1234.50")), text_of(date(2026, 11, 23)), text_of(True), text_of([])
    ('1234,50', '2026-11-23', 'true', None)
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    return value.isoformat() if isinstance(value, date) else None
