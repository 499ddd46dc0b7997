"""Compiles paths, filters, loops and functions: everything that goes into a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from laufzettel.engine.feel import temporal
from laufzettel.engine.feel.compiler import (
    MISSING,
    Run,
    compile_node,
    compiles,
    holds,
    refused,
)
from laufzettel.engine.feel.errors import FeelBudgetError
from laufzettel.engine.feel.nodes import (
    Binding,
    Filter,
    For,
    Name,
    Node,
    Path,
    Quantified,
    size,
    walk,
)
from laufzettel.engine.feel.ranges import expand
from laufzettel.engine.feel.runtime import (
    LIST_LENGTH_MAX,
    Code,
    Refusal,
    Scope,
)
from laufzettel.engine.feel.values import (
    DaysTimeDuration,
    FarDate,
    Range,
    Value,
    YearsMonthsDuration,
    fraction,
    kind_de,
)


@compiles(Path)
def _path(node: Path) -> Run:
    source, name = compile_node(node.source), node.name

    def run(scope: Scope) -> Value:
        value = source(scope)
        if type(value) is dict:
            entry = value.get(name, MISSING)
            return entry if entry is not MISSING else _no_entry(scope, node)
        if type(value) is list:
            scope.runtime.spend(len(value))
            return [member(scope, item, node) for item in value]
        return member(scope, value, node)

    return run


def _no_entry(scope: Scope, node: Path) -> None:
    scope.runtime.warn(Code.MISSING_ENTRY, f"Den Eintrag „{node.name}“ gibt es nicht.", node.at)


def member(scope: Scope, value: Value, node: Path) -> Value:
    """Return the entry of a context or the part of a date, duration or range."""
    if type(value) is dict:
        entry = value.get(node.name, MISSING)
        return entry if entry is not MISSING else _no_entry(scope, node)
    if value is None:
        text = f"null hat keinen Eintrag „{node.name}“."
        return scope.runtime.warn(Code.MISSING_ENTRY, text, node.at)
    part = PARTS.get(type(value), {}).get(node.name)
    if part is None:
        text = f"{kind_de(value)} hat keinen Eintrag „{node.name}“."
        return scope.runtime.warn(Code.MISSING_ENTRY, text, node.at)
    return part(value)


def _offset(value: datetime | time) -> Value:
    offset = temporal.offset_of(value)
    return None if offset is None else DaysTimeDuration.from_timedelta(offset)


def _zone(value: datetime | time) -> Value:
    """Return the name of the zone; an offset has none (DMN 1.5, table 66)."""
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


_DATE_PARTS: Final[dict[str, Callable[[Value], Value]]] = {
    "year": lambda value: Decimal(value.year),
    "month": lambda value: Decimal(value.month),
    "day": lambda value: Decimal(value.day),
}
_WEEKDAY: Final[dict[str, Callable[[Value], Value]]] = {
    "weekday": lambda value: Decimal(value.isoweekday())
}
_TIME_PARTS: Final[dict[str, Callable[[Value], Value]]] = {
    "hour": lambda value: Decimal(value.hour),
    "minute": lambda value: Decimal(value.minute),
    "second": lambda value: fraction(value.second * 10**6 + value.microsecond, places=6),
    "time offset": _offset,
    "timezone": _zone,
}
#: Type -> name -> how to read that part.
PARTS: Final[dict[type, dict[str, Callable[[Value], Value]]]] = {
    FarDate: _DATE_PARTS,
    date: {**_DATE_PARTS, **_WEEKDAY},
    time: _TIME_PARTS,
    datetime: {**_DATE_PARTS, **_WEEKDAY, **_TIME_PARTS},
    DaysTimeDuration: {
        "days": lambda value: Decimal(value.parts()[0]),
        "hours": lambda value: Decimal(value.parts()[1]),
        "minutes": lambda value: Decimal(value.parts()[2]),
        "seconds": lambda value: value.parts()[3],
    },
    YearsMonthsDuration: {
        "years": lambda value: Decimal(value.parts()[0]),
        "months": lambda value: Decimal(value.parts()[1]),
    },
    Range: {
        "start": lambda value: value.low,
        "end": lambda value: value.high,
        "start included": lambda value: value.low_closed,
        "end included": lambda value: value.high_closed,
    },
}


@compiles(Filter)
def _filter(node: Filter) -> Run:
    source, predicate = compile_node(node.source), compile_node(node.predicate)
    cost = size(node.predicate)

    def run(scope: Scope) -> Value:
        value = source(scope)
        if value is None:
            return scope.runtime.warn(Code.NULL_OPERAND, "null lässt sich nicht filtern.", node.at)
        items = value if type(value) is list else [value]
        if type(value) is Range:
            items = _written_down(scope, value, node)
        return _filtered(scope, items, predicate, node, cost)

    return run


def _written_down(scope: Scope, bounds: Range, node: Filter) -> list[Value]:
    items: list[Value] = []
    with suppress(_NoSourceError):
        for item in _iterate(scope, bounds, node):
            scope.runtime.spend(1)
            items.append(item)
    return items


def _filtered(scope: Scope, items: list[Value], predicate: Run, node: Filter, cost: int) -> Value:
    """Return the item at an index, or the items for which the predicate holds.

    Whether the predicate is an index is seen by evaluating it for the first item.
    """
    runtime = scope.runtime
    kept: list[Value] = []
    mark = len(runtime.warnings)
    for position, item in enumerate(items or [None]):
        runtime.spend(cost + 1)
        answer = predicate(_item_scope(scope, item))
        if type(answer) is Decimal and position == 0:
            return _item_at(scope, items, answer, node)
        if items and holds(scope, answer, node.predicate):
            kept.append(item)
    if not items:
        runtime.forget(mark)  # there was no item to be missing anything
    return kept


def _item_scope(scope: Scope, item: Value) -> Scope:
    if type(item) is dict:
        item_scope = Scope({"item": item}, scope, scope.runtime)
        return Scope(item, item_scope, scope.runtime)
    return Scope({"item": item}, scope, scope.runtime)


def _item_at(scope: Scope, items: list[Value], index: Decimal, node: Filter) -> Value:
    place = int(index) if index.adjusted() < 9 else 0
    if index == place and 1 <= abs(place) <= len(items):
        return items[place - 1 if place > 0 else place]
    text = f"Die Liste mit {len(items)} Einträgen hat keinen an der Stelle {index}."
    return scope.runtime.warn(Code.OUT_OF_RANGE, text, node.at, is_error=False)


class _NoSourceError(Exception):
    """A loop has nothing that it could go over, which is more than an empty list; it was said."""


def _iterate(scope: Scope, value: Value, node: Node) -> Iterator[Value]:
    """Yield what a loop goes over: items of a list, members of a range, a single value.

    Raises _NoSourceError.
    """
    if type(value) is list:
        yield from value
    elif type(value) is Range:
        try:
            yield from expand(value)
        except Refusal as refusal:
            refused(scope, refusal, node)
            raise _NoSourceError from None
    elif value is None:
        text = "null ist keine Liste, die man durchlaufen kann."
        scope.runtime.warn(Code.NULL_OPERAND, text, node.at)
        raise _NoSourceError
    else:
        yield value


def _turns(scope: Scope, bindings: list[tuple[Binding, Run]], cost: int) -> Iterator[Scope]:
    """Yield one scope for every combination of the bindings, the last one moving fastest."""
    binding, source = bindings[0]
    for item in _iterate(scope, source(scope), binding):
        scope.runtime.spend(cost)
        inner = Scope({binding.name: item}, scope, scope.runtime)
        if len(bindings) > 1:
            yield from _turns(inner, bindings[1:], cost)
        else:
            yield inner


def _compiled(bindings: tuple[Binding, ...]) -> list[tuple[Binding, Run]]:
    return [(binding, compile_node(binding.source)) for binding in bindings]


def _cost_of_turn(node: For | Quantified) -> int:
    """Return the steps of one turn: the body, and what inner bindings evaluate again."""
    return 1 + size(node.body) + sum(size(binding.source) for binding in node.bindings[1:])


def _null_without_source(loop: Run) -> Run:
    def run(scope: Scope) -> Value:
        try:
            return loop(scope)
        except _NoSourceError:
            return None

    return run


@compiles(For)
def _for(node: For) -> Run:
    bindings, body = _compiled(node.bindings), compile_node(node.body)
    cost = _cost_of_turn(node)
    is_partial = any(isinstance(part, Name) and part.name == "partial" for part in walk(node))

    def run(scope: Scope) -> Value:
        results: list[Value] = []
        outer = Scope({"partial": []}, scope, scope.runtime)
        for turn in _turns(outer, bindings, cost):
            if is_partial:  # a copy: the results so far must not hold themselves
                scope.runtime.spend(len(results))
                turn = Scope({**turn.variables, "partial": results[:]}, turn, scope.runtime)
            results.append(body(turn))
            if len(results) > LIST_LENGTH_MAX:
                raise FeelBudgetError(f"„for“ ergibt mehr als {LIST_LENGTH_MAX} Einträge.")
        return results

    return _null_without_source(run)


@compiles(Quantified)
def _quantified(node: Quantified) -> Run:
    bindings, body = _compiled(node.bindings), compile_node(node.body)
    cost = _cost_of_turn(node)
    every = node.every

    def run(scope: Scope) -> Value:
        mark = len(scope.runtime.warnings)
        is_known = True
        for turn in _turns(scope, bindings, cost):
            answer = body(turn)
            if answer is (not every):
                scope.runtime.soften(mark)
                return not every
            if answer is not every:
                is_known = False
                holds(turn, answer, node.body)
        return every if is_known else None

    return _null_without_source(run)
