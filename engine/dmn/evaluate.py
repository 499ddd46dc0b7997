"""Evaluating a decision: its requirements once each, then its logic, with a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laufzettel.engine.dmn.library import Compiled, Library
from laufzettel.engine.dmn.nodes import DmnRuntime, Fired, fitted, say
from laufzettel.engine.dmn.source import Decision, InputData, Key, Knowledge, Service
from laufzettel.engine.feel.border import value_in, value_out
from laufzettel.engine.feel.errors import FeelBudgetError
from laufzettel.engine.feel.runtime import Code, Scope, Warning_
from laufzettel.engine.feel.values import Function, Value
from laufzettel.errors import NotFoundError

#: Steps of FEEL for a decision with all that it requires: ten times those of an expression.
STEPS_MAX: Final = 100_000
#: Decisions that require each other in a chain.
CHAIN_MAX: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One decision that was evaluated: what it saw, which rules matched, what came out."""

    decision: str  # id
    name: str
    inputs: dict[str, Value]
    tables: tuple[Fired, ...]
    output: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The value of a decision, what was noticed, and how it came about.

    ``trace`` lists the required decisions first; ``sha256`` is that of the file in its
    canonical form, so that an auditor finds the very text that decided.
    """

    decision: str
    name: str
    sha256: str
    value: Value
    warnings: tuple[Warning_, ...]
    trace: tuple[Trace, ...]
    is_broken: bool = False  # a cell of a table could not be evaluated

    @property
    def errors(self) -> tuple[Warning_, ...]:
        """The warnings that make the value untrustworthy."""
        return tuple(warning for warning in self.warnings if warning.is_error)


def evaluate(
    library: Library,
    decision: str,
    variables: Mapping[str, Any],
    *,
    now: datetime | None = None,
    steps_max: int = STEPS_MAX,
    namespace: str = "",
) -> Result:
    """Return what the decision of that id, or of that name, makes of the variables.

    Raises NotFoundError for an unknown decision, FeelBudgetError when it computes too long,
    TypeError for a variable that FEEL cannot hold.
    """
    found = library.decision(decision, namespace)
    if found is None:
        raise NotFoundError(f"Die Entscheidung „{decision}“ gibt es nicht.")
    return _run(library, found, variables, now, steps_max, lambda run: run.decision(found.key))


def invoke(
    library: Library,
    name: str,
    arguments: Mapping[str, Any],
    *,
    now: datetime | None = None,
    steps_max: int = STEPS_MAX,
) -> Result:
    """Return what a decision service or knowledge model makes of arguments by name.

    Raises NotFoundError for an unknown one, else as ``evaluate``.
    """
    found = library.invocable(name)
    if found is None:
        raise NotFoundError(f"„{name}“ lässt sich nicht aufrufen: das gibt es hier nicht.")

    def call(run: _Evaluation) -> Value:
        function = run.value(found.key)
        if not isinstance(function, Function) or function.parameters is None:
            return None
        given = [value_in(arguments.get(each)) for each in function.parameters]
        return function.invoke(run.runtime, *given)

    return _run(library, found, arguments, now, steps_max, call)


def _run(
    library: Library,
    found: Decision | Service | Knowledge,
    variables: Mapping[str, Any],
    now: datetime | None,
    steps_max: int,
    call: Callable[[_Evaluation], Value],
) -> Result:
    runtime = DmnRuntime(now, steps_max)
    run = _Evaluation(library, {name: value_in(one) for name, one in variables.items()}, runtime)
    try:
        value = value_out(call(run))
    except RecursionError:
        raise FeelBudgetError("Die Entscheidung ist zu tief verschachtelt.") from None
    return Result(
        decision=found.key[1],
        name=found.name,
        sha256=library.owner(found.key).sha256,
        value=value,
        warnings=tuple(runtime.warnings),
        trace=tuple(run.trace),
        is_broken=runtime.is_broken,
    )


class _Evaluation:
    """One evaluation: every required element is evaluated once."""

    def __init__(self, library: Library, given: Mapping[str, Value], runtime: DmnRuntime) -> None:
        self._library = library
        self._given = given
        self.runtime = runtime
        self.trace: list[Trace] = []
        self._known: dict[Key, Value] = {}
        self._depth = 0

    def value(self, key: Key) -> Value:
        """Return the value of a required element."""
        if key not in self._known:
            element = self._library.elements[key]
            self._known[key] = _VALUES[type(element)](self, element)
        return self._known[key]

    def give(self, key: Key, value: Value) -> None:
        """Take the value of a decision from outside, as its type wants it."""
        element = self._library.elements[key]
        if isinstance(element, Decision):
            what = f"Der Eingangswert „{element.name}“"
            wanted = self._library.wanted(element)
            self._known[key] = fitted(
                self.runtime, value, wanted, what, element.line, Code.BAD_INPUT
            )

    def decision(self, key: Key) -> Value:
        """Return the value of a decision."""
        return self.value(key)

    def input(self, element: InputData) -> Value:
        """Return what was given for the input data, as its type wants it."""
        namespace, _ = element.key
        if element.name not in self._given and f"{{{namespace}}}{element.name}" not in self._given:
            text = f"Der Eingangswert „{element.name}“ fehlt."
            say(self.runtime, Code.BAD_INPUT, text, element.line)
            return None
        value = self._given.get(f"{{{namespace}}}{element.name}", self._given.get(element.name))
        what = f"Der Eingangswert „{element.name}“"
        wanted = self._library.wanted(element)
        return fitted(self.runtime, value, wanted, what, element.line, Code.BAD_INPUT)

    def decide(self, element: Decision) -> Value:
        """Return the value of the decision and add it to the trace."""
        compiled = self._library.compiled[element.key]
        inputs = self._seen(compiled)
        if element.logic is None and element.name in self._given:
            return self._given[element.name]  # decided elsewhere (DMN 1.5, 6.2.1)
        mark = len(self.runtime.fired)
        value = self._compute(compiled, inputs)
        what = f"Das Ergebnis von „{element.name}“"
        value = fitted(self.runtime, value, compiled.wanted, what, element.line)
        values = {name: one for name, one in inputs.items() if not isinstance(one, Function)}
        self.trace.append(
            Trace(
                decision=element.key[1],
                name=element.name,
                inputs=values,
                tables=tuple(self.runtime.fired[mark:]),
                output=value,
            )
        )
        del self.runtime.fired[mark:]
        return value

    def knowledge(self, element: Knowledge) -> Value:
        """Return the knowledge model as a function."""
        compiled = self._library.compiled[element.key]
        function = self._compute(compiled, self._seen(compiled))
        if not isinstance(function, Function):
            return None
        # Before DMN 1.2 the variable of a knowledge model had the type of its result.
        wanted = compiled.wanted.whole()
        if wanted.is_function or (wanted.simple is not None and wanted.simple.name == "function"):
            return function
        return self._answering(function, compiled, element)

    def _answering(self, function: Function, compiled: Compiled, element: Knowledge) -> Function:
        what = f"Das Ergebnis von „{element.name}“"

        def call(runtime: DmnRuntime, *args: Value) -> Value:
            value = function.invoke(runtime, *args)
            return fitted(runtime, value, compiled.wanted, what, element.line)

        return Function(element.name, function.parameters, call)

    def service(self, element: Service) -> Value:
        """Return the decision service as a function: inputs first, then input decisions."""
        keys = (*element.inputs, *element.input_decisions)
        known = [key for key in keys if key in self._library.elements]
        names = tuple(self._library.elements[key].name for key in known)

        def call(runtime: DmnRuntime, *args: Value) -> Value:
            inner = _Evaluation(self._library, dict(zip(names, args, strict=True)), runtime)
            inner._depth = self._depth + 1
            for key, value in zip(known, args, strict=True):
                inner.give(key, value)
            values = {self._library.elements[key].name: inner.value(key) for key in element.outputs}
            self.trace.extend(inner.trace)
            value = next(iter(values.values())) if len(values) == 1 else values
            what = f"Das Ergebnis von „{element.name}“"
            wanted = self._library.wanted(element)
            return fitted(runtime, value, wanted, what, element.line)

        return Function(element.name, names, call)

    def _seen(self, compiled: Compiled) -> dict[str, Value]:
        """Return the variables that the element sees, imported ones behind their prefix."""
        self._depth += 1
        if self._depth > CHAIN_MAX:
            raise FeelBudgetError("Zu viele Entscheidungen hängen in einer Kette voneinander ab.")
        seen: dict[str, Value] = {}
        for use in compiled.uses:
            value = self.value(use.key)
            if use.prefix:
                seen.setdefault(use.prefix, {})[use.name] = value
            else:
                seen[use.name] = value
        self._depth -= 1
        return seen

    def _compute(self, compiled: Compiled, seen: dict[str, Value]) -> Value:
        self.runtime.spend(compiled.cost)
        outer = Scope(self._foreign(), None, self.runtime)
        line, self.runtime.line = self.runtime.line, 1
        try:
            return compiled.run(Scope(seen, outer, self.runtime))
        finally:
            self.runtime.line = line

    def _foreign(self) -> dict[str, Value]:
        """Return the given variables that the files do not declare.

        Modelers for processes write decisions that name the variables of the process
        without drawing them as input data.
        """
        declared = {element.name for element in self._library.elements.values()}
        return {name: value for name, value in self._given.items() if name not in declared}


_VALUES: Final[dict[type, Callable[[_Evaluation, Any], Value]]] = {
    InputData: _Evaluation.input,
    Decision: _Evaluation.decide,
    Knowledge: _Evaluation.knowledge,
    Service: _Evaluation.service,
}
