"""A case in memory: tokens from the port, variables, and what both lead to.

Nothing here touches the database for writing; ``changes`` says what is to be written.
A token whose activity cannot start is held with its reason and tried again later, so
that whatever led there (a person's signature, say) is never lost with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from laufzettel.engine import feel
from laufzettel.engine.execution import assignment, timing
from laufzettel.engine.execution.changes import (
    Changes,
    NewEffect,
    NewMessage,
    NewSubscription,
    NewTimer,
    NewWork,
    Trouble,
)
from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.execution.port import Executor, Run, Unevaluable, Waiting
from laufzettel.engine.execution.scope import Variables, evaluate, inputs
from laufzettel.engine.handler import BpmnError, Handlers, Inline, Values, arguments
from laufzettel.engine.model.contract import HandlerKind
from laufzettel.engine.model.definition import Definition, Element, EventKind, Kind, Process
from laufzettel.identity import Actor
from laufzettel.money import Money

log = logging.getLogger(__name__)

#: Most element visits of one step; the rest goes on by a job (DESIGN decision 8).
MOVES_MAX = 500


class GoneError(Exception):
    """The activation does not wait any more; what came for it has no receiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The surroundings of one step: who, when, on which case, reading from where."""

    tenant: str
    case_id: str
    business_key: str
    actor: Actor
    now: datetime
    connection: sa.Connection  # read-only snapshot for inline handlers


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
        self._definition = definition
        self._handlers = handlers
        self._frame = frame
        self.changes = Changes()
        self.records = Pending(frame.tenant, frame.connection)
        self._elements = {
            element.id: element
            for process in definition.processes.values()
            for element in process.elements.values()
        }
        self._conditions = {
            flow.id: flow
            for process in definition.processes.values()
            for flow in process.flows.values()
        }
        #: activation -> [kind of wait, element, local variables as JSON]
        self._seen: dict[str, list[Any]] = {} if state is None else state["seen"]
        self.variables = Variables({} if state is None else state["scopes"], self._parent)
        self.variables.scopes.setdefault("", {})
        self._moves = MOVES_MAX
        self._run: Run = executor.new(self) if state is None else executor.load(state["run"], self)

    # --- what the outside does -------------------------------------------------------

    def complete(self, activation: str, result: Mapping[str, Any]) -> Element:
        """Let a user task or a job be done with ``result``; return its element."""
        element, scope, local = self._waiting(activation)
        self._finish(activation, element, scope, local, result)
        return element

    def fire(self, activation: str, payload: Mapping[str, Any] | None = None) -> Element:
        """Let a message, timer or other event happen."""
        element, scope, local = self._waiting(activation)
        self._apply(element, scope, local, payload or {})
        self._run.fire(activation)
        return element

    def fail(self, activation: str, error: BpmnError) -> None:
        """Raise a BPMN error at the activity; without a boundary event it is held."""
        element, _, _ = self._waiting(activation)
        self._throw(activation, element, error)

    def retry(self, activation: str) -> None:
        """Try a held token again."""
        self._waiting(activation)
        kind = self._seen.pop(activation)[0]
        if kind == "gateway":
            self._run.retry(activation)

    def element(self, activation: str) -> Element:
        """Return the element that waits under this activation; raises GoneError."""
        return self._waiting(activation)[0]

    # --- moving on -------------------------------------------------------------------

    def settle(self) -> None:
        """Move every token until all wait, and note in ``changes`` what that leads to."""
        moving = True
        while moving:
            self._moves = self._run.advance(self._moves)
            self.changes.unfinished = self._moves < 0
            moving = self._look_around() and not self.changes.unfinished

    @property
    def is_done(self) -> bool:
        """Whether the process has ended."""
        return self._run.is_done and not self._seen

    @property
    def end(self) -> str:
        """The end event that was reached last."""
        return self._run.end

    def state(self) -> dict[str, Any]:
        """Return what the codec stores."""
        return {"run": self._run.dump(), "scopes": self.variables.scopes, "seen": self._seen}

    def _look_around(self) -> bool:
        """Enter what newly waits, leave what is gone; True when a token can move again."""
        waiting = {wait.activation: wait for wait in self._run.waiting()}
        for activation in [one for one in self._seen if one not in waiting]:
            self.changes.gone.append((activation, self._seen.pop(activation)[0]))
        moved = False
        for activation, wait in waiting.items():
            if activation not in self._seen:
                moved |= self._enter(wait)
        return moved

    def _enter(self, wait: Waiting) -> bool:
        """Start the activity the token has reached; True when it is already done."""
        element = self._elements.get(wait.element)
        if element is None or wait.held:
            self._hold(wait.activation, wait.element, "gateway", "ausdruck", wait.held)
            return False
        try:
            return self._start(wait, element)
        except Unevaluable as problem:
            self._hold(wait.activation, element.id, "held", "ausdruck", problem.text_de)
        except BpmnError as error:
            return self._throw(wait.activation, element, error)
        except Exception as error:
            log.exception("element %s of case %s", element.id, self._frame.case_id)
            cause = f"„{element.name or element.id}“ ist mit einem Programmfehler abgebrochen."
            self._hold(wait.activation, element.id, "held", "programmfehler", cause, repr(error))
        return False

    def _start(self, wait: Waiting, element: Element) -> bool:
        seen = self.variables.visible(wait.scope)
        local = inputs(element.inputs, seen, now=self._frame.now, element=element.id)
        start = _STARTERS.get(element.kind)
        if start is None:
            raise Unevaluable(
                element.id, f"Elemente der Art {element.kind} werden nicht ausgeführt."
            )
        kind = start(self, wait, element, local)
        if kind is None:
            return True
        packed = {name: feel.to_json(value) for name, value in local.items()}
        self._seen[wait.activation] = [kind, element.id, packed, wait.scope]
        return False

    # --- one method an element kind; the name of the wait, or None when already done ---

    def _start_user(self, wait: Waiting, element: Element, local: dict[str, Any]) -> str:
        seen = {**self.variables.visible(wait.scope), **local}
        self.changes.tasks.append(
            assignment.new_task(element, wait.activation, seen, now=self._frame.now)
        )
        return "user"

    def _start_service(self, wait: Waiting, element: Element, local: dict[str, Any]) -> str | None:
        contract = self._handlers.contracts.get(element.handler)
        if contract is None:
            raise Unevaluable(
                element.id, f"Die Funktion „{element.handler}“ ist nicht installiert."
            )
        # As in Camunda 8 a handler sees what is visible; it gets what it has a parameter for.
        seen = self.variables.visible(wait.scope)
        visible = {name: seen[name] for name in contract.parameters if name in seen}
        values = {**visible, **element.headers, **local}
        try:
            checked = arguments(contract, values)
        except TypeError as error:
            raise Unevaluable(element.id, str(error)) from error
        if contract.kind is HandlerKind.INLINE:
            context = self._context(element)
            result = self._handlers.function(element.handler).call(context, **checked)
            self._keep(context)
            self._finish(wait.activation, element, wait.scope, local, _feel(result))
            return None
        if contract.kind is HandlerKind.WORK:
            self.changes.work.append(
                NewWork(
                    activation=wait.activation,
                    element=element.id,
                    handler=element.handler,
                    arguments={
                        name: feel.to_json(_value(value)) for name, value in checked.items()
                    },
                    max_attempts=self._retries(element, wait, local),
                )
            )
            return "work"
        self._prepare_effect(wait, element, checked)
        return "effect"

    def _prepare_effect(self, wait: Waiting, element: Element, checked: dict[str, Any]) -> None:
        handler = self._handlers.effect(element.handler)
        context = self._context(element)
        key, payload = handler.prepare(context, **checked)
        self._keep(context)
        self.changes.effects.append(
            NewEffect(
                activation=wait.activation,
                element=element.id,
                handler=element.handler,
                channel=handler.channel,
                key=key,
                payload=payload,
            )
        )

    def _start_script(self, wait: Waiting, element: Element, local: dict[str, Any]) -> None:
        seen = {**self.variables.visible(wait.scope), **local}
        value = evaluate(element.script, seen, now=self._frame.now, element=element.id)
        result = {element.result_variable: value} if element.result_variable else {}
        self._finish(wait.activation, element, wait.scope, local, result)

    def _start_pass(self, wait: Waiting, element: Element, local: dict[str, Any]) -> None:
        self._finish(wait.activation, element, wait.scope, local, {})

    def _start_throw(self, wait: Waiting, element: Element, local: dict[str, Any]) -> None:
        event = element.event
        if event is not None and event.kind is EventKind.ERROR:
            raise BpmnError(event.name, f"Fehlerende „{element.name or element.id}“")
        if event is not None and event.kind is EventKind.MESSAGE:
            key = self._key(event.correlation_key, wait.scope, local, element.id)
            payload = {name: feel.to_json(value) for name, value in local.items()}
            self.changes.messages.append(
                NewMessage(activation=wait.activation, name=event.name, key=key, payload=payload)
            )
        self._finish(wait.activation, element, wait.scope, local, {})

    def _start_event(self, wait: Waiting, element: Element, local: dict[str, Any]) -> str:
        event = element.event
        if event is None or event.kind is EventKind.ERROR:
            return "error"  # happens only by being thrown at
        if event.kind is EventKind.MESSAGE:
            key = self._key(event.correlation_key, wait.scope, local, element.id)
            self.changes.subscriptions.append(
                NewSubscription(activation=wait.activation, name=event.name, key=key)
            )
            return "message"
        if event.kind not in timing.TIMERS:
            raise Unevaluable(
                element.id, f"Ereignisse der Art {event.kind} werden nicht ausgeführt."
            )
        seen = {**self.variables.visible(wait.scope), **local}
        value = evaluate(event.expression, seen, now=self._frame.now, element=element.id)
        due = timing.due(event.kind, value, now=self._frame.now, element=element.id)
        self.changes.timers.append(NewTimer(activation=wait.activation, due=due))
        return "timer"

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
        try:
            self._run.complete(activation)
        except KeyError as error:
            raise GoneError(activation) from error

    def _apply(
        self, element: Element, scope: str, local: Mapping[str, Any], result: Mapping[str, Any]
    ) -> None:
        """Write the outputs: by the mappings if there are any, else by the result's names."""
        if not element.outputs:
            for name, value in result.items():
                self.variables.assign(scope, name, value, element.id)
            return
        seen = self.variables.visible(scope, {**local, **result})
        values = [
            (
                mapping.target,
                evaluate(mapping.source, seen, now=self._frame.now, element=element.id),
            )
            for mapping in element.outputs
        ]
        for target, value in values:
            self.variables.assign(scope, target, value, element.id)

    def _throw(self, activation: str, element: Element, error: BpmnError) -> bool:
        def catches(boundary: str) -> bool:
            event = self._elements[boundary].event
            return (
                event is not None
                and event.kind is EventKind.ERROR
                and event.name in ("", error.code)
            )

        if self._run.throw(activation, catches):
            return True
        cause = f"Der Fehler „{error.code}“ wird vom Modell nicht aufgefangen: {error.text_de}"
        self._hold(activation, element.id, "held", "fehler_nicht_aufgefangen", cause)
        return False

    def _hold(
        self, activation: str, element: str, kind: str, code: str, cause: str, detail: str = ""
    ) -> None:
        self._seen[activation] = [kind, element, {}, ""]
        self.changes.troubles.append(
            Trouble(activation=activation, element=element, code=code, cause=cause, detail=detail)
        )

    def _waiting(self, activation: str) -> tuple[Element, str, dict[str, Any]]:
        if activation not in self._seen:
            raise GoneError(activation)
        _, element, packed, scope = self._seen[activation]
        local = {name: feel.from_json(value) for name, value in packed.items()}
        return self._elements.get(element) or Element(id=element, kind=Kind.PASS), scope, local

    def _context(self, element: Element) -> Inline:
        frame = self._frame
        return Inline(
            tenant=frame.tenant,
            case_id=frame.case_id,
            business_key=frame.business_key,
            element=element.id,
            now=frame.now,
            services=self._handlers.services,
            records=self.records,
            connection=frame.connection,
            actor=frame.actor,
        )

    def _keep(self, context: Inline) -> None:
        self.changes.entries.extend(context.entries)
        self.changes.facets.extend(context.facets)

    def _key(self, expression: str, scope: str, local: dict[str, Any], element: str) -> str:
        seen = {**self.variables.visible(scope), **local}
        value = evaluate(expression, seen, now=self._frame.now, element=element)
        if not isinstance(value, str) or not value:
            raise Unevaluable(element, f"Der Korrelationsschlüssel „{expression}“ ist kein Text.")
        return value

    def _retries(self, element: Element, wait: Waiting, local: dict[str, Any]) -> int:
        if not element.retries:
            return 0
        seen = {**self.variables.visible(wait.scope), **local}
        return int(evaluate(element.retries, seen, now=self._frame.now, element=element.id))

    # --- asked by the port (Host) ------------------------------------------------------

    def decide(self, flow: str, scope: str) -> bool:
        """Return whether the condition of the sequence flow holds."""
        condition = self._conditions[flow]
        value = evaluate(
            condition.condition,
            self.variables.visible(scope),
            now=self._frame.now,
            element=condition.source,
        )
        if not isinstance(value, bool):
            raise Unevaluable(
                condition.source,
                f"Die Bedingung „{condition.condition}“ ergibt weder wahr noch falsch.",
            )
        return value

    def leave(self, scope: str) -> None:
        """Map what a subprocess or called process leaves behind."""
        element_id, above = self._run.scopes()[scope]
        element = self._elements[element_id]
        inner = self.variables.scopes.pop(scope, {})
        if element.kind is Kind.CALL and element.propagate_child and not element.outputs:
            self._apply(element, above, {}, inner)
        elif element.outputs:
            self._apply(element, above, inner, {})

    def _parent(self, scope: str) -> str | None:
        if not scope:
            return None
        element_id, above = self._run.scopes()[scope]
        element = self._elements[element_id]
        self._open_scope(scope, element, above)
        return None if element.kind is Kind.CALL else above

    def _open_scope(self, scope: str, element: Element, above: str) -> None:
        """Create the variables of a subprocess when it is first looked into."""
        if scope in self.variables.scopes:
            return
        outer = self.variables.visible(above)
        local = inputs(element.inputs, outer, now=self._frame.now, element=element.id)
        inherited = outer if element.kind is Kind.CALL and element.propagate_parent else {}
        self.variables.scopes[scope] = {**inherited, **local}

    @property
    def process(self) -> Process:
        """The main process."""
        return self._definition.processes[self._definition.main]


_Starter = Callable[[CaseRun, Waiting, Element, dict[str, Any]], "str | None"]
_STARTERS: Mapping[Kind, _Starter] = {
    Kind.USER: CaseRun._start_user,
    Kind.SERVICE: CaseRun._start_service,
    Kind.SEND: CaseRun._start_service,
    Kind.SCRIPT: CaseRun._start_script,
    Kind.PASS: CaseRun._start_pass,
    Kind.THROW: CaseRun._start_throw,
    Kind.END: CaseRun._start_throw,
    Kind.RECEIVE: CaseRun._start_event,
    Kind.BOUNDARY: CaseRun._start_event,
}


def _value(value: Any) -> Any:
    """Return a handler's value as FEEL knows it."""
    if isinstance(value, Money):
        return value.amount
    return value


def _feel(result: Values) -> dict[str, Any]:
    return {name: _value(value) for name, value in result.items()}
