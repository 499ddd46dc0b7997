"""What a second person has to look at in a change of a model, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.execution.draw import compiled

from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.weight import weighty, weighty_alone

BEFORE = """
user a
mark duty = sachlich
asks amount number
xor ok
user b
start>a a>ok ok>b[amount > 100] ok>end* b>end
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "duty = sachlich",
            "duty = keine",
            "Schritt „a“ ändert sich: Pflicht „sachlich“ wird „keine“",
        ),
        (
            "amount > 100",
            "amount > 900",
            "Weg mit Bedingung „ok_to_b“ ändert sich: Bedingung „amount > 100“ wird „amount > 900“",
        ),
        ("user b", "user b rpa", 'Schritt „b“ ändert sich: Zuordnung „"kasse"“ wird „"rpa"“'),
        ("amount number", "amount checkbox", "Pflicht sachlich an „a“ ändert sich: Formular"),
        ("ok>end*", "ok>end* ok>a[amount > 5]", "Weg mit Bedingung „ok_to_a“ kommt hinzu"),
    ],
)
def test_each_part_that_weighs_is_named(old: str, new: str, says: str) -> None:
    assert old in BEFORE

    assert weighty(compiled(BEFORE), compiled(BEFORE.replace(old, new))) == (says,)


def test_the_order_in_which_ways_are_tried_weighs() -> None:
    before = "xor ok\nuser b\nuser c\nstart>ok ok>b[1 > 0] ok>c[2 > 0] ok>end* b>end c>end"
    after = before.replace("ok>b[1 > 0] ok>c[2 > 0]", "ok>c[2 > 0] ok>b[1 > 0]")

    assert weighty(compiled(before), compiled(after)) == (
        (
            "Schritt „ok“ ändert sich: Reihenfolge der Wege "
            "„ok_to_b; ok_to_c; ok_to_end“ wird „ok_to_c; ok_to_b; ok_to_end“"
        ),
    )


def test_a_step_and_a_duty_that_go_are_named_once_with_their_ways() -> None:
    after = "xor ok\nuser b\nknows amount\nstart>ok ok>b[amount > 100] ok>end* b>end"

    assert weighty(compiled(BEFORE), compiled(after)) == (
        "Pflicht sachlich an „a“ entfällt",
        "Weg „a_to_ok“ entfällt",
        "Weg „start_to_a“ entfällt",
        "Weg „start_to_ok“ kommt hinzu",
    )


def _form_changed(definition: Definition, **given: object) -> Definition:
    form = definition.forms["a"]
    components = [{**one, **given} for one in form["components"]]
    return replace(definition, forms={"a": {**form, "components": components}})


def test_words_of_a_form_weigh_nothing_and_its_limits_do() -> None:
    before = compiled(BEFORE)

    assert weighty(before, _form_changed(before, label="Betrag in Euro")) == ()
    assert weighty(before, _form_changed(before, validate={"max": 5000})) == (
        "Pflicht sachlich an „a“ ändert sich: Formular",
    )


def test_names_weigh_nothing_and_marks_of_the_process_do() -> None:
    before = compiled(BEFORE)
    main = before.processes["main"]

    def with_process(**given: object) -> Definition:
        return replace(before, processes={"main": replace(main, **given)})  # type: ignore[arg-type]

    assert weighty(before, with_process(name="Neu", version_tag="2.0")) == ()
    assert weighty(before, with_process(properties={"laufzettel:variables": "x"})) == ()
    assert weighty(before, with_process(properties={"laufzettel:duties": "required"})) == (
        "Eigenschaft „laufzettel:duties an main“ kommt hinzu",
    )


def test_a_new_process_weighs_where_it_signs_or_acts() -> None:
    assert weighty_alone(compiled("user a\nstart>a a>end")) == ()
    assert weighty_alone(compiled(BEFORE)) == (
        "Neuer Prozess: „a“ zeichnet die Pflicht „sachlich“",
    )


def test_in_which_order_a_form_was_written_down_is_no_change() -> None:
    before = compiled(BEFORE)
    form = before.forms["a"]
    turned = [dict(reversed(one.items())) for one in form["components"]]

    assert weighty(before, replace(before, forms={"a": {**form, "components": turned}})) == ()
