"""Forms: what is read of the form-js format, and how answers are checked."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from laufzettel.engine.model.forms import Field, FieldKind, Form, Limits, Option, parse_form
from laufzettel.engine.model.submission import parse_submission


def form_of(*components: dict[str, Any]) -> Form:
    """Return the form of these components, which must be fine."""
    data = json.dumps({"type": "default", "id": "f", "components": components}).encode()
    form, problems = parse_form("f.form", data)
    assert problems == []
    assert form is not None
    return form


def answer(component: dict[str, Any], value: str | list[str]) -> Any:
    """Return the typed value of the field ``v``, or the text of its error."""
    typed, errors = parse_submission(form_of({"key": "v", **component}), {"v": value})
    return errors[0].text_de if errors else typed["v"]


def test_a_field_keeps_all_that_the_designer_set() -> None:
    """Label, help, limits, condition and our properties are there for the page."""
    form = form_of(
        {
            "type": "number",
            "id": "Field_1",
            "key": "amount",
            "label": "Betrag",
            "description": "in Euro",
            "decimalDigits": 2,
            "validate": {"required": True, "min": 0, "max": "99.50"},
            "conditional": {"hide": '=kind = "pauschal"'},
            "properties": {"laufzettel:hint": "brutto"},
            "defaultValue": 5,
        }
    )

    assert form.fields == (
        Field(
            id="Field_1",
            kind=FieldKind.NUMBER,
            key="amount",
            label="Betrag",
            description="in Euro",
            decimal_digits=2,
            limits=Limits(required=True, min=Decimal(0), max=Decimal("99.50")),
            hide='kind = "pauschal"',
            properties={"laufzettel:hint": "brutto"},
            default="5",
        ),
    )


def test_fields_inside_groups_belong_to_the_form() -> None:
    """A group is a frame, not a variable."""
    form = form_of(
        {"type": "text", "text": "# Hinweis"},
        {"type": "group", "label": "Rahmen", "components": [{"type": "textfield", "key": "a"}]},
        {
            "type": "select",
            "key": "b",
            "values": [{"label": "Ja", "value": "yes"}, {"label": "Nein", "value": "no"}],
        },
    )

    assert list(form.inputs()) == ["a", "b"]
    assert form.inputs()["b"].options == (
        Option(value="yes", label="Ja"),
        Option(value="no", label="Nein"),
    )


@pytest.mark.parametrize(
    ("component", "problem"),
    [
        ({"type": "filepicker", "id": "x"}, "Art „filepicker“"),
        ({"type": "textfield", "key": "prüfung"}, "ASCII"),
        ({"type": "textfield"}, "Schlüssel"),
        ({"type": "select", "key": "a"}, "keine Auswahl"),
        (
            {
                "type": "select",
                "key": "a",
                "values": [{"label": "a", "value": "a"}],
                "valuesExpression": "=x",
            },
            "berechnete Auswahlliste",
        ),
        ({"type": "datetime", "key": "a", "subtype": "datetime"}, "Uhrzeit"),
        ({"type": "textfield", "key": "a", "validate": {"pattern": "(a+)+"}}, "Muster"),
        ({"type": "textfield", "key": "a", "validate": {"pattern": "["}}, "Muster"),
        ("text", "kein Objekt"),
    ],
)
def test_what_cannot_be_drawn_is_named(component: Any, problem: str) -> None:
    """A form never shows less than its designer drew."""
    data = json.dumps({"id": "f", "components": [component]}).encode()

    assert problem in parse_form("f.form", data)[1][0].text_de


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "kein gültiges JSON"),
        (b"{", "kein gültiges JSON"),
        (b"[]", "kein Formular"),
        (b'{"components": []}', "keine Id"),
        (b'{"id": "f", "components": ' + b"[" * 5000, "kein gültiges JSON"),
        (
            b'{"id":"f","components":[{"type":"number","key":"a"},{"type":"number","key":"a"}]}',
            "mehrmals",
        ),
    ],
)
def test_a_broken_form_file_gives_a_problem(data: bytes, problem: str) -> None:
    """Nothing is raised."""
    assert problem in parse_form("f.form", data)[1][0].text_de


@pytest.mark.parametrize(
    ("component", "value", "typed"),
    [
        ({"type": "textfield"}, " Müller & Söhne ", "Müller & Söhne"),
        ({"type": "textfield"}, "", None),
        ({"type": "textarea"}, "eins\r\nzwei", "eins\nzwei"),
        ({"type": "number"}, "18432.60", Decimal("18432.60")),
        ({"type": "number"}, "18.432,60", Decimal("18432.60")),
        ({"type": "number"}, "-5", Decimal(-5)),
        ({"type": "number"}, "0.125", Decimal("0.125")),
        ({"type": "checkbox"}, "on", True),
        ({"type": "checkbox"}, "", False),
        ({"type": "datetime", "subtype": "date"}, "2026-12-31", date(2026, 12, 31)),
        ({"type": "datetime", "subtype": "date"}, "31.12.2026", date(2026, 12, 31)),
        ({"type": "radio", "values": [{"label": "Ja", "value": "yes"}]}, "yes", "yes"),
        ({"type": "radio", "values": [{"label": "Ja", "value": "yes"}]}, ["yes"], "yes"),
        ({"type": "textfield", "validate": {"pattern": "^[0-9]{5}$"}}, "44787", "44787"),
    ],
)
def test_an_answer_becomes_a_typed_value(component: dict[str, Any], value: Any, typed: Any) -> None:
    """Numbers are Decimal, days are dates, an empty field is None."""
    assert answer(component, value) == typed


@pytest.mark.parametrize(
    ("component", "value", "error"),
    [
        ({"type": "number", "label": "Betrag"}, "1.234", "Betrag: Bitte schreiben Sie 1234 oder 1,234."),
        ({"type": "number"}, "1e5", "v: Bitte geben Sie eine Zahl ein, zum Beispiel 1.234,50."),
        ({"type": "number"}, "١٢", "v: Bitte geben Sie eine Zahl ein, zum Beispiel 1.234,50."),
        ({"type": "number"}, "NaN", "v: Bitte geben Sie eine Zahl ein, zum Beispiel 1.234,50."),
        ({"type": "number", "decimalDigits": 2}, "1,005", "v: Höchstens 2 Nachkommastellen sind möglich."),
        ({"type": "number", "validate": {"min": 1}}, "0", "v: Der kleinste mögliche Wert ist 1."),
        ({"type": "number", "validate": {"max": 9}}, "10", "v: Der größte mögliche Wert ist 9."),
        ({"type": "textfield", "validate": {"required": True}}, " ", "v: Bitte füllen Sie dieses Feld aus."),
        ({"type": "checkbox", "validate": {"required": True}}, "", "v: Bitte setzen Sie das Häkchen."),
        ({"type": "checkbox"}, "vielleicht", "v: Bitte setzen Sie das Häkchen oder lassen Sie es weg."),
        ({"type": "datetime", "subtype": "date"}, "31.02.2026", "v: Diesen Tag gibt es nicht."),
        ({"type": "datetime", "subtype": "date"}, "morgen", "v: Bitte geben Sie ein Datum ein, zum Beispiel 31.12.2026."),
        ({"type": "radio", "values": [{"label": "Ja", "value": "yes"}]}, "no", "v: Bitte wählen Sie einen der angebotenen Werte."),
        ({"type": "textfield"}, ["a", "b"], "v: Der Wert wurde mehrfach gesendet. Bitte laden Sie die Seite neu."),
        ({"type": "textfield"}, "a\x00b", "v: Der Text enthält Zeichen, die hier nicht möglich sind."),
        ({"type": "textfield"}, "a\nb", "v: Der Text enthält Zeichen, die hier nicht möglich sind."),
        ({"type": "textfield"}, "a" * 1001, "v: Der Text ist zu lang; möglich sind 1000 Zeichen."),
        ({"type": "textfield", "validate": {"minLength": 3}}, "ab", "v: Der Text ist zu kurz; nötig sind 3 Zeichen."),
        ({"type": "textfield", "validate": {"pattern": "^[0-9]{5}$"}}, "4478", "v: Der Text hat nicht die verlangte Form."),
        ({"type": "textfield", "readonly": True}, "x", "v: Hier ist keine Eingabe vorgesehen. Bitte lassen Sie das Feld leer."),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_named_in_german(
    component: dict[str, Any], value: Any, error: str
) -> None:
    """The text says what to do."""
    assert answer(component, value) == error


def test_all_errors_come_at_once_and_nothing_is_dropped() -> None:
    """A field that is not in the form is an error, as is one that is hidden and has a value."""
    form = form_of({"type": "number", "key": "a"}, {"type": "number", "key": "b"})
    typed, errors = parse_submission(form, {"a": "x", "b": "1", "c": "1"}, hidden={"b"})

    assert typed == {}
    assert [each.key for each in errors] == ["c", "a", "b"]


def test_a_hidden_field_needs_no_value() -> None:
    """Required holds only for what is shown."""
    form = form_of({"type": "number", "key": "a", "validate": {"required": True}})

    assert parse_submission(form, {}, hidden={"a"}) == ({}, [])
