"""Gaps and overlaps: each with an input that shows it, and nothing missed."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st
from tests.dmn.draw import decision, given, library, table

from laufzettel.engine.dmn import evaluate, read_library
from laufzettel.engine.dmn.gaps import Analysis, analyse
from laufzettel.engine.dmn.library import Library

COLOURS = """<itemDefinition name="tColour"><typeRef>string</typeRef>
<allowedValues><text>"red","green"</text></allowedValues></itemDefinition>"""


def found(one: Library, name: str = "D") -> Analysis:
    compiled = one.compiled["https://example.org/d", name]
    (node,) = compiled.tables
    return analyse(node, one.column_types(compiled, node))


def of(*tests: str, type_ref: str = "Any", policy: str = "UNIQUE", **more: Any) -> Analysis:
    """Return the analysis of a table with one column and one rule a test."""
    rules = [([test], [str(number)]) for number, test in enumerate(tests, start=1)]
    logic = table(rules, policy=policy, **more)
    return found(library(COLOURS, given("x", type_ref), decision("D", logic, needs=["i_x"])))


@pytest.mark.parametrize(
    ("tests", "type_ref", "gaps"),
    [
        (("< 5", ">= 5"), "number", []),
        (("< 5", "> 5"), "number", ["x = 5"]),
        (("[0..10]", "[11..20]"), "number", ["x = -1", "x = 10.5", "x = 21"]),
        (("< 0", "[0..10)", "10, > 10"), "number", []),
        (("? < 5 or ? > 7", "? between 5 and 7"), "number", []),
        (('"red"', '"green"'), "tColour", []),
        (('"red"',), "tColour", ['x = "green"']),
        (('"red"', '"green"'), "string", ['x = "(anderer Text)"']),
        (('"red"', 'not("red")'), "string", []),
        (('< "m"', '"m"', '> "m"'), "string", []),
        (('< "a"', '>= "b"'), "string", ['x = "a"', 'x = "a "']),
        (("true",), "boolean", ["x = false"]),
        (('< date("2026-01-01")', '> date("2026-01-01")'), "date", ["x = 2026-01-01"]),
        (('<= @"2026-01-01"', '>= @"2026-01-02"'), "date", []),
        (('< @"P1M"', '>= @"P2M"'), "years and months duration", ["x = P1M"]),
        (('< @"PT1H"', '>= @"PT1H"'), "days and time duration", []),
        (('[@"00:00:00"..@"12:00:00")', '>= @"12:00:00"'), "time", []),
    ],
)
def test_gaps_come_with_an_input_that_no_rule_matches(
    tests: tuple[str, ...], type_ref: str, gaps: list[str]
) -> None:
    """Numbers, texts with and without allowed values, booleans, days, durations, times."""
    assert of(*tests, type_ref=type_ref).gaps == gaps


def test_a_default_or_a_policy_for_many_leaves_no_gap() -> None:
    """The table has an answer for what no rule matches."""
    assert of("< 5", default=["0"]).gaps == []
    assert of("< 5", policy="COLLECT").gaps == []
    assert of("< 5", policy="FIRST").gaps == ["x = 5"]


def test_overlaps_name_the_rules_and_an_input() -> None:
    """Under UNIQUE always, under ANY where the outputs differ, under FIRST never."""
    (overlap,) = of("< 5", "[3..9]", ">= 9.5").overlaps

    assert (overlap.example, overlap.rules) == ("x = 3", (1, 2))
    assert len(of("< 5", "[3..9]", policy="ANY").overlaps) == 1
    assert of("< 5", "[3..9]", policy="FIRST").overlaps == []


def test_a_rule_that_nothing_reaches_is_named() -> None:
    """Shadowed under FIRST, outside of the allowed values, or empty in itself."""
    assert of("< 5", ">= 5", "3", policy="FIRST").unreachable == (3,)
    assert of('"red"', '"blue"', '"green"', type_ref="tColour").unreachable == (2,)
    assert of("< 5 , > 7", "[8..6]").unreachable == (2,)
    assert of("< 5", ">= 5", "null").unreachable == ()


def test_texts_between_two_cells_are_looked_at() -> None:
    """An open range of texts reaches what lies between its ends, and two of them overlap."""
    assert of('("a".."f")', 'not("x")', type_ref="string", policy="FIRST").unreachable == ()
    (overlap,) = of('("a".."f")', '("b".."c")', type_ref="string").overlaps
    assert (overlap.example, overlap.rules) == ('x = "b "', (1, 2))


@pytest.mark.parametrize("test", ["? * 2 > 5", "> x", "today()", "count(?) > 1", "f(?)"])
def test_what_depends_on_more_than_its_column_is_not_analysed(test: str) -> None:
    """And says so instead of guessing."""
    assert of(test).why_not == (
        "eine Zelle hängt von mehr ab als ihrer Spalte",
        "a cell depends on more than its column",
    )


def test_a_large_table_is_analysed_or_refused_in_bounded_time() -> None:
    """Thirty columns of yes and no are 2**30 inputs; the sets of rules are few."""
    columns = [f"c{number}" for number in range(30)]
    rules = [(["true" if n == m else "-" for m in range(30)], ["1"]) for n in range(30)]
    logic = table(rules, inputs=columns, policy="FIRST")
    analysis = found(library(decision("D", logic)))

    assert analysis.why_not is not None or analysis.gaps == [
        ", ".join(f"{name} = false" for name in columns)
    ]


# --- against every input of a grid ------------------------------------------------------------

LIMITS = st.integers(-2, 2)
CELLS = st.one_of(
    st.just("-"),
    st.builds(lambda op, n: f"{op} {n}", st.sampled_from(["<", "<=", ">", ">="]), LIMITS),
    st.builds(lambda n: f"{n}", LIMITS),
    st.builds(lambda a, b: f"[{min(a, b)}..{max(a, b)}]", LIMITS, LIMITS),
    st.builds(lambda a, b: f"not({a}, ]{min(a, b)}..{max(a, b)}[)", LIMITS, LIMITS),
)
GRID = [Decimal(half) / 2 for half in range(-8, 9)]


@generated(rules=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_nothing_is_missed_and_every_example_holds(rules: list[tuple[str, str]]) -> None:
    """The grid of halves has a point in every region of these cells."""
    logic = table(
        [(list(cells), [str(n)]) for n, cells in enumerate(rules)],
        inputs=["x", "y"],
        policy="COLLECT",
    )
    needs = ["i_x", "i_y"]
    one = library(given("x"), given("y"), decision("D", logic, needs=needs))
    unique = library(
        given("x"), given("y"), decision("D", logic.replace("COLLECT", "UNIQUE"), needs=needs)
    )
    counts = {
        (x, y): len(evaluate(one, "D", {"x": x, "y": y}).value) for x, y in product(GRID, GRID)
    }

    analysis = found(unique)

    assert bool(analysis.gaps) is any(count == 0 for count in counts.values())
    assert bool(analysis.overlaps) is any(count > 1 for count in counts.values())


def test_every_table_of_the_kit_is_analysed_or_says_why_not(dmn_tck: Path) -> None:
    """35 tables, some of several decisions; none of them breaks the analysis."""
    seen = 0
    for path in sorted(dmn_tck.rglob("*.dmn")):
        one = read_library({path.name: path.read_bytes()})
        for compiled in one.compiled.values():
            for node in compiled.tables:
                analysis = analyse(node, one.column_types(compiled, node))
                assert analysis.why_not is None or all(analysis.why_not)
                seen += 1

    assert seen == 35
