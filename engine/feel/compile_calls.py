"""Compiles functions and their calls: closures, conversions of arguments, built-ins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from laufzettel.engine.feel.builtins import as_value, call_builtin, is_builtin, takes_functions
from laufzettel.engine.feel.compile_tests import is_instance
from laufzettel.engine.feel.compiler import Run, compile_node, compiles, refused
from laufzettel.engine.feel.errors import FeelBudgetError
from laufzettel.engine.feel.nodes import (
    Call,
    FunctionDefinition,
    Name,
    Node,
    Parameter,
    height,
    size,
)
from laufzettel.engine.feel.runtime import (
    DEPTH_MAX,
    Code,
    Refusal,
    Runtime,
    Scope,
    invoke,
)
from laufzettel.engine.feel.values import Function, Value, kind_de


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
