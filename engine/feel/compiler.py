"""Turns a syntax tree into closures once, so that evaluating it is calling them.

Each kind of node has one function that returns ``(scope) -> value``. The budget is charged
in advance: the whole tree once, a loop its body for every turn, a call the body it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

from laufzettel.engine.feel import operators
from laufzettel.engine.feel.nodes import (
    Arithmetic,
    AtLiteral,
    Between,
    Comparison,
    ContextNode,
    If,
    ListNode,
    Literal,
    Logic,
    Name,
    Negate,
    Node,
    RangeNode,
)
from laufzettel.engine.feel.runtime import Code, Refusal, Scope
from laufzettel.engine.feel.values import FarDate, Range, Value, kind_de

Run: TypeAlias = Callable[[Scope], Value]
Compile: TypeAlias = Callable[[Any], Run]

MISSING: Final = object()

#: Node class -> its compiler; filled by this module and its three neighbours.
COMPILERS: Final[dict[type[Node], Compile]] = {}


def compiles(node_type: type[Node]) -> Callable[[Compile], Compile]:
    """Register the compiler of one kind of node."""

    def register(function: Compile) -> Compile:
        COMPILERS[node_type] = function
        return function

    return register


def compile_node(node: Node) -> Run:
    """Return the closure of a node."""
    return COMPILERS[type(node)](node)


@compiles(Literal)
def _literal(node: Literal) -> Run:
    value = node.value
    return lambda scope: value


@compiles(AtLiteral)
def _at_literal(node: AtLiteral) -> Run:
    value, at = node.value, node.at
    if isinstance(value, FarDate):
        return lambda scope: far_date(scope, value, node)
    if value is not None:
        return lambda scope: value
    text = f"„{node.text[:40]}“ ist kein Datum, keine Uhrzeit und keine Dauer."
    return lambda scope: scope.runtime.warn(Code.FAILED_CONVERSION, text, at)


def far_date(scope: Scope, value: FarDate, node: Node) -> FarDate:
    """Return the day with the warning that nothing can be reckoned with it."""
    scope.runtime.warn(Code.FAR_DATE, f"{value} liegt außerhalb der Jahre 1 bis 9999.", node.at)
    return value


@compiles(Name)
def _name(node: Name) -> Run:
    name = node.name

    def run(scope: Scope) -> Value:
        value = scope.variables.get(name, MISSING)
        return value if value is not MISSING else look_further(scope, node)

    return run


def look_further(scope: Scope, node: Name) -> Value:
    """Return the variable from the outer scopes, or null with an error."""
    outer = scope.outer
    while outer is not None:
        value = outer.variables.get(node.name, MISSING)
        if value is not MISSING:
            return value
        outer = outer.outer
    return scope.runtime.warn(
        Code.UNKNOWN_NAME, f"Den Namen „{node.name}“ gibt es hier nicht.", node.at
    )


def refused(scope: Scope, refusal: Refusal, node: Node) -> Value:
    """Remember why a node is null, and return null."""
    return scope.runtime.warn(refusal.code, refusal.text_de, node.at, is_error=refusal.is_error)


@compiles(Arithmetic)
def _arithmetic(node: Arithmetic) -> Run:
    left, right, op = compile_node(node.left), compile_node(node.right), node.op

    def run(scope: Scope) -> Value:
        try:
            return operators.calculate(op, left(scope), right(scope))
        except Refusal as refusal:
            return refused(scope, refusal, node)

    return run


@compiles(Negate)
def _negate(node: Negate) -> Run:
    operand = compile_node(node.operand)

    def run(scope: Scope) -> Value:
        try:
            return operators.negate(operand(scope))
        except Refusal as refusal:
            return refused(scope, refusal, node)

    return run


@compiles(Comparison)
def _comparison(node: Comparison) -> Run:
    left, right = compile_node(node.left), compile_node(node.right)
    if node.op in ("=", "!="):
        return _equality(node, left, right)
    return _ordering(node, left, right)


def _equality(node: Comparison, left: Run, right: Run) -> Run:
    wanted = node.op == "="

    def run(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        if type(a) is type(b) is str:
            return (a == b) is wanted
        return same(scope, a, b, node, wanted=wanted)

    return run


def same(scope: Scope, a: Value, b: Value, node: Node, *, wanted: bool = True) -> Value:
    """Return whether the values are equal, as ``wanted``; null with a warning if unrelated."""
    answer = operators.equal(a, b, scope.runtime)
    if answer is None:
        text = f"{kind_de(a)} und {kind_de(b)} lassen sich nicht vergleichen."
        return scope.runtime.warn(Code.WRONG_TYPE, text, node.at)
    return answer is wanted


#: What the outcome of ``compare`` must be for each operator.
_WANTED: Final = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}


def _ordering(node: Comparison, left: Run, right: Run) -> Run:
    op, wanted = node.op, _WANTED[node.op]

    def run(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        if type(a) is Decimal and type(b) is Decimal:
            if op == ">":
                return a > b
            if op == "<":
                return a < b
            return a >= b if op == ">=" else a <= b
        return ordered(scope, a, b, node, wanted)

    return run


def ordered(scope: Scope, a: Value, b: Value, node: Node, wanted: tuple[int, ...]) -> Value:
    """Return whether ``a`` stands to ``b`` as wanted; null with an error without an order."""
    try:
        return operators.compare(a, b) in wanted
    except Refusal as refusal:
        return refused(scope, refusal, node)


@compiles(Between)
def _between(node: Between) -> Run:
    value, low, high = (compile_node(part) for part in (node.value, node.low, node.high))

    def run(scope: Scope) -> Value:
        try:
            return operators.in_range(value(scope), Range(low(scope), high(scope)))
        except Refusal as refusal:
            return refused(scope, refusal, node)

    return run


@compiles(Logic)
def _logic(node: Logic) -> Run:
    operands = [compile_node(operand) for operand in node.operands]
    decisive = node.op == "or"  # true decides an "or", false an "and"

    def run(scope: Scope) -> Value:
        runtime = scope.runtime
        mark = len(runtime.warnings)
        is_known = True
        for operand in operands:
            value = operand(scope)
            if value is decisive:
                runtime.soften(mark)
                return decisive
            if value is (not decisive):
                continue
            is_known = False
            if value is not None:
                text = f"„{node.op}“ verbindet Wahrheitswerte, nicht {kind_de(value)}."
                runtime.warn(Code.WRONG_TYPE, text, node.at)
        return not decisive if is_known else None

    return run


def holds(scope: Scope, value: Value, node: Node) -> bool:
    """Return whether a condition is met; null is not, and says so."""
    if value is True or value is False:
        return bool(value)
    if value is None:
        text = "Die Bedingung ist null und gilt als nicht erfüllt."
        scope.runtime.warn(Code.NULL_CONDITION, text, node.at, is_error=False)
    else:
        text = f"Die Bedingung ist kein Wahrheitswert, sondern: {kind_de(value)}."
        scope.runtime.warn(Code.WRONG_TYPE, text, node.at)
    return False


@compiles(If)
def _if(node: If) -> Run:
    condition, then = compile_node(node.condition), compile_node(node.then)
    otherwise = compile_node(node.otherwise)

    def run(scope: Scope) -> Value:
        is_met = holds(scope, condition(scope), node.condition)
        return then(scope) if is_met else otherwise(scope)

    return run


@compiles(ListNode)
def _list(node: ListNode) -> Run:
    items = [compile_node(item) for item in node.items]
    return lambda scope: [item(scope) for item in items]


@compiles(ContextNode)
def _context(node: ContextNode) -> Run:
    entries = [(entry.key, compile_node(entry.value)) for entry in node.entries]
    twice = {entry.key: entry for entry in node.entries if _count(node, entry.key) > 1}

    def run(scope: Scope) -> Value:
        if twice:
            key, entry = next(iter(twice.items()))
            return scope.runtime.warn(
                Code.DUPLICATE_KEY, f"Der Eintrag „{key}“ steht zweimal da.", entry.at
            )
        context: dict[str, Value] = {}
        inner = Scope(context, scope, scope.runtime)
        for key, value in entries:
            context[key] = value(inner)
        return context

    return run


def _count(node: ContextNode, key: str) -> int:
    return sum(entry.key == key for entry in node.entries)


@compiles(RangeNode)
def _range(node: RangeNode) -> Run:
    low = compile_node(node.low) if node.low else None
    high = compile_node(node.high) if node.high else None

    def run(scope: Scope) -> Value:
        start = low(scope) if low else None
        end = high(scope) if high else None
        if (low and start is None) or (high and end is None):
            return scope.runtime.warn(Code.NULL_OPERAND, "Ein Ende des Bereichs ist null.", node.at)
        return Range(
            start,
            end,
            node.low_closed,
            node.high_closed,
            low_missing=low is None,
            high_missing=high is None,
        )

    return run
