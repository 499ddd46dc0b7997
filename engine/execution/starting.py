"""What happens when a token reaches an element: one function for each kind of element.

Each says either what the token waits for from now on, or the result with which the element
is already done. What is to be written goes into ``visit.changes``; where one raises, the
caller forgets these changes and holds the token.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel import logs
from laufzettel.engine import feel
from laufzettel.engine.execution import assignment, timing
from laufzettel.engine.execution.arguments import arguments
from laufzettel.engine.execution.changes import (
    Changes,
    NewCall,
    NewEffect,
    NewMessage,
    NewSignal,
    NewSubscription,
    NewTimer,
    NewWork,
    WaitKind,
)
from laufzettel.engine.execution.deciding import Decisions, Occasion, decide
from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.scope import evaluate
from laufzettel.engine.handler import BpmnError, Handlers, Inline, Values
from laufzettel.engine.model.contract import HandlerContract, HandlerKind
from laufzettel.engine.model.definition import Element, Event, EventKind, Kind
from laufzettel.identity import Actor
from laufzettel.measures import MEASURES
from laufzettel.money import Money

log = logging.getLogger(__name__)

#: Longest correlation key, as its column.
KEY_LENGTH_MAX: Final = 200
#: The priority of a job for which the model names none, on its scale from 0 to 100.
USUAL_PRIORITY: Final = 50
#: Most attempts a model may ask for.
ATTEMPTS_MAX: Final = 100
#: Longest time of an inline handler (DESIGN decision 10); a longer one is logged and shown.
INLINE_S_MAX: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The surroundings of one step: who, when, on which case, reading from where."""

    tenant: str
    case_id: str
    business_key: str
    actor: Actor
    now: datetime
    connection: sa.Connection  # read-only snapshot for inline handlers
    decisions: Decisions | None = None  # where business rule tasks find theirs
    is_called: bool = False  # by another case, which catches what this one throws out


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A token that has just reached an element."""

    activation: str
    element: Element
    local: Mapping[str, Any]  # what the input mappings created
    seen: Mapping[str, Any]  # all that an expression sees here, local included
    frame: Frame
    handlers: Handlers
    records: Pending
    changes: Changes

    def evaluate(self, text: str) -> Any:
        """Return the value of the model's expression; raises Unevaluable."""
        return evaluate(text, self.seen, now=self.frame.now, element=self.element.id)


#: What a token waits for, or the result of an element that is already done.
Outcome = WaitKind | Mapping[str, Any]


def start(visit: Visit) -> Outcome:
    """Start the element; raises Unevaluable, BpmnError, or what a handler raises."""
    starter = _STARTERS.get(visit.element.kind)
    if starter is None:
        kind = visit.element.kind
        raise Unevaluable(visit.element.id, f"Elemente der Art {kind} werden nicht ausgeführt.")
    return starter(visit)


def as_feel(result: Values) -> dict[str, Any]:
    """Return a handler's values as expressions know them: money is its amount.

    >>> as_feel({"total": Money(Decimal("1.50"), "EUR"), "unit": "40"})
    {'total': Decimal('1.50'), 'unit': '40'}
    """
    return {name: _plain(value) for name, value in result.items()}


def _plain(value: Any) -> Any:
    return value.amount if isinstance(value, Money) else value


def _user(visit: Visit) -> Outcome:
    new = assignment.new_task(visit.element, visit.activation, visit.seen, now=visit.frame.now)
    visit.changes.tasks.append(new)
    return WaitKind.USER


def _service(visit: Visit) -> Outcome:
    element = visit.element
    contract = visit.handlers.contracts.get(element.handler)
    if contract is None:
        raise Unevaluable(element.id, f"Die Funktion „{element.handler}“ ist nicht installiert.")
    call = _CALLS[contract.kind]
    return call(visit, _arguments(visit, contract))


