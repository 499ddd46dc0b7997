"""Compiles paths, filters, loops and functions: everything that goes into a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from laufzettel.engine.feel import temporal
from laufzettel.engine.feel.builtins import (
    as_value,
    call_builtin,
    is_builtin,
    takes_functions,
)
from laufzettel.engine.feel.compile_tests import is_instance
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
    Call,
    Filter,
    For,
    FunctionDefinition,
    Name,
    Node,
    Parameter,
    Path,
    Quantified,
    height,
    size,
    walk,
)
from laufzettel.engine.feel.ranges import expand
from laufzettel.engine.feel.runtime import (
    DEPTH_MAX,
    LIST_LENGTH_MAX,
    Code,
    Refusal,
    Runtime,
    Scope,
    invoke,
)
from laufzettel.engine.feel.values import (
    DaysTimeDuration,
    FarDate,
    Function,
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


def _iterate(scope: Scope, value: Value, node: Node) -> Iterator[Value]:
    """Yield what a loop goes over: items of a list, members of a range, a single value."""
    if type(value) is list:
        yield from value
    elif type(value) is Range:
        try:
            yield from expand(value)
        except Refusal as refusal:
            refused(scope, refusal, node)
    elif value is None:
        text = "null ist keine Liste, die man durchlaufen kann."
        scope.runtime.warn(Code.NULL_OPERAND, text, node.at)
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


def _failed_source(scope: Scope, mark: int) -> bool:
    """Return whether a loop had nothing to go over because of an error since ``mark``."""
    return any(warning.is_error for warning in scope.runtime.warnings[mark:])


@compiles(For)
def _for(node: For) -> Run:
    bindings, body = _compiled(node.bindings), compile_node(node.body)
    cost = _cost_of_turn(node)
    is_partial = any(isinstance(part, Name) and part.name == "partial" for part in walk(node))

    def run(scope: Scope) -> Value:
        results: list[Value] = []
        mark = len(scope.runtime.warnings)
        outer = Scope({"partial": []}, scope, scope.runtime)
        for turn in _turns(outer, bindings, cost):
            if is_partial:  # a copy: the results so far must not hold themselves
                scope.runtime.spend(len(results))
                turn = Scope({**turn.variables, "partial": results[:]}, turn, scope.runtime)
            results.append(body(turn))
            if len(results) > LIST_LENGTH_MAX:
                raise FeelBudgetError(f"„for“ ergibt mehr als {LIST_LENGTH_MAX} Einträge.")
        if not results and _failed_source(scope, mark):
            return None
        return results

    return run


@compiles(Quantified)
def _quantified(node: Quantified) -> Run:
    bindings, body = _compiled(node.bindings), compile_node(node.body)
    cost = _cost_of_turn(node)
    every = node.every

    def run(scope: Scope) -> Value:
        mark = len(scope.runtime.warnings)
        is_known, is_empty = True, True
        for turn in _turns(scope, bindings, cost):
            is_empty = False
            answer = body(turn)
            if answer is (not every):
                scope.runtime.soften(mark)
                return not every
            if answer is not every:
                is_known = False
                holds(turn, answer, node.body)
        if not is_known or (is_empty and _failed_source(scope, mark)):
            return None
        return every

    return run


@compiles(FunctionDefinition)
def _function(node: FunctionDefinition) -> Run:
    if node.external:
        text = "Funktionen mit „external“ werden nicht ausgeführt."
        return lambda scope: scope.runtime.warn(Code.UNSUPPORTED, text, node.at)
    body, cost, levels = compile_node(node.body), size(node.body), height(node.body) + 2
    names = tuple(parameter.name for parameter in node.parameters)

    def run(scope: Scope) -> Value:
        def call(runtime: Runtime, *args: Value) -> Value:
            runtime.spend(cost)
            runtime.depth += levels
            if runtime.depth > DEPTH_MAX:
                raise FeelBudgetError("Funktionen rufen sich zu oft gegenseitig auf.")
            try:
                bound = _bound(Scope({}, scope, runtime), node.parameters, args)
                return None if bound is None else body(Scope(bound, scope, runtime))
            finally:
                runtime.depth -= levels

        return Function("function", names, call)

    return run


def _bound(
    scope: Scope, parameters: tuple[Parameter, ...], args: tuple[Value, ...]
) -> dict[str, Value] | None:
    """Return the arguments by name as their types want them; None with an error else."""
    bound: dict[str, Value] = {}
    for parameter, value in zip(parameters, args, strict=True):
        wanted = parameter.type
        bound[parameter.name] = value
        if wanted is None or value is None or not wanted.is_known(scope.runtime.types):
            continue
        fitting = [one for one in _conversions(value) if is_instance(one, wanted, scope.runtime)]
        if not fitting:
            text = f"„{parameter.name}“ soll {wanted.name} sein, ist aber {kind_de(value)}."
            return scope.runtime.warn(Code.WRONG_TYPE, text, parameter.at)  # type: ignore[no-any-return]  # null
        bound[parameter.name] = fitting[0]
    return bound


def _conversions(value: Value) -> Iterator[Value]:
    """Yield the value and what the standard lets it become (DMN 1.5, 10.3.2.9.4)."""
    yield value
    if type(value) is list and len(value) == 1:
        yield value[0]
    if type(value) is date:
        yield datetime.combine(value, time(), tzinfo=UTC)


@compiles(Call)
def _call(node: Call) -> Run:
    callee = node.callee
    handed_on = takes_functions(callee)
    args = [_argument(arg) if handed_on else compile_node(arg) for arg in node.args]
    if isinstance(callee, Name) and is_builtin(callee.name):
        return _builtin_or_variable(node, callee.name, args)
    function = compile_node(callee)

    def run(scope: Scope) -> Value:
        return call_value(scope, function(scope), [arg(scope) for arg in args], node)

    return run


def _argument(node: Node) -> Run:
    """Compile an argument that may be the bare name of a built-in: ``f(sum)``."""
    run = compile_node(node)
    builtin = as_value(node.name) if isinstance(node, Name) else None
    if builtin is None or not isinstance(node, Name):
        return run

    def variable_or_builtin(scope: Scope) -> Value:
        seeker: Scope | None = scope
        while seeker is not None and node.name not in seeker.variables:
            seeker = seeker.outer
        return builtin if seeker is None else seeker.variables[node.name]

    return variable_or_builtin


def _builtin_or_variable(node: Call, name: str, args: list[Run]) -> Run:
    """Call the built-in, unless a variable of the same name holds a function."""

    def run(scope: Scope) -> Value:
        seeker: Scope | None = scope
        while seeker is not None:
            value = seeker.variables.get(name)
            if type(value) is Function:
                return call_value(scope, value, [arg(scope) for arg in args], node)
            seeker = seeker.outer
        try:
            return call_builtin(name, scope, args, node)
        except Refusal as refusal:
            return refused(scope, refusal, node)

    return run


def call_value(scope: Scope, function: Value, args: list[Value], node: Call) -> Value:
    """Return what a function value answers; null with an error when it cannot be called."""
    if type(function) is not Function:
        if function is None and scope.runtime.warnings:
            return None  # an unknown name has already been reported
        text = f"Hier wird etwas aufgerufen, das keine Funktion ist: {kind_de(function)}."
        return scope.runtime.warn(Code.UNKNOWN_FUNCTION, text, node.at)
    try:
        if node.names:
            args = _by_name(function, node, args)
        return invoke(scope.runtime, function, args)
    except Refusal as refusal:
        return refused(scope, refusal, node)


def _by_name(function: Function, node: Call, args: list[Value]) -> list[Value]:
    """Return the arguments in order; those that are not given are null (10.3.2.13.5)."""
    given = dict(zip(node.names, args, strict=True))
    if function.parameters is None or not set(given) <= set(function.parameters):
        raise Refusal(Code.BAD_ARGUMENT, "Die Namen der Parameter passen nicht zur Funktion.")
    return [given.get(name) for name in function.parameters]
