"""What holds for every text and every value, tried on many."""

from __future__ import annotations

import contextlib
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from laufzettel.engine.feel import (
    DaysTimeDuration,
    FeelBudgetError,
    FeelSyntaxError,
    YearsMonthsDuration,
    check,
    evaluate,
    evaluate_unary_tests,
    from_json,
    parse_expression,
    parse_unary_tests,
    to_json,
)
from laufzettel.engine.feel.lexer import KEYWORDS
from laufzettel.engine.feel.values import NUMBERS

PIECES = st.sampled_from(
    [
        *KEYWORDS,
        *'+-*/<>=()[]{},:.?@"\n',
        *("..", "**", "<=", "!=", "1", "2.5", '"a"', "a", "b-c", "not", "date and time("),
        *("sum(", "string(", "of", "external", '@"P1D"', "-", "//", "/*", "[1..3]", "{a: 1}"),
        *("xs", "null", "partial", "item", "instance of", "list<"),
    ]
)
SNIPPETS = st.lists(PIECES, max_size=25).map(" ".join) | st.lists(PIECES, max_size=25).map("".join)
NUMBER = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12)
VARIABLES = {"a": 1, "xs": [{"a": 1}, None, "x"], "b-c": "text"}


@given(st.text(max_size=200) | SNIPPETS, st.lists(st.text(max_size=10), max_size=3))
@settings(max_examples=300)
def test_parsing_raises_nothing_but_a_syntax_error(text: str, names: list[str]) -> None:
    """Whatever somebody types, the answer is a tree or a place and a sentence."""
    for parse in (parse_expression, parse_unary_tests):
        try:
            parse(text, names)
        except FeelSyntaxError as error:
            assert 0 <= error.offset <= len(text)
            assert error.line >= 1
            assert error.column >= 1


@given(SNIPPETS)
@settings(max_examples=400)
def test_evaluating_raises_nothing_but_the_declared_errors(text: str) -> None:
    """What can be read can be run: the worst outcome is null with a warning."""
    with contextlib.suppress(FeelSyntaxError, FeelBudgetError):
        outcome = evaluate(text, VARIABLES)
        assert outcome.value is not NotImplemented
    with contextlib.suppress(FeelSyntaxError, FeelBudgetError):
        evaluate_unary_tests(text, 5, VARIABLES)
    assert all(problem.text_de for problem in check(text, VARIABLES))


@given(NUMBER, NUMBER)
def test_arithmetic_is_that_of_decimal(a: Decimal, b: Decimal) -> None:
    """Sum, difference, product and quotient in 34 digits, half even."""
    variables = {"a": a, "b": b}
    a, b = NUMBERS.plus(a), NUMBERS.plus(b)

    assert evaluate("a + b", variables).value == NUMBERS.add(a, b)
    assert evaluate("a - b", variables).value == NUMBERS.subtract(a, b)
    assert evaluate("a * b", variables).value == NUMBERS.multiply(a, b)
    assert evaluate("a / b", variables).value == (NUMBERS.divide(a, b) if b else None)
    assert evaluate("a < b", variables).value is (a < b)
    assert evaluate("number(string(a))", variables).value == a


@given(st.text(max_size=50))
def test_a_text_literal_means_its_text(text: str) -> None:
    """Quotes and backslashes are escaped, everything else stands for itself."""
    literal = text.replace("\\", "\\\\").replace('"', '\\"')

    assert evaluate(f'"{literal}"', {}).value == text


SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.text(max_size=10)
    | NUMBER
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.integers(-(10**20), 10**20).map(DaysTimeDuration)
    | st.integers(-(10**9), 10**9).map(YearsMonthsDuration)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.just("$") | st.just("v"), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(VALUES)
def test_json_gives_back_the_same_value(value: Any) -> None:
    """Through real JSON, kinds and all."""
    expected = evaluate("x", {"x": value}).value

    back = from_json(json.loads(json.dumps(to_json(expected))))

    assert back == expected
    assert type(back) is type(expected)


@given(st.dates(), st.integers(-5000, 5000))
def test_adding_days_is_undone_by_subtracting_them(day: date, days: int) -> None:
    """On the calendar, and off it there is an error."""
    duration = DaysTimeDuration.of(days=days)
    outcome = evaluate("d + p - p", {"d": day, "p": duration})

    assert outcome.value == day or outcome.errors[0].code == "arithmetic"


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_moments_have_one_order(a: datetime, b: datetime) -> None:
    """Exactly one of less, equal and more holds, whatever the zones."""
    variables = {"a": a, "b": b}

    answers = [evaluate(f"a {op} b", variables).value for op in ("<", "=", ">")]

    assert sorted(answers) == [False, False, True]
