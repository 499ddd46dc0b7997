"""Compiles ``in``, ``instance of`` and unary tests: whether a value passes a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from laufzettel.engine.feel import operators
from laufzettel.engine.feel.compiler import Run, compile_node, compiles, refused, same
from laufzettel.engine.feel.nodes import (
    AnyInput,
    Between,
    Call,
    Comparison,
    In,
    InstanceOf,
    Logic,
    Name,
    Node,
    OperatorTest,
    Quantified,
    RangeNode,
    UnaryTests,
    walk,
)
from laufzettel.engine.feel.runtime import (
    Code,
    Refusal,
    Runtime,
    Scope,
)
from laufzettel.engine.feel.types import SIMPLE, FeelType
from laufzettel.engine.feel.values import (
    DaysTimeDuration,
    Function,
    Range,
    Value,
    YearsMonthsDuration,
    kind,
    kind_de,
)

#: (scope, input) -> whether it passes; None when that cannot be said.
Check: TypeAlias = Callable[[Scope, Value], Value]

#: A test of these kinds says itself whether it holds, even without naming ``?``.
_CONDITIONS = (Comparison, Logic, Between, In, Quantified, InstanceOf, Call)
_WANTED = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}


def compile_test(node: Node) -> Check:
    """Return the closure that puts an input to one test."""
    if isinstance(node, AnyInput):
        return lambda scope, value: True
    if isinstance(node, OperatorTest):
        return _with_operator(node)
    if any(isinstance(part, Name) and part.name == "?" for part in walk(node)):
        return _condition(node)
    return _value_test(node)


def _with_operator(node: OperatorTest) -> Check:
    bound = compile_node(node.value)
    if node.op in ("=", "!="):
        wanted = node.op == "="
        return lambda scope, value: same(scope, value, bound(scope), node, wanted=wanted)
    wanted_orders = _WANTED[node.op]

    def check(scope: Scope, value: Value) -> Value:
        try:
            return operators.compare(value, bound(scope)) in wanted_orders
        except Refusal as refusal:
            return refused(scope, refusal, node)

    return check


def _condition(node: Node) -> Check:
    condition = compile_node(node)

    def check(scope: Scope, value: Value) -> Value:
        answer = condition(Scope({"?": value}, scope, scope.runtime))
        if answer is None or type(answer) is bool:
            return answer
        text = f"Eine Prüfung mit „?“ ergibt einen Wahrheitswert, nicht: {kind_de(answer)}."
        return scope.runtime.warn(Code.WRONG_TYPE, text, node.at)

    return check


def _value_test(node: Node) -> Check:
    expected = compile_node(node)
    is_condition = isinstance(node, _CONDITIONS)
    is_range = isinstance(node, RangeNode)

    def check(scope: Scope, value: Value) -> Value:
        wanted = expected(scope)
        if is_condition and type(wanted) is bool and type(value) is not bool:
            return wanted
        if wanted is None and is_range:
            return None  # an end of the range is null, which has been said
        return passes(scope, value, wanted, node)

    return check


def passes(scope: Scope, value: Value, wanted: Value, node: Node) -> Value:
    """Return whether the value is the wanted one, lies in it or is one of it."""
    if type(wanted) is Range:
        try:
            return operators.in_range(value, wanted)
        except Refusal as refusal:
            return refused(scope, refusal, node)
    answer = operators.equal(value, wanted, scope.runtime)
    if answer is True:
        return True
    if type(wanted) is list:
        return _is_one_of(scope, value, wanted)
    if answer is None:
        text = f"Die Prüfung erwartet {kind_de(wanted)}, der Wert ist: {kind_de(value)}."
        scope.runtime.warn(Code.OTHER_KIND, text, node.at, is_error=False)
    return False


def _is_one_of(scope: Scope, value: Value, wanted: list[Value]) -> bool:
    scope.runtime.spend(len(wanted))
    return any(_fits_item(scope.runtime, value, item) for item in wanted)


def _fits_item(runtime: Runtime, value: Value, item: Value) -> bool:
    if operators.equal(value, item, runtime) is True:
        return True
    if type(item) is list and type(value) is not list:  # [[1..3], [5..7]]: ranges in lists
        return any(_fits_item(runtime, value, inner) for inner in item)
    if type(item) is not Range:
        return False
    try:
        return operators.in_range(value, item)
    except Refusal:
        return False


def any_passes(checks: list[Check], scope: Scope, value: Value) -> Value:
    """Return whether the value passes one of the tests; None when none says yes or all no."""
    mark = len(scope.runtime.warnings)
    is_known = True
    for check in checks:
        answer = check(scope, value)
        if answer:
            scope.runtime.soften(mark)
            return True
        is_known = is_known and answer is False
    return False if is_known else None


@compiles(In)
def _in(node: In) -> Run:
    value = compile_node(node.value)
    checks = [compile_test(test) for test in node.tests]
    return lambda scope: any_passes(checks, scope, value(scope))


@compiles(UnaryTests)
def _unary_tests(node: UnaryTests) -> Run:
    checks = [compile_test(test) for test in node.tests]
    negated = node.negated

    def run(scope: Scope) -> Value:
        value = scope.variables["?"]
        mark = len(scope.runtime.warnings)
        answer = any_passes(checks, scope, value)
        if value is None:
            # A table may ask for null in one rule and for numbers in the next.
            scope.runtime.soften(mark)
        return (not answer) if negated and answer is not None else answer

    return run


@compiles(InstanceOf)
def _instance_of(node: InstanceOf) -> Run:
    value = compile_node(node.value)
    text = node.type.unknown_de()

    def run(scope: Scope) -> Value:
        if not node.type.is_known(scope.runtime.types):
            return scope.runtime.warn(Code.UNSUPPORTED, text, node.at)
        return is_instance(value(scope), node.type, scope.runtime)

    return run


def is_instance(value: Value, wanted: FeelType, runtime: Runtime | None = None) -> bool:
    """Return whether the value is of the type; null is of the type Null alone.

    The runtime knows types that a file defines.

    >>> is_instance(["a"], FeelType(name="list", arguments=(FeelType(name="string"),)))
    True
    """
    if runtime is not None and wanted.name in runtime.types:
        return runtime.types[wanted.name](value, runtime)
    name = SIMPLE[wanted.name]
    if name == "any":
        return value is not None
    if name == "duration":
        return isinstance(value, (DaysTimeDuration, YearsMonthsDuration))
    if kind(value) != name:
        return False
    if not wanted.arguments:
        return True
    return _has_arguments(value, wanted, runtime)


def _has_arguments(value: Value, wanted: FeelType, runtime: Runtime | None) -> bool:
    inner = wanted.arguments
    if wanted.keys:
        return all(
            key in value and is_instance(value[key], type_, runtime)
            for key, type_ in zip(wanted.keys, inner, strict=True)
        )
    if isinstance(value, list):
        return all(is_instance(item, inner[0], runtime) for item in value)
    if isinstance(value, Range):
        ends = [end for end in (value.low, value.high) if end is not None]
        return all(is_instance(end, inner[0], runtime) for end in ends)
    if isinstance(value, Function):
        return value.parameters is None or len(value.parameters) == len(inner)
    return False
