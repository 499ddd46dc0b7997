"""Cuts the values of a table's column into regions in which every cell says the same.

The constants of the cells are the cuts; a region is a cut itself or what lies between two,
above the last or below the first, and one value stands for it. A cell of constants, ranges
and comparisons with ``?`` is then judged by asking it for that one value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cmp_to_key
from itertools import pairwise
from typing import Final

from laufzettel.engine.feel import operators
from laufzettel.engine.feel.check import called_functions, free_names
from laufzettel.engine.feel.evaluator import evaluate
from laufzettel.engine.feel.nodes import (
    AnyInput,
    Between,
    Call,
    Comparison,
    In,
    ListNode,
    Logic,
    Name,
    Node,
    OperatorTest,
    UnaryTests,
    walk,
)
from laufzettel.engine.feel.runtime import Refusal
from laufzettel.engine.feel.values import (
    DaysTimeDuration,
    Range,
    Value,
    YearsMonthsDuration,
    kind,
)

_CLOCK: Final = frozenset({"now", "today"})
#: A text that no cell names, to stand for all others.
_OTHER: Final = "(anderer Text)"


class NotAnalysableError(Exception):
    """The cell depends on more than its column; the argument is its text or a reason."""


def constants(node: Node) -> Iterator[Value]:
    """Yield the constants that a cell compares its input with.

    Raises NotAnalysableError for a cell that asks for anything else.
    """
    if isinstance(node, AnyInput):
        return
    if isinstance(node, (UnaryTests, In)):
        if isinstance(node, In):
            _require_input(node.value)
        for test in node.tests:
            yield from constants(test)
    elif isinstance(node, OperatorTest):
        yield from _constant(node.value)
    elif _asks_for_input(node):
        yield from _condition(node)
    else:
        yield from _constant(node)


def _asks_for_input(node: Node) -> bool:
    return any(isinstance(part, Name) and part.name == "?" for part in walk(node))


def _require_input(node: Node) -> None:
    if not (isinstance(node, Name) and node.name == "?"):
        raise NotAnalysableError


def _condition(node: Node) -> Iterator[Value]:
    """Yield the constants of a condition on ``?`` that is made of plain comparisons."""
    if isinstance(node, Logic):
        for operand in node.operands:
            yield from constants(operand)
    elif isinstance(node, Comparison):
        left, right = node.left, node.right
        other = right if isinstance(left, Name) else left
        _require_input(left if other is right else right)
        yield from _constant(other)
    elif isinstance(node, Between):
        _require_input(node.value)
        yield from _constant(node.low)
        yield from _constant(node.high)
    elif isinstance(node, In):
        yield from constants(node)
    elif isinstance(node, Call) and _is_not(node) and _asks_for_input(node.args[0]):
        yield from _condition(node.args[0])
    else:
        raise NotAnalysableError


def _is_not(node: Call) -> bool:
    return isinstance(node.callee, Name) and node.callee.name == "not" and len(node.args) == 1


def _constant(node: Node) -> Iterator[Value]:
    """Yield the value of an expression that no data can change, a list one by one."""
    if isinstance(node, ListNode):
        for item in node.items:
            yield from _constant(item)
        return
    if _asks_for_input(node) or free_names(node) or called_functions(node) & _CLOCK:
        raise NotAnalysableError
    outcome = evaluate(node, {})
    if outcome.errors:
        raise NotAnalysableError
    yield from _scalars(outcome.value)


def _scalars(value: Value) -> Iterator[Value]:
    if isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif isinstance(value, Range):
        if not value.low_missing:
            yield value.low
        if not value.high_missing:
            yield value.high
    elif value is not None:
        yield value


def samples(cuts: Iterable[Value]) -> list[Value]:
    """Return one value for each region between and at the cuts; null when there are none.

    Raises NotAnalysableError for cuts of several kinds.

    >>> [str(value) for value in samples([Decimal(10), Decimal(5)])]
    ['4', '5', '7.5', '10', '11']
    >>> samples([True])
    [True, False]
    """
    found = list(cuts)
    kinds = {kind(value) for value in found}
    if not found:
        return [None]
    if len(kinds) > 1:
        raise NotAnalysableError
    if kinds == {"boolean"}:
        return [True, False]
    if kinds == {"string"}:
        named = dict.fromkeys(found)
        # A blank behind a text is next to nothing: no other cell of these lies between the two.
        return [*named, _OTHER, "", *(f"{text} " for text in named)]
    return _on_a_line(found)


def _on_a_line(found: list[Value]) -> list[Value]:
    try:
        ordered = sorted(found, key=cmp_to_key(operators.compare))
        cuts = [ordered[0]]
        for value in ordered[1:]:
            if operators.compare(value, cuts[-1]) > 0:
                cuts.append(value)
        picked = [_beside(cuts[0], -1)]
        for low, high in pairwise(cuts):
            picked += [low, _between(low, high)]
        return [value for value in (*picked, cuts[-1], _beside(cuts[-1], 1)) if value is not None]
    except (Refusal, OverflowError, ValueError, TypeError):
        raise NotAnalysableError from None


def _beside(value: Value, sign: int) -> Value:
    """Return a value a little below or above."""
    if isinstance(value, Decimal):
        return value + sign
    if isinstance(value, DaysTimeDuration):
        return DaysTimeDuration(value.nanoseconds + sign * 3600 * 10**9)
    if isinstance(value, YearsMonthsDuration):
        return YearsMonthsDuration(value.months + sign)
    if isinstance(value, time):
        return _time_beside(value, sign)
    if isinstance(value, date):  # a moment, too
        return value + timedelta(days=sign)
    raise NotAnalysableError


def _time_beside(value: time, sign: int) -> time | None:
    moment = datetime.combine(date(2000, 1, 2), value.replace(tzinfo=None))
    moved = moment + timedelta(seconds=sign)
    is_same_day = moved.date() == moment.date()
    return moved.time().replace(tzinfo=value.tzinfo) if is_same_day else None


def _between(low: Value, high: Value) -> Value:
    """Return a value between the two, or None where there is none."""
    if isinstance(low, Decimal):
        return (low + high) / 2
    if isinstance(low, DaysTimeDuration):
        middle = (low.nanoseconds + high.nanoseconds) // 2
        return DaysTimeDuration(middle) if middle > low.nanoseconds else None
    if isinstance(low, YearsMonthsDuration):
        middle = (low.months + high.months) // 2
        return YearsMonthsDuration(middle) if middle > low.months else None
    if isinstance(low, time):
        after = _time_beside(low, 1)
        return after if after is not None and operators.compare(after, high) < 0 else None
    middle = low + (high - low) / 2
    return middle if operators.compare(low, middle) < 0 else None
