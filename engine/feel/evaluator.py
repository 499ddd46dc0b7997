"""Evaluating: from a text and variables to a value and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

# Imported for what they register.
import laufzettel.engine.feel.compile_calls
import laufzettel.engine.feel.compile_paths
import laufzettel.engine.feel.compile_tests  # noqa: F401
from laufzettel.engine.feel.border import value_in, value_out
from laufzettel.engine.feel.check import names_within
from laufzettel.engine.feel.compiler import Run, compile_node
from laufzettel.engine.feel.errors import FeelBudgetError
from laufzettel.engine.feel.nodes import Node, size
from laufzettel.engine.feel.parser import parse_expression, parse_unary_tests
from laufzettel.engine.feel.runtime import STEPS_MAX, Outcome, Runtime, Scope


@dataclass(frozen=True, slots=True)
class _Program:
    """A compiled expression: its closure, the variables it may read, its cost in steps."""

    run: Run
    names: tuple[str, ...]
    cost: int


@lru_cache(maxsize=4096)
def _program(node: Node) -> _Program:
    return _Program(compile_node(node), tuple(sorted(names_within(node))), size(node))


def evaluate(
    text_or_node: str | Node,
    variables: Mapping[str, Any],
    *,
    now: datetime | None = None,
    steps_max: int = STEPS_MAX,
) -> Outcome:
    """Return the value of the expression and the warnings.

    ``now`` is the step's time for ``now()`` and ``today()``; a time with a zone is told in
    the office's zone. Raises FeelSyntaxError, FeelBudgetError, and TypeError for a variable
    that FEEL cannot hold.

    >>> from decimal import Decimal
    >>> evaluate("amount * 1.19", {"amount": Decimal("100.00")}).value
    Decimal('119.0000')
    >>> evaluate("amount > 5", {}).warnings[0].text_de
    'Den Namen „amount“ gibt es hier nicht.'
    """
    node = (
        parse_expression(text_or_node, variables) if isinstance(text_or_node, str) else text_or_node
    )
    return _run(_program(node), variables, now, steps_max, {})


def evaluate_unary_tests(
    text_or_node: str | Node,
    input_value: Any,
    variables: Mapping[str, Any],
    *,
    now: datetime | None = None,
    steps_max: int = STEPS_MAX,
) -> Outcome:
    """Return whether the input passes the tests of a cell; null when that cannot be said.

    >>> evaluate_unary_tests("[1..10], > 100", 5, {}).value
    True
    """
    node = (
        parse_unary_tests(text_or_node, variables)
        if isinstance(text_or_node, str)
        else text_or_node
    )
    given = {"?": value_in(input_value)}
    return _run(_program(node), variables, now, steps_max, given)


def _run(
    program: _Program,
    variables: Mapping[str, Any],
    now: datetime | None,
    steps_max: int,
    known: dict[str, Any],
) -> Outcome:
    for name in program.names:
        if name in variables and name not in known:
            known[name] = value_in(variables[name])
    runtime = Runtime(now, steps_max)
    runtime.spend(program.cost)
    try:
        value = value_out(program.run(Scope(known, None, runtime)))
    except RecursionError:
        raise FeelBudgetError("Der Ausdruck ist zu tief verschachtelt.") from None
    return Outcome(value, tuple(runtime.warnings))
