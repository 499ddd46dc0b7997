"""What expressions are worth: tables of expressions with their values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal, localcontext
from typing import Any

import pytest

from laufzettel.engine.feel import (
    DaysTimeDuration,
    Range,
    YearsMonthsDuration,
    evaluate,
)

NOW = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
VARIABLES = {
    "n": Decimal("12.30"),
    "unit": "bauamt",
    "nothing": None,
    "items": [
        {"name": "Kies", "price": Decimal(20), "qty": 3},
        {"name": "Sand", "price": Decimal(5), "qty": 10},
    ],
    "empty": [],
    "supplier": {"name": "Muster GmbH", "address": {"city": "Köln"}},
    "Monthly Salary": 1000,
}


def value(text: str) -> Any:
    return evaluate(text, VARIABLES, now=NOW).value


NUMBERS = [
    ("1 + 2 * 3", "7"),
    ("(1 + 2) * 3", "9"),
    ("10 - 3 - 2", "5"),
    ("2 + 3 * 4 - 1", "13"),
    ("-5 ** 2", "25"),
    ("3 ** 4 ** 5", "3486784401"),
    ("2 ** -1", "0.5"),
    ("0.1 + 0.2", "0.3"),
    ("100000000000000000000.01 + 1", "100000000000000000001.01"),
    ("1 / 3", "0.3333333333333333333333333333333333"),
    ("n * 1.19", "14.6370"),
    (".5 + 1e2", "100.5"),
    ("- -3", "3"),
    ("Monthly Salary * 12", "12000"),
    ("12 * -Monthly Salary", "-12000"),
    ("if n > 12 then 1 else 2", "1"),
    ("if false then 1", None),
    ("{a: 1, b: a + 1, c: b * 2}.c", "4"),
    ("(function(x, y) x - y)(5, 3)", "2"),
    ("(function(x, y) x - y)(y: 5, x: 3)", "-2"),
    ("{add: function(a) a + n}.add(1)", "13.30"),
    ("items[1].price", "20"),
    ("items[-1].price", "5"),
    ('items[name = "Sand"].price[1]', "5"),
    ("sum(items.price)", "25"),
    ("sum(for i in items return i.price * i.qty)", "110"),
    ("count(items[price > 10])", "1"),
    ("[[1, 2], [3]][1][2]", "2"),
    ("5[1]", "5"),
    ('date("2026-11-23").year', "2026"),
    ('@"2026-11-23".weekday', "1"),
    ('@"PT26H".hours', "2"),
    ('@"P26M".years', "2"),
    ("[1..5].end", "5"),
]


@pytest.mark.parametrize(("text", "expected"), NUMBERS)
def test_numbers_are_exact(text: str, expected: str | None) -> None:
    """Numbers are decimals with 34 digits, half even."""
    found = value(text)

    assert found == (None if expected is None else Decimal(expected))
    assert not isinstance(found, (float, int))


LOGIC = [
    ("true and true", True),
    ("true and nothing", None),
    ("false and nothing", False),
    ("nothing and false", False),
    ("nothing and true", None),
    ("true or nothing", True),
    ("nothing or true", True),
    ("false or nothing", None),
    ("not(nothing)", None),
    ("not(false)", True),
    ('false and "x"', False),
    ('true and "x"', None),
    ("1 = 1.0", True),
    ("1 != 2", True),
    ("nothing = null", True),
    ("nothing != null", False),
    ("null = 1", False),
    ("n != null", True),
    ('1 = "1"', None),
    ('1 < "2"', None),
    ("1 < null", None),
    ('"a" < "b"', True),
    ("[1, 2] = [1.0, 2]", True),
    ("{a: 1, b: 2} = {b: 2, a: 1}", True),
    ("{a: 1} = {a: 2}", False),
    ("[1..3] = [1..3]", True),
    ("n between 12 and 13", True),
    ("n between 12.30 and 12.30", True),
    ("5 in [1..5]", True),
    ("5 in [1..5)", False),
    ("5 in ]1..5[", False),
    ("5 in (> 4)", True),
    ("5 in (1, 3, > 4)", True),
    ('unit in ("bauamt", "kasse")', True),
    ('unit in ["kasse"]', False),
    ("5 in [[1..3], [5..7]]", True),
    ("some i in items satisfies i.price > 10", True),
    ("every i in items satisfies i.price > 10", False),
    ("some x in [1, 2], y in [2, 3] satisfies x = y", True),
    ("every x in empty satisfies false", True),
    ("some x in empty satisfies true", False),
    ("n instance of number", True),
    ("null instance of number", False),
    ("items instance of list<context<name: string, price: number>>", True),
    ("[1, true] instance of list<number>", False),
    ('@"2026-11-23" instance of date', True),
    ('@"2026-11-23T10:00:00" instance of date', False),
    ("[1..2] instance of range<number>", True),
    ("(function(a) a) instance of function<Any> -> Any", True),
    ('contains(unit, "amt") and n > 5', True),
]


@pytest.mark.parametrize(("text", "expected"), LOGIC)
def test_logic_has_three_values(text: str, expected: bool | None) -> None:
    """Null is neither true nor false, and equal only to itself."""
    assert value(text) is expected


OTHERS: list[tuple[str, Any]] = [
    ('"a" + "b"', "ab"),
    (r'"Zeile\nzwei \"zitiert\" \\ \u00e4 \U01F40E"', 'Zeile\nzwei "zitiert" \\ ä 🐎'),
    (r'"\uD83D\uDC0E"', "🐎"),
    (r'"\d+"', r"\d+"),
    ("supplier.address.city", "Köln"),
    ("items.name", ["Kies", "Sand"]),
    ("items[price < 10]", [{"name": "Sand", "price": Decimal(5), "qty": Decimal(10)}]),
    ("[1, 2, 3, 4][item > 2]", [Decimal(3), Decimal(4)]),
    ("[{item: 1}, {item: 2}][item > 1]", [{"item": Decimal(2)}]),
    ("empty[x > 1]", []),
    ("empty[1]", None),
    ("for i in 1..3 return i * 2", [Decimal(2), Decimal(4), Decimal(6)]),
    ("for i in 3..1 return i", [Decimal(3), Decimal(2), Decimal(1)]),
    ("for i in [1..3) return i", [Decimal(1), Decimal(2)]),
    ("for x in [1, 2], y in [3, 4] return x * y", [Decimal(n) for n in (3, 4, 6, 8)]),
    (
        "for i in 0..4 return if i = 0 then 1 else i * partial[-1]",
        [Decimal(n) for n in (1, 1, 2, 6, 24)],
    ),
    (
        'for d in [@"2026-01-31"..@"2026-02-01"] return d',
        [date(2026, 1, 31), date(2026, 2, 1)],
    ),
    ("{a: 1, b c: [a]}", {"a": Decimal(1), "b c": [Decimal(1)]}),
    ("[1..n]", Range(Decimal(1), Decimal("12.30"))),
    ("now()", datetime.fromisoformat("2026-11-23T23:30:00+01:00")),
    ("today()", date(2026, 11, 23)),
    ('@"2026-11-23"', date(2026, 11, 23)),
    ('@"08:30:00"', time(8, 30)),
    ('@"P14D"', DaysTimeDuration.of(days=14)),
    ('@"P1Y6M"', YearsMonthsDuration(18)),
]


@pytest.mark.parametrize(("text", "expected"), OTHERS)
def test_texts_lists_and_contexts(text: str, expected: Any) -> None:
    """Lists count from 1, contexts keep their order, loops over ranges go both ways."""
    assert value(text) == expected


def test_results_share_nothing_with_the_variables() -> None:
    """Changing a result never changes the case."""
    variables = {"xs": [[1]]}

    evaluate("xs", variables).value[0].append(2)

    assert variables == {"xs": [[1]]}


@pytest.mark.parametrize("bad", [0.1, [0.5], {"a": 1.0}, object(), {1: 2}, b"x"])
def test_what_feel_cannot_hold_is_refused_at_the_border(bad: Any) -> None:
    """A float never comes in: whoever has one does not know the amount."""
    with pytest.raises(TypeError):
        evaluate("x", {"x": bad})


def test_a_variable_that_is_not_read_is_not_looked_at() -> None:
    """Only what the expression names crosses the border."""
    assert evaluate("a + 1", {"a": 1, "b": 0.1}).value == 2


def test_a_variable_may_carry_the_name_of_a_built_in() -> None:
    """``amount`` is a variable where it stands alone, a function where it is called."""
    variables = {"amount": 5, "date": "2026-11-23", "count": 2}

    assert evaluate('amount + amount("1,50")', variables).value == Decimal("6.50")
    assert evaluate("date(date).year + count", variables).value == 2028
    assert evaluate("max(amount, 1)", {}).warnings[0].code == "unknown_name"


def test_functions_see_where_they_were_made() -> None:
    """A function is a closure, and built-ins can be handed on."""
    assert evaluate("{k: 10, f: function(x) x * k, r: {k: 1, v: f(2)}}.r.v", {}).value == 20
    assert evaluate("(function(f) f([1, 2]))(sum)", {}).value == 3
    assert evaluate("sort([3, 1, 2], function(x, y) x > y)", {}).value == [3, 2, 1]


def test_external_functions_are_read_but_never_run() -> None:
    """Foreign code has no door here."""
    outcome = evaluate('function(x) external {java: {class: "java.lang.Math"}}', {})

    assert outcome.value is None
    assert [warning.code for warning in outcome.errors] == ["unsupported"]


def test_the_decimal_context_of_the_thread_does_not_matter() -> None:
    """Another library's precision never touches an amount."""
    text = (
        "[1 / 3, abs(-1234567.89), -1234567.89, decimal(1234.5678, 3), sum([1234567, 0.89]), "
        '@"PT1234567.891S".seconds, time(1, 2, 3.456789).second, (for i in 1000001..1000002 '
        "return i)[2], modulo(1234567.5, 7), sqrt(2) * 1234567]"
    )
    expected = evaluate(text, {}).value

    with localcontext() as context:
        context.prec = 3
        found = evaluate(text, {}).value
        assert [str(number) for number in found] == [str(number) for number in expected]


