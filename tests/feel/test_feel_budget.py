"""Limits: no expression costs more than it was given, in time or in memory."""

from __future__ import annotations

import pytest

from laufzettel.engine.feel import FeelBudgetError, evaluate


@pytest.mark.parametrize(
    "text",
    [
        "for i in 1..1000000000 return i",
        "sum(for i in 1..100, j in 1..100 return i * j)",
        "[1..1000000000][item > 5]",
        "some i in 1..1e20 satisfies i < 0",
        "every i in xs, j in xs satisfies true",
        "{f: function(g, n) g(g, n + 1), r: f(f, 1)}.r",
        "sort(for i in 1..500 return modulo(i * 7919, 503), function(x, y) x > y)",
        "count(for i in 1..900 return partial)",
        'add working days(@"2026-01-01", 9999)[item != null] = (for i in 1..9500 return i)',
    ],
)
def test_steps_run_out(text: str) -> None:
    """Loops, filters, recursion and functions inside of them are paid for."""
    with pytest.raises(FeelBudgetError):
        evaluate(text, {"xs": list(range(1000))})


def test_the_budget_is_given_by_the_caller() -> None:
    """The same loop passes with more steps."""
    loop = "count(for i in 1..5000 return i)"

    with pytest.raises(FeelBudgetError, match="Rechenschritte"):
        evaluate(loop, {})
    assert evaluate(loop, {}, steps_max=100_000).value == 5000


def test_a_range_is_never_written_down() -> None:
    """Asking whether a number lies in a range costs nothing."""
    assert evaluate("5 in [1..1e30]", {}).value is True


@pytest.mark.parametrize(
    "text",
    [
        "a + a",
        'replace(a, "x", a)',
        "string join([a, a])",
        'string join(for i in 1..500 return "", a)',
        "string([a, a])",
        "upper case(a) + a",
    ],
)
def test_texts_do_not_grow_without_end(text: str) -> None:
    """100,000 characters are the limit of a text."""
    with pytest.raises(FeelBudgetError):
        evaluate(text, {"a": "x" * 60_000}, steps_max=10**6)


def test_lists_do_not_grow_without_end() -> None:
    """10,000 items are the limit of a list, and 100,000 values that of a result."""
    with pytest.raises(FeelBudgetError, match="10000 Einträge"):
        evaluate("concatenate(xs, xs)", {"xs": [0] * 6_000}, steps_max=10**6)
    doubled = ", ".join(f"x{n}: [x{n - 1}, x{n - 1}]" for n in range(1, 30))
    with pytest.raises(FeelBudgetError):
        evaluate(f"{{x0: [1], {doubled}}}", {})
    with pytest.raises(FeelBudgetError):
        evaluate(f"{{x0: [1], {doubled}, y: x29 = x29}}.y", {})


@pytest.mark.parametrize(
    "text",
    [
        "10 ** 6145",
        "9e6144 * 10",
        "1 / 0",
        "exp(99999)",
        "0 ** -1",
        "(-8) ** (1 / 3)",
        "10 ** 1e30",
    ],
)
def test_numbers_end_at_decimal128(text: str) -> None:
    """Beyond the exponent of decimal128 there is no number, and no time is lost looking."""
    outcome = evaluate(text, {})

    assert (outcome.value, outcome.errors[0].code) == (None, "arithmetic")


def test_a_huge_number_cannot_come_in() -> None:
    """Neither as a Decimal nor as an int."""
    with pytest.raises(ValueError, match="zu groß"):
        evaluate("x", {"x": 1 << 30_000})
    with pytest.raises(ValueError, match="zu tief"):
        deep: list[object] = []
        for _ in range(60):
            deep = [deep]
        evaluate("x", {"x": deep})
