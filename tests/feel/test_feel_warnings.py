"""Which nulls are errors: in a process each of those stops the case instead of steering it."""

from __future__ import annotations

import pytest

from laufzettel.engine.feel import Position, evaluate, evaluate_unary_tests

VARIABLES = {
    "n": 5,
    "nothing": None,
    "text": "abc",
    "flag": True,
    "items": [{"a": 1}, {"b": 2}],
    "person": {"name": "Eva", "phone": None},
    "empty": [],
}

ERRORS = [
    ("missing", "unknown_name"),
    ("missing > 5", "unknown_name"),
    ("missing = null", "unknown_name"),
    ("missing > 5 or flag", "unknown_name"),
    ("missing(1)", "unknown_name"),
    ("n > text", "wrong_type"),
    ("n = text", "wrong_type"),
    ("n + text", "wrong_type"),
    ("-text", "wrong_type"),
    ("n and flag", "wrong_type"),
    ("if text then 1 else 2", "wrong_type"),
    ("n(1)", "unknown_function"),
    ("nothing > 5", "null_operand"),
    ("nothing + 5", "null_operand"),
    ("nothing between 1 and 2", "null_operand"),
    ("nothing in [1..5]", "null_operand"),
    ("5 in [nothing..5]", "null_operand"),
    ("upper case(nothing)", "null_operand"),
    ("for i in nothing return i", "null_operand"),
    ("nothing[1]", "null_operand"),
    ("person.age", "missing_entry"),
    ("person.phone.code", "missing_entry"),
    ("text.length", "missing_entry"),
    ("items.a", "missing_entry"),
    ("items[a = 1]", "unknown_name"),
    ('number("x")', "failed_conversion"),
    ('date("x")', "failed_conversion"),
    ('@"x"', "failed_conversion"),
    ("n / 0", "arithmetic"),
    ("10 ** 7000", "arithmetic"),
    ('matches(text, "(a+")', "refused_pattern"),
    ("n instance of tNumber", "unsupported"),
    ("{a: 1, a: 2}", "duplicate_key"),
    ("get or else(n / 0, 1)", "arithmetic"),
    ("get or else(n + text, 1)", "wrong_type"),
]


@pytest.mark.parametrize(("text", "code"), ERRORS)
def test_a_null_born_of_an_error_is_an_error(text: str, code: str) -> None:
    """Unknown names, wrong types and failed conversions are never silent."""
    errors = evaluate(text, VARIABLES).errors

    assert errors[0].code == code
    assert errors[0].text_de.endswith(".")


HARMLESS = [
    ("nothing", []),
    ("nothing = null", []),
    ("nothing != null and n > 5", []),
    ("nothing = 5", []),
    ("person.phone = null", []),
    ("person.phone", []),
    ("nothing and flag", []),
    ("nothing or nothing", []),
    ("nothing = null or nothing > 5", []),
    ("nothing > 5 or nothing = null", ["null_operand"]),
    ("nothing > 5 and n > 9", ["null_operand"]),
    ("is defined(missing)", []),
    ("is defined(person.age)", []),
    ("is defined(nothing)", []),
    ("is defined(missing.deep.path)", []),
    ('get or else(missing, "x")', []),
    ("get or else(person.age, 18)", []),
    ("get or else(nothing, 1)", []),
    ("items[is defined(a)].a", []),
    ("empty[1]", ["out_of_range"]),
    ("empty[price > 5]", []),
    ("sum(empty)", ["empty_list"]),
    ("if nothing then 1 else 2", ["null_condition"]),
    ("items[nothing]", ["null_condition", "null_condition"]),
    ("some x in [nothing, 7] satisfies x > 5", ["null_operand", "null_condition"]),
]


@pytest.mark.parametrize(("text", "codes"), HARMLESS)
def test_a_null_that_was_asked_for_is_harmless(text: str, codes: list[str]) -> None:
    """Null tests, absent optional entries and empty lists do not stop a case."""
    outcome = evaluate(text, VARIABLES)

    assert [warning.code for warning in outcome.warnings] == codes
    assert outcome.errors == ()


def test_is_defined_tells_absent_from_null() -> None:
    """A variable that is null is there; one that is missing is not."""
    found = [
        evaluate(f"is defined({what})", VARIABLES).value
        for what in ("n", "nothing", "person.phone", "person.age", "missing")
    ]

    assert found == [True, True, True, False, False]


def test_a_warning_stands_at_its_place() -> None:
    """Line and column lead to the operator that failed."""
    warning = evaluate("n > 1 and\n  text > 5", VARIABLES).errors[0]

    assert warning.position == Position(17, 2, 8)
    assert warning.text_de == "Text und Zahl lassen sich nicht vergleichen."


def test_the_number_of_warnings_is_bounded_but_an_error_is_never_lost() -> None:
    """A thousand harmless warnings do not push an error out."""
    outcome = evaluate(
        "[for i in 1..500 return if nothing then 1 else 2, 1 / 0]", {"nothing": None}
    )

    assert len(outcome.warnings) == 100
    assert [warning.code for warning in outcome.errors] == ["arithmetic"]


def test_null_as_the_input_of_a_cell_is_harmless() -> None:
    """A table may ask for null in one rule and for numbers in the next."""
    outcome = evaluate_unary_tests("> 5", None, {})

    assert (outcome.value, outcome.errors) == (None, ())