@pytest.mark.parametrize(
    "text",
    [
        '@"0001-01-01T00:00:00+02:00" < @"9999-12-31T23:59:59-12:00"',
        '@"0001-01-01T00:00:00+02:00" + @"P1D" > @"0001-01-01T00:00:00Z"',
        'matches("", "")',
        "[0 ** -1, true][2]",
        'is defined(add working days(@"9999-12-31", 1))',
    ],
)
def test_the_ends_of_the_calendar_and_empty_patterns_are_no_crash(text: str) -> None:
    """Places where Python raises and FEEL has to answer."""
    assert evaluate(text, {}).value is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # A filter keeps that for which its condition is true; what is null is not kept.
        ("for x in [7, 8][item >= null] return x", []),
        ("some x in [7, 8][item >= null] satisfies x > 1", False),
        ("every x in [7, 8][item >= null] satisfies x > 1", True),
        ("for x in null return x", None),
        ("for x in [1, 2], y in (if x = 1 then [5] else null) return x + y", None),
        ("some x in null satisfies x > 1", None),
    ],
)
def test_a_loop_over_nothing_is_null_and_one_over_an_empty_list_is_not(
    text: str, value: object
) -> None:
    assert evaluate(text, {}).value == value


@pytest.mark.parametrize("text", ["0 ** 0", "(2 - 2) ** 0.0", "5 ** 0"])
def test_any_number_to_the_power_of_zero_is_one(text: str) -> None:
    assert evaluate(text, {}).value == Decimal(1)


def test_the_sign_of_a_literal_is_part_of_the_number() -> None:
    """DMN 1.5 grammar rule 37; before anything else a minus is an operation."""
    assert evaluate("-1 instance of number", {}).value is True
    assert evaluate("- 2 ** 2", {}).value == Decimal(4)
    assert evaluate("-n instance of number", {"n": 1}).value is None
