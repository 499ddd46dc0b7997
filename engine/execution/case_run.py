"""A case in memory: tokens from the port, variables, and what both lead to.

Nothing here touches the database for writing; ``changes`` says what is to be written.
A token whose activity cannot start is held with its reason and tried again later, so
that whatever led there (a person's signature, say) is never lost with it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from laufzettel.engine import feel
from laufzettel.engine.execution import alone, own_cases
from laufzettel.engine.execution.changes import Changes, NewTimer, Trouble, WaitKind
from laufzettel.engine.execution.cycles import Cycles
from laufzettel.engine.execution.pending import GuardFailedError, Pending
from laufzettel.engine.execution.port import After, Executor, Run, Scope, Unevaluable, Waiting
from laufzettel.engine.execution.repetition import Evaluate, Repetitions
from laufzettel.engine.execution.scope import Variables, evaluate, inputs
from laufzettel.engine.execution.starting import Frame, Visit, as_feel, start
from laufzettel.engine.handler import BpmnError, Handlers
from laufzettel.engine.model.definition import Definition, Element, EventKind, Kind
from laufzettel.engine.model.normalise import END
from laufzettel.errors import LaufzettelError

__all__ = ["MOVES_MAX", "CaseRun", "Frame", "GoneError"]

log = logging.getLogger(__name__)

#: Most element visits of one step, and its longest time; the rest goes on by a job
#: (DESIGN decision 8).
MOVES_MAX: Final = 500
STEP_S_MAX: Final = 2.0
#: Beside a condition that waits: it held when it was last looked at.
_HELD_TRUE: Final = "held"


class GoneError(Exception):
    """The activation does not wait any more; what came for it has no receiver."""


class Wait(NamedTuple):
    """A token that waits, as operators see it."""

    activation: str
    kind: str  # of WaitKind
    element: str
    scope: str


class _Wait(NamedTuple):
    """A token that waits and has been seen to; stored with the case as a list."""

    kind: str  # of WaitKind
    element: str
    local: dict[str, Any]  # variables of the input mappings, as JSON
    scope: str


class CaseRun:
    """One case during one step; belongs to one thread."""

    def __init__(
        self,
        definition: Definition,
        executor: Executor,
        handlers: Handlers,
        frame: Frame,
        state: dict[str, Any] | None = None,
    ) -> None:
        processes = definition.processes.values()
        self._elements = {key: one for each in processes for key, one in each.elements.items()}
        self._flows = {key: one for each in processes for key, one in each.flows.items()}
        self._handlers = handlers
        self._frame = frame
        self.changes = Changes()
        self._caught = False  # whether something thrown has just been caught
        self.records = Pending(frame.tenant, frame.connection)
        stored = state or {"seen": {}, "scopes": {"": {}}, "loops": {}, "cycles": {}}
        self._seen = {activation: _Wait(*row) for activation, row in stored["seen"].items()}
        self.variables = Variables(stored["scopes"], self._parent)
        self._loops = Repetitions(stored["loops"])
        self._cycles = Cycles(stored["cycles"])
        self._run: Run = executor.new(self) if state is None else executor.load(state["run"], self)

    # --- what the outside does -------------------------------------------------------

    def begin(self, variables: Mapping[str, Any], start: str = "") -> None:
        """Give a new case its first variables; raises Unevaluable for one that is too large.

        ``start`` is the start event that a message has triggered: its outputs map them.
        """
        if start and self._elements[start].outputs:
            self._apply(self._elements[start], "", {}, as_feel(variables))
        else:
            self.variables.assign("", as_feel(variables), "")

    def complete(self, activation: str, result: Mapping[str, Any]) -> Element:
        """Let a user task or a job be done with ``result``; return its element."""
        element, scope, local = self._waiting(activation)
        self._finish(activation, element, scope, local, result)
        return element

    def fire(self, activation: str, payload: Mapping[str, Any] | None = None) -> Element:
        """Let a message, timer or other event happen."""
        element, scope, local = self._waiting(activation)
        self._happen(activation, element, scope, local, payload or {})
        return element

    def handed_over(self, activation: str, number: int) -> dict[str, Any]:
        """Return the variables with which the called case of an item begins."""
        element, scope, kept = self._waiting(activation)
        seen = self.variables.visible(scope)
        return own_cases.handed_over(element, seen, kept, number, self._evaluator(element))

    def take_results(self, activation: str, results: list[dict[str, Any]]) -> None:
        """Go on with what the called cases have left, in the order of the items."""
        element, scope, kept = self._waiting(activation)
        seen, evaluator = self.variables.visible(scope), self._evaluator(element)
        if element.loop is None:
            is_taken = element.outputs or element.propagate_child
            result = own_cases.whole(element, seen, results[0]) if is_taken else {}
            self._finish(activation, element, scope, kept, result)
            return
        found = own_cases.collected(element, seen, kept, results, evaluator)
        self.variables.assign(scope, found, element.id)
        self._run.complete(activation)

    def fail(self, activation: str, error: BpmnError) -> None:
        """Raise a BPMN error at the activity; without a boundary event it is held."""
        element, _, _ = self._waiting(activation)
        self._throw(activation, element, error)

    def retry(self, activation: str) -> None:
        """Try a held token again."""
        self._waiting(activation)
        if self._seen.pop(activation).kind == WaitKind.GATEWAY:
            self._run.retry(activation)

    # --- what is looked at -----------------------------------------------------------

    def seen_by(self, activation: str) -> dict[str, Any]:
        """Return the variables that a waiting activity sees; raises GoneError."""
        _, scope, local = self._waiting(activation)
        return self.variables.visible(scope, local)

    def waits(self) -> list[Wait]:
        """Return what waits and has been seen to, in the order of arrival."""
        scopes = {one.activation: one.scope for one in self._run.waiting()}
        return [
            Wait(activation, wait.kind, wait.element, scopes.get(activation, wait.scope))
            for activation, wait in self._seen.items()
        ]

    def scopes(self) -> dict[str, Scope]:
        """Return the living scopes but the process's own, by their names."""
        return {name: self._run.scope(name) for name in self._run.scopes()}

    # --- what operators do ------------------------------------------------------------

    def move(self, token: str, element: str, scope: str) -> None:
        """Take a token away, and all inside its activity; let one stand at ``element``.

        ``token`` is an activation or the scope of a subprocess. Raises GoneError.
        """
        try:
            self._run.place(element, scope)
            self._run.drop(token)
        except KeyError as error:
            raise GoneError(token) from error

    def starving(self) -> set[str]:
        """Return the joining gateways that would wait for a token that cannot come."""
        return self._run.starving()

    # --- moving on -------------------------------------------------------------------

    def settle(self) -> None:
        """Move every token until all wait, and note in ``changes`` what that leads to."""
        late = time.monotonic() + STEP_S_MAX
        left, moving = MOVES_MAX, True
        while moving:
            left = self._run.advance(left)
            moving = self._look_around() or self._look_at_conditions()
            self.changes.unfinished = left < 0 or (moving and time.monotonic() > late)
            moving = moving and not self.changes.unfinished
        living = {"", *self._run.scopes()}
        self.variables.keep(living)
        self._loops.keep(living)

    @property
    def is_done(self) -> bool:
        """Whether the process has ended."""
        return self._run.is_done and not self._seen

    @property
    def end(self) -> str:
        """The end event that was reached last, as it is drawn."""
        return self._run.end.removesuffix(END)

    def state(self) -> dict[str, Any]:
        """Return what the codec stores."""
        seen = {activation: list(wait) for activation, wait in self._seen.items()}
        return {
            "run": self._run.dump(),
            "scopes": self.variables.scopes,
            "seen": seen,
            "loops": self._loops.stored,
            "cycles": self._cycles.stored,
        }

    def _happen(
        self,
        activation: str,
        element: Element,
        scope: str,
        local: Mapping[str, Any],
        payload: Mapping[str, Any],
    ) -> None:
        """Let an event happen; it may not have been seen to wait yet."""
        self._apply(element, scope, local, payload)
        self._run.fire(activation)
        kind = self._seen[activation].kind if activation in self._seen else ""
        # One that does not interrupt waits again: a timer for nothing more unless it repeats, a
        # condition for becoming true once more.
        if kind == WaitKind.TIMER:
            self._set_again(activation, element, scope)
        if kind == WaitKind.CONDITION:
            self._wait_again(element, scope, WaitKind.CONDITION, {_HELD_TRUE: True})

    def _set_again(self, fired: str, element: Element, scope: str) -> None:
        following = self._cycles.fired(fired, element.id)
        if following is None:
            self._wait_again(element, scope, WaitKind.SPENT, {})
            return
        for activation in self._wait_again(element, scope, WaitKind.TIMER, {}):
            new = NewTimer(activation=activation, due=following.due, cycle=following)
            self.changes.timers.append(new)
            self.changes.started.add(activation)
            self._cycles.begin([new])

    def _wait_again(
        self, element: Element, scope: str, kind: WaitKind, local: dict[str, Any]
    ) -> list[str]:
        """Let the event wait again under its new activations, and return them."""
        found = []
        for wait in self._run.waiting():
            is_again = (wait.element, wait.scope) == (element.id, scope)
            if is_again and wait.activation not in self._seen:
                self._seen[wait.activation] = _Wait(kind, element.id, local, scope)
                found.append(wait.activation)
        return found

    def _look_at_conditions(self) -> bool:
        """Let each condition happen that has become true (BPMN 2.0.2 § 10.5.5)."""
        for activation, wait in list(self._seen.items()):
            if wait.kind == WaitKind.CONDITION and self._becomes_true(activation, wait):
                return True
        return False

    def _becomes_true(self, activation: str, wait: _Wait) -> bool:
        element = self._elements[wait.element]
        try:
            holds = self._holds(element, wait.scope)
        except Unevaluable as problem:
            self._hold(activation, element.id, "ausdruck", problem.text_de)
            return False
        if holds and not wait.local.get(_HELD_TRUE):
            self._happen(activation, element, wait.scope, {}, {})
            return True
        self._seen[activation] = wait._replace(local={_HELD_TRUE: True} if holds else {})
        return False

    def _holds(self, element: Element, scope: str) -> bool:
        text = element.event.expression if element.event else ""
        value = self._value(text, element.id, self.variables.visible(scope))
        if not isinstance(value, bool):
            text_de = f"Die Bedingung „{text}“ ergibt weder wahr noch falsch."
            raise Unevaluable(element.id, text_de)
        return value

    def _look_around(self) -> bool:
        """Enter what newly waits, leave what is gone; True when a token can move again."""
        waiting = {wait.activation: wait for wait in self._run.waiting()}
        for activation in [one for one in self._seen if one not in waiting]:
            self.changes.leave(activation, self._seen.pop(activation).kind)
            self._cycles.forget(activation)
        moved = False
        for activation, wait in waiting.items():
            if activation not in self._seen:
                moved |= self._enter(wait)
            if self._caught:  # whoever came after may be no more
                self._caught = False
                return True
        return moved

    def _enter(self, wait: Waiting) -> bool:
        """Start the activity the token has reached; True when it is already done."""
        element = self._elements.get(wait.element)
        if element is None or wait.held:
            self._hold(wait.activation, wait.element, "ausdruck", wait.held, WaitKind.GATEWAY)
            return False
        try:
            # What raises leaves nothing behind: it is done again when the token is retried.
            with self.records.all_or_nothing():
                return self._start(wait, element)
        except GuardFailedError:
            raise  # the step is computed again
        except BpmnError as error:
            return self._throw(wait.activation, element, error)
        except Exception as error:  # noqa: BLE001 - becomes an incident, the step goes on
            self._hold_for(wait.activation, element, error)
        return False

    def _start(self, wait: Waiting, element: Element) -> bool:
        seen = self.variables.visible(wait.scope)
        local = self._local(element, seen)
        changes = Changes()
        visit = Visit(
            activation=wait.activation,
            element=element,
            local=local,
            seen={**seen, **local},
            frame=self._frame,
            handlers=self._handlers,
            records=self.records,
            changes=changes,
        )
        outcome = start(visit)
        self._check_alone(changes)
        if _escalates(element) and not self._escalate(wait, element, local):
            self.changes.extend(changes)
            return True
        if isinstance(outcome, WaitKind):
            packed = {name: feel.to_json(value) for name, value in local.items()}
            self._seen[wait.activation] = _Wait(outcome, element.id, packed, wait.scope)
            self.changes.started.add(wait.activation)
            self._cycles.begin(changes.timers)
        else:
            self._finish(wait.activation, element, wait.scope, local, outcome)
        self.changes.extend(changes)
        return not isinstance(outcome, WaitKind)

    def _local(self, element: Element, seen: dict[str, Any]) -> dict[str, Any]:
        """Return the variables that only the element sees; of a call, what it keeps."""
        if element.own_case:
            return own_cases.at_entry(element, seen, self._evaluator(element))
        return inputs(element.inputs, seen, now=self._frame.now, element=element.id)

    def _check_alone(self, begun: Changes) -> None:
        """Raise where what an element has begun to wait for is another's already."""
        frame = self._frame
        at = (frame.connection, frame.tenant, frame.case_id, self.changes)
        for new in begun.subscriptions:
            alone.check(*at, new)
        for sent in begun.effects:
            alone.check_effect(*at, self._seen, sent)

    # --- helpers ---------------------------------------------------------------------

    def _finish(
        self,
        activation: str,
        element: Element,
        scope: str,
        local: Mapping[str, Any],
        result: Mapping[str, Any],
    ) -> None:
        self._apply(element, scope, local, result)
        after = self._leave_item(element, scope, local) if element.loop else After.NOTHING
        try:
            self._run.complete(activation, after)
        except KeyError as error:
            raise GoneError(activation) from error

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

    def _escalate(self, wait: Waiting, element: Element, local: Mapping[str, Any]) -> bool:
        """Throw the escalation to whoever is nearest; False when that ended the thrower too.

        What nobody catches changes nothing (BPMN 2.0.2 § 10.5.1).
        """
        code = element.event.name if element.event else ""
        self._throw_to_nearest(wait.activation, EventKind.ESCALATION, code, local)
        return any(one.activation == wait.activation for one in self._run.waiting())

    def _throw_to_nearest(
        self, activation: str, kind: EventKind, code: str, payload: Mapping[str, Any]
    ) -> bool:
        found = self._run.catcher(activation, lambda one: self._catches(one, kind, code))
        if found is None:
            return False
        self._caught = True
        self._happen(found.activation, self._elements[found.element], found.scope, {}, payload)
        return True

    def _throw(self, activation: str, element: Element, error: BpmnError) -> bool:
        """Raise the error; True when it is caught. The nearest catches, by its own code first."""
        if self._throw_to_nearest(activation, EventKind.ERROR, error.code, {}):
            return True
        cause = f"Der Fehler „{error.code}“ wird vom Modell nicht aufgefangen: {error.text_de}"
        self._hold(activation, element.id, "fehler_nicht_aufgefangen", cause)
        return False

    def _catches(self, catching: str, kind: EventKind, code: str) -> bool:
        """Say whether the event catches the code: by it, or by none if no neighbour has it."""
        found = self._elements[catching]
        caught = {
            one.id: one.event.name
            for one in self._elements.values()
            if (one.kind, one.attached_to, one.scope)
            == (found.kind, found.attached_to, found.scope)
            and one.event
            and one.event.kind is kind
        }
        wanted = code if code in caught.values() else ""
        return caught.get(catching) == wanted

    def _hold_for(self, activation: str, element: Element, error: Exception) -> None:
        """Hold the token for what its start has raised."""
        if isinstance(error, Unevaluable):
            self._hold(activation, element.id, "ausdruck", error.text_de)
        elif isinstance(error, alone.AlreadyAwaitedError):
            self._hold(activation, element.id, "nachricht_schon_erwartet", str(error))
        elif isinstance(error, LaufzettelError):
            self._hold(activation, element.id, "auftrag_gescheitert", str(error))
        else:
            log.error("element %s of case %s", element.id, self._frame.case_id, exc_info=error)
            cause = f"„{element.name or element.id}“ ist mit einem Programmfehler abgebrochen."
            self._hold(activation, element.id, "programmfehler", cause, detail=repr(error))

    def _hold(
        self,
        activation: str,
        element: str,
        code: str,
        cause: str,
        kind: WaitKind = WaitKind.HELD,
        detail: str = "",
    ) -> None:
        self._seen[activation] = _Wait(kind, element, {}, "")
        self.changes.started.add(activation)
        self.changes.troubles.append(
            Trouble(activation=activation, element=element, code=code, cause=cause, detail=detail)
        )

    def _waiting(self, activation: str) -> tuple[Element, str, dict[str, Any]]:
        if activation not in self._seen:
            raise GoneError(activation)
        wait = self._seen[activation]
        local = {name: feel.from_json(value) for name, value in wait.local.items()}
        element = self._elements.get(wait.element) or Element(id=wait.element, kind=Kind.PASS)
        return element, wait.scope, local

    # --- asked by the port (Host) ------------------------------------------------------

    def decide(self, flow: str, scope: str) -> bool:
        """Return whether the condition of the sequence flow holds."""
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


def _escalates(element: Element) -> bool:
    event = element.event
    return element.kind is Kind.THROW and event is not None and event.kind is EventKind.ESCALATION
