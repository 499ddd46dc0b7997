"""The cells of decision tables: which input passes which tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from laufzettel.engine.feel import evaluate_unary_tests, parse_unary_tests

CASES: list[tuple[str, Any, bool | None]] = [
    ("-", 5, True),
    ("-", None, True),
    ("5", 5, True),
    ("5, 7", 7, True),
    ("5, 7", 8, False),
    ("< 5", 4, True),
    (">= 5", 4, False),
    ("= 5", 5, True),
    ("!= 5", 5, False),
    ("-5", -5, True),
    ("[1..5]", 5, True),
    ("[1..5)", 5, False),
    ("]1..5[", 1, False),
    ("(1..5)", 2, True),
    ("(> 3)", 4, True),
    ("not(5)", 5, False),
    ("not(5, < 3)", 4, True),
    ("not([1..5])", 9, True),
    ('"A","B"', "B", True),
    ('not("A", "B")', "C", True),
    ("true", True, True),
    ("true", False, False),
    ("false", False, True),
    ("true", None, False),
    ("null", None, True),
    ("null", 5, False),
    ("not(null)", 5, True),
    ("not(null)", None, False),
    ("? > limit", 11, True),
    ("? > 5 and ? < 9", 7, True),
    ('contains(?, "x")', "axb", True),
    ('not(contains(?, "x"))', "axb", False),
    ("limit", 10, True),
    ("limit + 1", 11, True),
    ("> limit * 2", 21, True),
    ("groups", "b", True),
    ("groups", "z", False),
    ("[1, 2]", 2, True),
    ("[1, 2]", [1, 2], True),
    ("limit > 5", 3, True),
    ("limit > 50", 3, False),
    ('"5"', 5, False),
    ('< "a"', 5, None),
    ('> date("2026-01-01")', date(2026, 11, 23), True),
    ('[@"2026-01-01"..@"2026-12-31"]', date(2027, 1, 1), False),
    ("? in groups", "a", True),
    ("count(?) > 1", [1, 2], True),
    ("?.betrag > 5", {"betrag": 6}, True),
    ("{a: ?}.a = 1", 1, True),
]


@pytest.mark.parametrize(("text", "given", "expected"), CASES)
def test_an_input_passes_or_not(text: str, given: Any, expected: bool | None) -> None:
    """Equality, ranges, lists, conditions with ``?`` and their negation."""
    variables = {"limit": Decimal(10), "groups": ["a", "b"]}

    assert evaluate_unary_tests(text, given, variables).value is expected


def test_a_parsed_cell_is_evaluated_many_times() -> None:
    """A table parses its cells once, with the names of its inputs."""
    cell = parse_unary_tests("< Monthly Salary / 2", ["Monthly Salary"])

    answers = [
        evaluate_unary_tests(cell, given, {"Monthly Salary": 100}).value for given in (49, 50)
    ]

    assert answers == [True, False]


def test_a_condition_that_answers_no_boolean_is_an_error() -> None:
    """A test with ``?`` has to be a condition."""
    outcome = evaluate_unary_tests("? + 1", 5, {})

    assert (outcome.value, outcome.errors[0].code) == (None, "wrong_type")
