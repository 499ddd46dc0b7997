"""What events do to a case: they happen, wait again, are thrown and caught (BPMN 2.0.2 § 10.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from laufzettel.engine.execution.case_data import CaseData, Seen
from laufzettel.engine.execution.changes import NewTimer, Trouble, WaitKind
from laufzettel.engine.execution.port import Unevaluable, Waiting
from laufzettel.engine.handler import BpmnError
from laufzettel.engine.model.definition import Element, EventKind, Kind

#: Beside a condition that waits: it held when it was last looked at.
_HELD_TRUE: Final = "held"


class CaseEvents(CaseData):
    """A case whose events happen."""

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
                self._seen[wait.activation] = Seen(kind, element.id, local, scope)
                found.append(wait.activation)
        return found

    def _look_at_conditions(self) -> bool:
        """Let each condition happen that has become true (BPMN 2.0.2 § 10.5.5)."""
        for activation, wait in list(self._seen.items()):
            if wait.kind == WaitKind.CONDITION and self._becomes_true(activation, wait):
                return True
        return False

    def _becomes_true(self, activation: str, wait: Seen) -> bool:
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
        if self._frame.is_called:  # the call activity is the next scope (BPMN 2.0.2 § 10.5.7)
            self.thrown = error
            self._run.stop()
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

    def _hold(
        self,
        activation: str,
        element: str,
        code: str,
        cause: str,
        kind: WaitKind = WaitKind.HELD,
        detail: str = "",
    ) -> None:
        self._seen[activation] = Seen(kind, element, {}, "")
        self.changes.started.add(activation)
        self.changes.troubles.append(
            Trouble(activation=activation, element=element, code=code, cause=cause, detail=detail)
        )


def escalates(element: Element) -> bool:
    """Say whether an element throws an escalation."""
    event = element.event
    return element.kind is Kind.THROW and event is not None and event.kind is EventKind.ESCALATION
