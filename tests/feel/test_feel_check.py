"""What is wrong with an expression is found at deployment, all of it at once."""

from __future__ import annotations

import pytest

from laufzettel.engine.feel import (
    called_functions,
    check,
    free_names,
    nodes,
    parse_expression,
)
from laufzettel.engine.feel.builtins import FUNCTION_NAMES
from laufzettel.engine.feel.check import _PARTS
from laufzettel.engine.feel.compiler import COMPILERS
from laufzettel.engine.feel.nodes import Node

NAMES = ["amount", "unit", "items", "Monthly Salary"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('amount > 5 and unit = "x"', []),
        ("Monthly Salary * 12", []),
        ("items[price > 5].price", []),
        ("for i in items return i.price + partial[-1]", []),
        ("{a: amount, b: a}", []),
        ("function(x) x + amount", []),
        ("is defined(amount)", []),
        ("sort(items, is)", []),
        (
            "amuont > 5",
            [(0, "Den Namen „amuont“ gibt es hier nicht. Gemeint ist vielleicht „amount“.")],
        ),
        (
            "amount unit > 5",
            [(0, "Hinter „amount“ fehlt ein Operator vor „unit“.")],
        ),
        (
            "foo(1) + bar",
            [
                (0, "Den Namen „foo“ gibt es hier nicht."),
                (9, "Den Namen „bar“ gibt es hier nicht."),
            ],
        ),
        ("date > 5", [(0, "Den Namen „date“ gibt es hier nicht.")]),
        ("i + (for i in items return i)[1]", [(0, "Den Namen „i“ gibt es hier nicht.")]),
        ("? > 5", [(0, "„?“ gibt es nur in den Zellen einer Entscheidungstabelle.")]),
        ("split(unit)", [(0, "So wird „split“ aufgerufen: split(string, delimiter).")]),
        (
            "substring(string: unit, from: 1)",
            [(0, "So wird „substring“ aufgerufen: substring(string, start position, length).")],
        ),
        (
            '@"2026-02-30"',
            [(0, "„2026-02-30“ ist kein Datum, keine Uhrzeit und keine Dauer.")],
        ),
        ("amount instance of tAmount", [(7, "Den Typ „tAmount“ gibt es hier nicht.")]),
        ("{a: 1, a: 2}", [(7, "Der Eintrag „a“ steht zweimal da.")]),
        (
            "function(x) external {java: {class: x}}",
            [(0, "Funktionen mit „external“ werden nicht ausgeführt.")],
        ),
        (
            'matches(unit, "(a+")',
            [(0, "Dieses Suchmuster wird nicht ausgeführt: eine Klammer wird nicht geschlossen.")],
        ),
        ("amount >", [(8, "Hier fehlt ein Wert, gefunden: das Ende.")]),
    ],
)
def test_problems_are_found_with_their_places(text: str, expected: list[tuple[int, str]]) -> None:
    """Every problem has a place and a sentence; a sound expression has none."""
    found = [(problem.position.offset, problem.text_de) for problem in check(text, NAMES)]

    assert found == expected


def test_a_cell_may_name_its_input() -> None:
    """``?`` is known in unary tests."""
    assert check("? > amount", NAMES, unary=True) == []
    assert check("-", NAMES, unary=True) == []
    assert [problem.code for problem in check("< 5 >", NAMES, unary=True)] == ["syntax"]


def test_every_kind_of_node_is_run_or_part_of_one_that_is() -> None:
    """Nothing that can be read is a surprise at run time."""
    kinds = {
        kind for kind in vars(nodes).values() if isinstance(kind, type) and issubclass(kind, Node)
    }

    assert kinds - set(COMPILERS) - set(_PARTS) == {Node}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a + b.c - sum(d)", {"a", "b", "d"}),
        ("for i in xs return i + y", {"xs", "y"}),
        ("xs[price > limit]", {"xs"}),
        ("{a: 1, b: a + c}", {"c"}),
        ("(function(x) x + y)(1)", {"y"}),
        ("some x in xs satisfies x > ?", {"xs"}),
        ("f(1)", {"f"}),
        ("count(count)", {"count"}),
        ("true and null = 1", set()),
    ],
)
def test_free_names_are_the_variables_that_are_read(text: str, names: set[str]) -> None:
    """Bound names, called built-ins and possible entries of items are left out."""
    assert free_names(parse_expression(text)) == names


def test_called_functions_are_named() -> None:
    """So that a decision table can refuse ``now()`` and ``today()``."""
    called = called_functions(parse_expression("if now() > x then f(1) else [today()][1]"))

    assert called == {"now", "today", "f"}


def test_the_built_ins_are_these() -> None:
    """A name that comes or goes is a change for designers and stands here."""
    assert len(FUNCTION_NAMES) == 94
    assert {"add working days", "is working day", "amount", "is defined"} < set(FUNCTION_NAMES)
