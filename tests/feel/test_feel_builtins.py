"""The built-in functions, each with an answer and most with a refusal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from laufzettel.engine.feel import evaluate

NUMBERS = [
    ("decimal(1 / 3, 2)", "0.33"),
    ("decimal(2.5, 0)", "2"),
    ("decimal(1234, -2)", "1200"),
    ("floor(-1.5)", "-2"),
    ("floor(1.56, 1)", "1.5"),
    ("ceiling(1.5)", "2"),
    ("round up(-5.5, 0)", "-6"),
    ("round down(5.5, 0)", "5"),
    ("round half up(-5.5, 0)", "-6"),
    ("round half down(5.5, 0)", "5"),
    ("round up(5.5, 6177)", None),
    ("abs(-3)", "3"),
    ("modulo(-12, 5)", "3"),
    ("modulo(12, -5)", "-3"),
    ("modulo(10.1, 4.5)", "1.1"),
    ("modulo(1, 0)", None),
    ("sqrt(2)", "1.414213562373095048801688724209698"),
    ("sqrt(-1)", None),
    ("log(0)", None),
    ("exp(0)", "1"),
    ("exp(100000)", None),
    ('number("1.234,50", ".", ",")', "1234.50"),
    ('number("12")', "12"),
    ('number("1e99999")', None),
    ('number("NaN")', None),
    ('number("１２")', None),
    ('number("1_0")', None),
    ("count([1, null])", "2"),
    ("min([3, 1, 2])", "1"),
    ("max(3, 1, 2)", "3"),
    ('max("a", 1)', None),
    ("sum([])", None),
    ("mean(1, 2)", "1.5"),
    ("median([3, 1, 2, 4])", "2.5"),
    ("product(2, 3)", "6"),
    ("stddev([2, 4, 7, 5])", "2.081665999466132735282297706979931"),
    ('string length("🐎x")', "2"),
    ('day of year(@"2026-02-01")', "32"),
    ('week of year(@"2021-01-03")', "53"),
    ('amount("1.234,50 €")', "1234.50"),
    ('amount("1234.5")', "1234.50"),
    ('amount("-7")', "-7.00"),
    ('amount("1.234")', None),
    ('amount("1.234.567")', "1234567.00"),
    ('amount("1,234.50")', None),
    ('amount("12 EUR")', "12.00"),
    ('amount("zwölf")', None),
]


@pytest.mark.parametrize(("text", "expected"), NUMBERS)
def test_functions_that_answer_numbers(text: str, expected: str | None) -> None:
    """All in Decimal; what has no answer is null."""
    found = evaluate(text, {}).value

    assert (None if found is None else str(found)) == expected or found == Decimal(expected or 0)


BOOLEANS = [
    ('contains("foobar", "ob")', True),
    ('starts with("foobar", "bar")', False),
    ('ends with("foobar", "bar")', True),
    ('matches("RE-2026-17", "^RE-\\d{4}-\\d+$")', True),
    ('matches("ABC", "b", "i")', True),
    ("list contains([1, null], null)", True),
    ("all([true, null])", None),
    ("all([])", True),
    ("any([null, true])", True),
    ("any([false, 1])", None),
    ("even(4)", True),
    ("odd(5)", True),
    ("odd(1.5)", False),
    ("is(1, 1.0)", True),
    ("before(1, [2..3])", True),
    ("before([1..2), [2..3])", True),
    ("after(3, [1..3))", True),
    ("meets([1..2], [2..3])", True),
    ("met by([2..3], (1..2))", False),
    ("overlaps([1..3], [3..5])", True),
    ("overlaps before([1..3], [2..5])", True),
    ("overlaps after([2..5], [1..3])", True),
    ("finishes(5, [1..5])", True),
    ("finished by([1..5], [3..5])", True),
    ("includes([1..5], (1..5))", True),
    ("during(3, [1..5])", True),
    ("starts([1..3], [1..5])", True),
    ("started by((1..5), 1)", False),
    ("coincides([1..3], [1..3))", False),
    ("includes((> 5), [6..7])", True),
    ('is working day(@"2026-06-04")', False),
    ('is working day(@"2026-06-04", "BE")', True),
    ('is working day(@"1980-01-01")', None),
]


@pytest.mark.parametrize(("text", "expected"), BOOLEANS)
def test_functions_that_answer_yes_or_no(text: str, expected: bool | None) -> None:
    """Texts, lists, the fourteen relations of ranges, working days."""
    assert evaluate(text.replace("\\d", "\\\\d"), {}).value is expected


OTHERS: list[tuple[str, Any]] = [
    ('substring("foobar", 3)', "obar"),
    ('substring("foobar", -3, 2)', "ba"),
    ('substring("foobar", 0)', None),
    ('upper case("straße")', "STRASSE"),
    ('lower case("ÄB")', "äb"),
    ('substring before("foobar", "bar")', "foo"),
    ('substring before("foobar", "x")', ""),
    ('substring after("foobar", "foo")', "bar"),
    ('replace("2026-11-23", "(\\d+)-(\\d+)-(\\d+)", "$3.$2.$1")', "23.11.2026"),
    ('replace("aaa", "a", "$2")', None),
    ('split("a;b;;", ";")', ["a", "b", "", ""]),
    ('string join(["a", null, "b"], ", ", "<", ">")', "<a, b>"),
    ("string(12.30)", "12.30"),
    ('string([1, "a", {b: @"P1D"}])', '[1, "a", {b: P1D}]'),
    ("string(10 ** 20 / 1e-5)", "1" + "0" * 25),
    ("sublist([1, 2, 3], 2)", [2, 3]),
    ("sublist([1, 2, 3], -2, 1)", [2]),
    ("append([1], 2, [3])", [1, 2, [3]]),
    ("concatenate([1], [2, 3])", [1, 2, 3]),
    ("insert before([1, 3], 2, 2)", [1, 2, 3]),
    ("remove([1, 2, 3], -1)", [1, 2]),
    ("reverse([1, 2])", [2, 1]),
    ("index of([1, 2, 1], 1)", [1, 3]),
    ("union([1, 2], [2, 3])", [1, 2, 3]),
    ("distinct values([1, 1.0, {a: 1}, {a: 1}, null, null, true])", [1, {"a": 1}, None, True]),
    ("flatten([1, [2, [3, []]]])", [1, 2, 3]),
    ("mode([1, 2, 2, 1])", [1, 2]),
    ("list replace([1, 2], -1, 5)", [1, 5]),
    ("list replace([1, 2], function(old, new) old > 1, 5)", [1, 5]),
    ('sort(["b", "a"])', ["a", "b"]),
    ('sort(["b", 1])', None),
    ('get value({a: 1}, "a")', 1),
    ('get value({a: {b: 2}}, ["a", "b"])', 2),
    ("get entries({a: 1})", [{"key": "a", "value": 1}]),
    ('context([{key: "a", value: 1}])', {"a": 1}),
    ('context put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
    ('context put({a: {b: 1}}, ["a", "b"], 2)', {"a": {"b": 2}}),
    ("context merge([{a: 1}, {a: 2, b: 3}])", {"a": 2, "b": 3}),
    ('day of week(@"2026-11-23")', "Monday"),
    ('month of year(@"2026-11-23")', "November"),
    ('string(range("[1..3)"))', "[1..3)"),
    ("string(null)", None),
    ('substring(string: "foobar", start position: 3, length: 2)', "ob"),
    ('substring(text: "foobar", start position: 3)', None),
    ("get or else(null, 1)", 1),
    ("get or else(2, 1)", 2),
    ('add working days(@"2026-12-23", 3).day', 29),
    ('add working days(@"2026-05-04", -1).day', 30),
    ('add working days(@"2026-11-23", 1.5)', None),
    ('add working days(@"2026-11-23", 1e9)', None),
]


@pytest.mark.parametrize(("text", "expected"), OTHERS)
def test_functions_that_answer_texts_lists_and_contexts(text: str, expected: Any) -> None:
    """Positions count from 1; texts are never cut inside of a character."""
    assert evaluate(text.replace("\\d", "\\\\d"), {}).value == expected


def test_a_wrong_call_says_how_to_call() -> None:
    """Wrong number, wrong name, wrong type: each has its sentence."""
    texts = [
        evaluate(text, {}).errors[0].text_de
        for text in ("split()", 'split(string: "a", by: "b")', "upper case(1)", "abs(null)")
    ]

    assert texts == [
        "So wird „split“ aufgerufen: split(string, delimiter).",
        "So wird „split“ aufgerufen: split(string, delimiter).",
        "„string“ passt nicht: Zahl ist hier nicht erlaubt.",
        "„n“ ist null.",
    ]


def test_a_single_value_and_a_list_of_one_are_taken_for_each_other() -> None:
    """The implicit conversions of the standard for arguments."""
    assert evaluate('upper case(["a"])', {}).value == "A"
    assert evaluate("count(5)", {}).value == 1
