"""All built-in functions together, and how a call reaches one."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NoReturn

# Imported for what they register.
import laufzettel.engine.feel.builtins_dates
import laufzettel.engine.feel.builtins_lists
import laufzettel.engine.feel.builtins_numbers
import laufzettel.engine.feel.builtins_ranges
import laufzettel.engine.feel.builtins_texts
import laufzettel.engine.feel.builtins_values  # noqa: F401
from laufzettel.engine.feel.nodes import Call, Name, Node
from laufzettel.engine.feel.runtime import Code, Refusal, Runtime, Scope, checked_size
from laufzettel.engine.feel.signatures import REGISTRY, candidates
from laufzettel.engine.feel.values import Function, Value

#: What asks about a missing variable or entry takes these errors back.
_ABSENT: Final = (Code.UNKNOWN_NAME, Code.MISSING_ENTRY)


def is_builtin(name: str) -> bool:
    """Return whether a function of this name exists without anybody declaring it."""
    return name in REGISTRY or name in SPECIAL


def takes_functions(callee: Node) -> bool:
    """Return whether a built-in may be handed on to what is called here by its bare name.

    Only then: ``amount`` in ``max(amount, 5)`` is a variable or nothing.
    """
    if not isinstance(callee, Name) or not is_builtin(callee.name):
        return True
    ways = REGISTRY.get(callee.name, ())
    return any(part.kinds == {"function"} for way in ways for part in way.parameters)


def call_builtin(
    name: str, scope: Scope, args: list[Callable[[Scope], Value]], node: Call
) -> Value:
    """Return the answer of the built-in. Raises Refusal when it has none."""
    special = SPECIAL.get(name)
    if special:
        return special(scope, args, node)
    values = [arg(scope) for arg in args]
    return call_with_values(name, scope.runtime, values, node.names)


def call_with_values(
    name: str, runtime: Runtime, values: list[Value], names: tuple[str, ...] = ()
) -> Value:
    """Return the answer for these arguments, by the first way to call that accepts them."""
    runtime.spend(1 + sum(len(value) for value in values if type(value) is list))
    refusal: Refusal | None = None
    for way in candidates(name, len(values), names):
        try:
            bound = way.bind(values, names)
        except Refusal as reason:
            refusal = refusal or reason
            continue
        return checked_size(way.answer(runtime, *bound))
    return _refuse(refusal)


def _refuse(refusal: Refusal | None) -> NoReturn:
    raise refusal or AssertionError("there is always a way to call a function")


@lru_cache(maxsize=512)
def as_value(name: str) -> Function | None:
    """Return the built-in as a value that can be handed on, or None."""
    if name not in REGISTRY:
        return None

    def call(runtime: Runtime, *args: Value) -> Value:
        return call_with_values(name, runtime, list(args))

    return Function(name, None, call)


def _is_defined(scope: Scope, args: list[Callable[[Scope], Value]], node: Call) -> bool:
    if len(args) != 1:
        raise Refusal(Code.BAD_ARGUMENT, "So wird „is defined“ aufgerufen: is defined(value).")
    mark = len(scope.runtime.warnings)
    args[0](scope)
    new = scope.runtime.warnings[mark:]
    is_absent = any(warning.code in _ABSENT for warning in new)
    scope.runtime.warnings[mark:] = [w for w in new if w.code not in _ABSENT]
    return not is_absent


def _get_or_else(scope: Scope, args: list[Callable[[Scope], Value]], node: Call) -> Value:
    if len(args) != 2:
        raise Refusal(
            Code.BAD_ARGUMENT, "So wird „get or else“ aufgerufen: get or else(value, default)."
        )
    value, default = args if node.names != ("default", "value") else reversed(args)
    mark = len(scope.runtime.warnings)
    found = value(scope)
    new = scope.runtime.warnings[mark:]
    scope.runtime.warnings[mark:] = [w for w in new if w.code not in _ABSENT]
    return default(scope) if found is None else found


#: Functions that look at their arguments before these are evaluated, with their parameters.
SPECIAL: Final[dict[str, Callable[[Scope, list[Callable[[Scope], Value]], Call], Value]]] = {
    "is defined": _is_defined,
    "get or else": _get_or_else,
}
FUNCTION_NAMES: Final = (*REGISTRY, *SPECIAL)
