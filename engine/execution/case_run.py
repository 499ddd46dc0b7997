"""A case in memory: tokens from the port, variables, and what both lead to.

Nothing here touches the database for writing; ``changes`` says what is to be written.
A token whose activity cannot start is held with its reason and tried again later, so
that whatever led there (a person's signature, say) is never lost with it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from laufzettel.engine import feel
from laufzettel.engine.execution import alone, own_cases
from laufzettel.engine.execution.case_data import GoneError, Seen
from laufzettel.engine.execution.case_events import CaseEvents, escalates
from laufzettel.engine.execution.changes import Changes, WaitKind
from laufzettel.engine.execution.pending import GuardFailedError
from laufzettel.engine.execution.port import After, Scope, Unevaluable, Waiting
from laufzettel.engine.execution.scope import inputs
from laufzettel.engine.execution.starting import Frame, Visit, as_feel, start
from laufzettel.engine.handler import BpmnError
from laufzettel.engine.model.definition import Element, Kind
from laufzettel.engine.model.normalise import END, is_drawn
from laufzettel.errors import LaufzettelError

__all__ = ["MOVES_MAX", "CaseRun", "Frame", "GoneError"]

log = logging.getLogger(__name__)

#: Most element visits of one step, and its longest time; the rest goes on by a job
#: (DESIGN decision 8).
MOVES_MAX: Final = 500
STEP_S_MAX: Final = 2.0
#: What waits like this is nothing that happens by itself.
_IN_VAIN: Final = {WaitKind.ERROR, WaitKind.CONDITION, WaitKind.SPENT}


class Wait(NamedTuple):
    """A token that waits, as operators see it."""

    activation: str
    kind: str  # of WaitKind
    element: str
    scope: str


class CaseRun(CaseEvents):
    """One case during one step; belongs to one thread."""

    # --- what the outside does -------------------------------------------------------

    def begin(self, variables: Mapping[str, Any], start: str = "") -> None:
        """Give a new case its first variables; raises Unevaluable for one that is too large.

        ``start`` is the start event that a message has triggered: its outputs map them.
        """
        self._begun_at = start
        if start and self._elements[start].outputs:
            self._apply(self._elements[start], "", {}, as_feel(variables))
        else:
            self.variables.assign("", as_feel(variables), "")

    def complete(
        self, activation: str, result: Mapping[str, Any], *, ends_row: bool = False
    ) -> Element:
        """Let a user task or a job be done with ``result``; return its element.

        With ``ends_row`` the caller ends the row of the task, the job or the effect in the
        step's transaction, or has done so before: the step does not take it back.
        """
        element, scope, local = self._waiting(activation)
        self._finish(activation, element, scope, local, result)
        if ends_row:
            self.changes.done.add(activation)
        return element

    def fire(self, activation: str, payload: Mapping[str, Any] | None = None) -> Element:
        """Let a message, timer or other event happen."""
        element, scope, local = self._waiting(activation)
        self._happen(activation, element, scope, local, payload or {})
        return element

    def element_at(self, activation: str) -> Element:
        """Return the element that waits there; raises GoneError."""
        return self._waiting(activation)[0]

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
            moving = moving or (self._is_stuck and self._run.strand())
            self.changes.unfinished = left < 0 or (moving and time.monotonic() > late)
            moving = moving and not self.changes.unfinished
        living = {"", *self._run.scopes()}
        self.variables.keep(living)
        self._loops.keep(living)

    @property
    def _is_stuck(self) -> bool:
        """Whether tokens are left, and none of them waits for anything that can come by itself."""
        kinds = {wait.kind for wait in self._seen.values()}
        if self._run.is_done or not kinds <= _IN_VAIN | {WaitKind.GATEWAY}:
            return False
        lacking = {wait.activation for wait in self._run.waiting() if wait.lacks}
        waits = {wait.kind for one, wait in self._seen.items() if one not in lacking}
        return waits <= _IN_VAIN

    @property
    def has_open_tasks(self) -> bool:
        """Whether a person's task that waited before this step waits still."""
        return any(
            wait.kind == WaitKind.USER and activation not in self.changes.started
            for activation, wait in self._seen.items()
        )

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
            "large": self._large,
        }

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
        if wait.lacks:
            cause = self._lacking(element, wait.lacks)
            self._hold(wait.activation, wait.element, "zweig_fehlt", cause, WaitKind.GATEWAY)
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
        if escalates(element) and not self._escalate(wait, element, local):
            self.changes.extend(changes)
            return True
        if isinstance(outcome, WaitKind):
            packed = {name: feel.to_json(value) for name, value in local.items()}
            self._seen[wait.activation] = Seen(outcome, element.id, packed, wait.scope)
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

    def _lacking(self, join: Element, before: Iterable[str]) -> str:
        names = ", ".join(f"„{self._drawn_name(one)}“" for one in before)
        return (
            f"„{join.name or join.id}“ wartet noch auf {names}. Von dort kommt nichts "
            "mehr, und sonst ist im Vorgang nichts offen."
        )

    def _drawn_name(self, element: str) -> str:
        """Return what a person sees in the drawing; what is added there belongs to something."""
        while not is_drawn(element):
            element = element.rpartition("__")[0]
        found = self._elements.get(element)
        return (found and found.name) or element

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

    def _waiting(self, activation: str) -> tuple[Element, str, dict[str, Any]]:
        if activation not in self._seen:
            raise GoneError(activation)
        wait = self._seen[activation]
        local = {name: feel.from_json(value) for name, value in wait.local.items()}
        element = self._elements.get(wait.element) or Element(id=wait.element, kind=Kind.PASS)
        return element, wait.scope, local