def _arguments(visit: Visit, contract: HandlerContract) -> dict[str, Any]:
    """Return what the handler gets: as in Camunda 8, all that is visible and it asks for."""
    visible = {name: visit.seen[name] for name in contract.parameters if name in visit.seen}
    try:
        return arguments(contract, {**visible, **visit.element.headers, **visit.local})
    except TypeError as error:
        raise Unevaluable(visit.element.id, str(error)) from error


def _inline(visit: Visit, given: dict[str, Any]) -> Outcome:
    context = _context(visit)
    began = time.perf_counter()
    result = visit.handlers.function(visit.element.handler).call(context, **given)
    _note_time(visit, time.perf_counter() - began)
    _keep(visit, context)
    return as_feel(result)


def _note_time(visit: Visit, took_s: float) -> None:
    handler = visit.element.handler
    MEASURES.observe("inline_handler_seconds", took_s, handler=handler)
    if took_s > INLINE_S_MAX:
        logs.event(
            log,
            "handler.slow",
            handler=handler,
            element=visit.element.id,
            ms=round(took_s * 1000),
            ms_max=5,
        )


def _work(visit: Visit, given: dict[str, Any]) -> Outcome:
    new = NewWork(
        activation=visit.activation,
        element=visit.element.id,
        handler=visit.element.handler,
        arguments={name: feel.to_json(_plain(value)) for name, value in given.items()},
        max_attempts=_attempts(visit),
        priority=_priority(visit),
    )
    visit.changes.work.append(new)
    return WaitKind.WORK


def _effect(visit: Visit, given: dict[str, Any]) -> Outcome:
    handler = visit.handlers.effect(visit.element.handler)
    context = _context(visit)
    key, payload = handler.prepare(context, **given)
    _keep(visit, context)
    new = NewEffect(
        activation=visit.activation,
        element=visit.element.id,
        handler=visit.element.handler,
        channel=handler.channel,
        key=key,
        payload=payload,
        requires=handler.requires_duties,
        priority=_priority(visit),
    )
    visit.changes.effects.append(new)
    return WaitKind.EFFECT


def _context(visit: Visit) -> Inline:
    frame = visit.frame
    return Inline(
        tenant=frame.tenant,
        case_id=frame.case_id,
        business_key=frame.business_key,
        element=visit.element.id,
        now=frame.now,
        services=visit.handlers.services,
        records=visit.records,
        connection=frame.connection,
        actor=frame.actor,
    )


def _keep(visit: Visit, context: Inline) -> None:
    visit.changes.entries.extend(context.entries)
    visit.changes.facets.extend(context.facets)


def _attempts(visit: Visit) -> int:
    """Return how often the work is tried, 0 for as often as is usual."""
    if not visit.element.retries:
        return 0
    wanted = visit.evaluate(visit.element.retries)
    if isinstance(wanted, Decimal) and wanted == int(wanted) and 1 <= wanted <= ATTEMPTS_MAX:
        return int(wanted)
    text = f"Die Zahl der Versuche „{wanted}“ ist keine ganze Zahl von 1 bis {ATTEMPTS_MAX}."
    raise Unevaluable(visit.element.id, text)


def _priority(visit: Visit) -> int:
    """Return how much sooner than usual a job runs: the model's 0 to 100 around its 50."""
    if not visit.element.job_priority:
        return 0
    wanted = visit.evaluate(visit.element.job_priority)
    if isinstance(wanted, Decimal) and wanted == int(wanted) and 0 <= wanted <= 100:
        return int(wanted) - USUAL_PRIORITY
    text = f"Die Priorität des Auftrags „{wanted}“ ist keine ganze Zahl von 0 bis 100."
    raise Unevaluable(visit.element.id, text)


def _script(visit: Visit) -> Outcome:
    value = visit.evaluate(visit.element.script)
    return {visit.element.result_variable: value} if visit.element.result_variable else {}


def _rule(visit: Visit) -> Outcome:
    element, frame = visit.element, visit.frame
    occasion = Occasion(
        activation=visit.activation, element=element, seen=visit.seen, now=frame.now
    )
    return {element.result_variable: decide(occasion, frame.decisions, visit.changes)}


def _pass(visit: Visit) -> Outcome:
    return {}


