"""What a case consists of while it is in memory: its tokens, its variables, what it waits for.

Asked by the executor where a token cannot go on without the case's data (``port.Host``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from laufzettel.engine.execution.changes import Changes
from laufzettel.engine.execution.cycles import Cycles
from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.execution.port import After, Executor, Run, Scope, Unevaluable
from laufzettel.engine.execution.repetition import Evaluate, Repetitions
from laufzettel.engine.execution.scope import Variables, evaluate, inputs
from laufzettel.engine.execution.starting import Frame
from laufzettel.engine.handler import BpmnError, Handlers
from laufzettel.engine.model.definition import Definition, Element, Kind
from laufzettel.engine.model.normalise import BEGIN


class GoneError(Exception):
    """The activation does not wait any more; what came for it has no receiver."""


class Seen(NamedTuple):
    """A token that waits and has been seen to; stored with the case as a list."""

    kind: str  # of WaitKind
    element: str
    local: dict[str, Any]  # variables of the input mappings, as JSON
    scope: str


class CaseData:
    """The data of one case during one step; belongs to one thread."""

    def __init__(
        self,
        definition: Definition,
        executor: Executor,
        handlers: Handlers,
        frame: Frame,
        state: dict[str, Any] | None = None,
    ) -> None:
        self._elements, self._flows = definition.elements, definition.flows
        self._handlers = handlers
        self._frame = frame
        self.changes = Changes()
        self.thrown: BpmnError | None = None  # out of the case, which has ended by it
        self._begun_at = ""  # the start event at which the case begins in this step
        self._caught = False  # whether something thrown has just been caught
        self.records = Pending(frame.tenant, frame.connection)
        stored = state or {"seen": {}, "scopes": {"": {}}, "loops": {}, "cycles": {}}
        self._seen = {activation: Seen(*row) for activation, row in stored["seen"].items()}
        self.variables = Variables(stored["scopes"], self._parent)
        self._loops = Repetitions(stored["loops"])
        self._cycles = Cycles(stored["cycles"])
        self._large = stored.get("large", {})  # as it was read, so that it need not be packed again
        self._run: Run = executor.new(self) if state is None else executor.load(state["run"], self)

    # --- asked by the port (Host) ------------------------------------------------------

    def decide(self, flow: str, scope: str) -> bool:
        """Return whether the condition of the sequence flow holds."""
        if flow.endswith(f"{BEGIN}_flow"):  # to one of several starts
            return self._flows[flow].target == self._begun_at
        text, source = self._flows[flow].condition, self._flows[flow].source
        seen = self.variables.visible(scope)
        value = evaluate(text, seen, now=self._frame.now, element=source)
        if not isinstance(value, bool):
            raise Unevaluable(source, f"Die Bedingung „{text}“ ergibt weder wahr noch falsch.")
        return value

    def leave(self, scope: str) -> After:
        """Map what a subprocess or called process leaves behind; may raise Unevaluable."""
        place = self._run.scope(scope)
        element = self._elements[place.element]
        self._open_scope(scope, place)
        inner = self.variables.scopes[scope]
        if element.repeats:
            self.variables.assign(place.above, self._loops.end(element, scope), element.id)
        elif element.outputs:
            self._apply(element, place.above, inner, {})
        elif element.kind is Kind.CALL and element.propagate_child:
            self.variables.assign(place.above, inner, element.id)
        is_item = element.loop is not None and not element.repeats
        after = self._leave_item(element, place.above, inner) if is_item else After.NOTHING
        del self.variables.scopes[scope]
        return after

    def repeat(self, element: str, scope: str) -> int:
        """Return how many items of a repeated activity begin at once; may raise Unevaluable."""
        repeated = self._elements[element]
        seen = self.variables.visible(scope)
        return self._loops.begin(repeated, scope, seen, self._evaluator(repeated))

    def _parent(self, scope: str) -> str | None:
        if not scope:
            return None
        place = self._run.scope(scope)
        self._open_scope(scope, place)
        is_call = self._elements[place.element].kind is Kind.CALL and not place.item
        return None if is_call else place.above

    def _open_scope(self, scope: str, place: Scope) -> None:
        """Create the variables of a subprocess, or of an item, when it is first looked into."""
        if scope in self.variables.scopes:
            return
        element = self._elements[place.element]
        if place.item:
            self.variables.scopes[scope] = self._loops.item(element, place.above, place.item)
            return
        outer = self.variables.visible(place.above)
        local = inputs(element.inputs, outer, now=self._frame.now, element=element.id)
        inherited = outer if element.kind is Kind.CALL and element.propagate_parent else {}
        self.variables.scopes[scope] = {**inherited, **local}

    # --- for those who move the case --------------------------------------------------

    def _leave_item(self, element: Element, scope: str, local: Mapping[str, Any]) -> After:
        item = self._run.scope(scope)
        seen = self.variables.visible(scope, local)
        return self._loops.leave(element, item.above, item.item, seen, self._evaluator(element))

    def _value(self, text: str, element: str, seen: Mapping[str, Any]) -> Any:
        return evaluate(text, seen, now=self._frame.now, element=element)

    def _evaluator(self, element: Element) -> Evaluate:
        return lambda text, seen: self._value(text, element.id, seen)

    def _apply(
        self, element: Element, scope: str, local: Mapping[str, Any], result: Mapping[str, Any]
    ) -> None:
        """Write the outputs: by the mappings if there are any, else by the result's names."""
        if not element.outputs:
            self.variables.assign(scope, self._declared(element, result), element.id)
            return
        seen = self.variables.visible(scope, {**local, **result})
        now = self._frame.now
        values = {
            mapping.target: evaluate(mapping.source, seen, now=now, element=element.id)
            for mapping in element.outputs
        }
        self.variables.assign(scope, values, element.id)

    def _declared(self, element: Element, result: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return of a handler's result what it declares; of anything else everything."""
        contract = self._handlers.contracts.get(element.handler)
        if contract is None:
            return result
        return {name: result[name] for name in contract.results if name in result}
