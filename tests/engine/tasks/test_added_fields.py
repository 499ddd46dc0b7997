"""Fields that handlers add to forms: drawn, checked and kept as those of the form's file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour, record

from laufzettel.engine.api import FormError
from laufzettel.engine.handler import (
    Asked,
    Field,
    FieldKind,
    Given,
    Limits,
    Noted,
    Offered,
    Option,
)
from laufzettel.engine.tables import audit_event
from laufzettel.errors import ConflictError

SIGNED = "user a\nasks note\nmark duty = sachlich\nstart>a a>end"
PLAIN = "user a\nasks note\nstart>a a>end"
CHOICE = Field(
    id="lab_way",
    kind=FieldKind.SELECT,
    key="lab_way",
    label="Weg",
    options=(Option(value="links", label="Links"), Option(value="rechts", label="Rechts")),
    limits=Limits(required=True),
)
REASON = Field(
    id="lab_why",
    kind=FieldKind.TEXT,
    key="lab_why",
    label="Grund",
    hide='lab_way != "rechts"',
    limits=Limits(required=True),
)


def offer(fields: Sequence[Field] = (CHOICE, REASON), shown: str = "heute") -> None:
    """Have the lab's handler ask which way."""

    def keep(given: Given) -> Sequence[Noted]:
        given.records.insert(record, id="way", status=given.answers["lab_way"])
        return (
            Noted(kind="way.chosen", data={"way": given.answers["lab_way"]}),
            Noted(kind="way.noted", data={}, stream="ways"),
        )

    def faults(answers: Any) -> dict[str, str]:
        return {"lab_why": "Bitte freundlicher."} if answers.get("lab_why") == "nö" else {}

    behaviour["offer"] = lambda asked: Offered(
        fields=tuple(fields), shown=(shown, asked.business_key), faults=faults, keep=keep, about=42
    )


def complete(desk: Desk, **values: str) -> None:
    person = desk.person("yilmaz")
    sheet = desk.engine.task(person, desk.task("a").id)
    desk.engine.complete(person, sheet.task.id, values, fields_seen=sheet.seen)


def test_they_stand_after_those_of_the_file_and_what_is_beside_them_is_told(desk: Desk) -> None:
    offer()
    desk.start(SIGNED)

    sheet = desk.engine.task(desk.person("yilmaz"), desk.task("a").id)

    assert sheet.form is not None
    assert list(sheet.form.inputs()) == ["note", "lab_way", "lab_why"]
    assert (sheet.beside, sheet.about) == (("heute", "object:1"), {"lab.fields": 42})


def test_their_answers_are_kept_with_the_step_and_are_no_variables(desk: Desk) -> None:
    offer()
    case = desk.start(SIGNED)

    complete(desk, note="x", lab_way="links")

    assert [row.status for row in desk.rows(record)] == ["links"]
    kinds = {(row.stream == case, row.kind) for row in desk.rows(audit_event)}
    assert {(True, "way.chosen"), (False, "way.noted")} <= kinds
    assert "lab_way" not in desk.engine.variables(desk.all, case)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, {"lab_way"}),
        ({"lab_way": "oben"}, {"lab_way"}),
        ({"lab_way": "rechts"}, {"lab_why"}),
        ({"lab_way": "links", "lab_why": "x"}, {"lab_why"}),
        ({"lab_way": "rechts", "lab_why": "nö"}, {"lab_why"}),
    ],
)
def test_what_is_wrong_with_them_is_told_by_field_and_nothing_is_kept(
    desk: Desk, values: dict[str, str], fields: set[str]
) -> None:
    offer()
    desk.start(SIGNED)

    with pytest.raises(FormError) as refused:
        complete(desk, **values)

    assert set(refused.value.fields) == fields
    assert desk.rows(record) == []


def test_whoever_was_not_shown_what_they_are_about_cannot_answer(desk: Desk) -> None:
    offer()
    desk.start(SIGNED)
    person, task_id = desk.person("yilmaz"), desk.task("a").id
    seen = desk.engine.task(person, task_id).seen

    with pytest.raises(FormError, match="Das entscheidet man auf der Seite der Aufgabe"):
        desk.engine.complete(person, task_id, {"lab_way": "links"})
    offer(shown="morgen")
    with pytest.raises(ConflictError, match="haben sich geändert"):
        desk.engine.complete(person, task_id, {"lab_way": "links"}, fields_seen=seen)

    assert desk.rows(record) == []


def test_who_signs_nothing_is_asked_nothing(desk: Desk) -> None:
    offer()
    desk.start(PLAIN)

    complete(desk, note="x")

    assert desk.rows(record) == []


def test_what_is_hidden_is_not_kept(desk: Desk) -> None:
    hidden = Field(
        id="lab_way", kind=FieldKind.TEXT, key="lab_way", label="Weg", hide='note != "ja"'
    )
    offer([hidden])
    desk.start(SIGNED)

    complete(desk, note="nein")

    assert desk.rows(record) == []


def test_a_field_that_the_form_already_has_is_an_error_of_the_handler(desk: Desk) -> None:
    offer([Field(id="note", kind=FieldKind.TEXT, key="note", label="Vermerk")])
    desk.start(SIGNED)

    with pytest.raises(ValueError, match="note"):
        desk.engine.task(desk.person("yilmaz"), desk.task("a").id)


def test_the_condition_of_who_does_not_sign_is_given_to_the_handler(desk: Desk) -> None:
    found: list[Asked] = []
    behaviour["offer"] = lambda asked: found.append(asked)
    desk.start(
        "user a\nasks decision radio yes,no\nmark duty = sachlich\nmark signs = decision=yes\nstart>a a>end"
    )

    desk.engine.task(desk.person("yilmaz"), desk.task("a").id)

    assert found[0].hide == 'decision != "yes"'