def _call(visit: Visit) -> Outcome:
    loop = visit.element.loop
    new = NewCall(
        activation=visit.activation,
        process_id=visit.element.called,
        total=1 if loop is None else len(visit.local["items"]),
        in_turn=loop is not None and loop.sequential,
    )
    visit.changes.calls.append(new)
    return WaitKind.CALL


def _throw(visit: Visit) -> Outcome:
    element, event = visit.element, visit.element.event
    if event is not None and event.kind is EventKind.ERROR:
        raise BpmnError(event.name, f"Fehlerende „{element.name or element.id}“")
    if event is not None and event.kind is EventKind.MESSAGE:
        new = NewMessage(
            activation=visit.activation,
            name=event.name,
            key=_key(visit, event),
            payload=_packed(visit.local),
        )
        visit.changes.messages.append(new)
    if event is not None and event.kind is EventKind.SIGNAL:
        visit.changes.signals.append(
            NewSignal(activation=visit.activation, name=event.name, payload=_packed(visit.local))
        )
    return {}


def _packed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: feel.to_json(value) for name, value in values.items()}


def _event(visit: Visit) -> Outcome:
    event = visit.element.event
    if event is None or event.kind in (EventKind.ERROR, EventKind.ESCALATION):
        return WaitKind.ERROR
    if event.kind is EventKind.CONDITIONAL:
        return WaitKind.CONDITION
    if event.kind is EventKind.SIGNAL:
        new = NewSubscription(activation=visit.activation, name=event.name, key="", is_signal=True)
        visit.changes.subscriptions.append(new)
        return WaitKind.SIGNAL
    if event.kind is EventKind.MESSAGE:
        shared = visit.element.properties.get("laufzettel:receivers") == "several"
        key = _key(visit, event)
        new = NewSubscription(
            activation=visit.activation, name=event.name, key=key, is_shared=shared
        )
        visit.changes.subscriptions.append(new)
        return WaitKind.MESSAGE
    if event.kind in timing.TIMERS:
        value = visit.evaluate(event.expression)
        due = timing.due(event.kind, value, now=visit.frame.now, element=visit.element.id)
        visit.changes.timers.append(NewTimer(activation=visit.activation, due=due))
        return WaitKind.TIMER
    if event.kind is EventKind.TIMER_CYCLE:
        value = visit.evaluate(event.expression)
        cycle = timing.cycle(value, now=visit.frame.now, element=visit.element.id)
        timer = NewTimer(activation=visit.activation, due=cycle.due, cycle=cycle)
        visit.changes.timers.append(timer)
        return WaitKind.TIMER
    text = f"Ereignisse der Art {event.kind} werden nicht ausgeführt."
    raise Unevaluable(visit.element.id, text)


def _key(visit: Visit, event: Event) -> str:
    value = visit.evaluate(event.correlation_key)
    if not isinstance(value, str) or not 0 < len(value) <= KEY_LENGTH_MAX:
        text = (
            f"Der Korrelationsschlüssel „{event.correlation_key}“ ist kein Text von 1 bis "
            f"{KEY_LENGTH_MAX} Zeichen."
        )
        raise Unevaluable(visit.element.id, text)
    return value


_CALLS: Final[Mapping[HandlerKind, Callable[[Visit, dict[str, Any]], Outcome]]] = {
    HandlerKind.INLINE: _inline,
    HandlerKind.WORK: _work,
    HandlerKind.EFFECT: _effect,
}
_STARTERS: Final[Mapping[Kind, Callable[[Visit], Outcome]]] = {
    Kind.USER: _user,
    Kind.SERVICE: _service,
    Kind.SEND: _service,
    Kind.SCRIPT: _script,
    Kind.RULE: _rule,
    Kind.CALL: _call,  # whose cases are its own; all else runs inside the caller
    Kind.PASS: _pass,
    Kind.THROW: _throw,
    Kind.END: _throw,
    Kind.RECEIVE: _event,
    Kind.BOUNDARY: _event,
    Kind.ARMED: _event,
}
