"""Doing what a step says, through the same verbs that pages and connectors use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.cli.demo.town import TENANT
from laufzettel.engine import feel
from laufzettel.engine.handler import Start
from laufzettel.engine.outbox.effects import EffectStatus
from laufzettel.engine.tables import parcel
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.errors import InputError, NotFoundError
from laufzettel.handlers.invoice.receive import Delivery
from laufzettel.identity import Actor, Right
from laufzettel.records import people
from laufzettel.scenarios.observe import case_variables
from laufzettel.scenarios.scenario import (
    Act,
    Advance,
    Answer,
    Begin,
    Behave,
    Broadcast,
    Cancel,
    Checking,
    Claim,
    Complete,
    Publish,
    Receive,
    Resolve,
    Retry,
)
from laufzettel.scenarios.world import OPERATOR, World


class StepError(InputError):
    """Der Schritt ist so nicht möglich."""


def perform(world: World, act: Act, case_id: str) -> str:
    """Do it and let everything follow that follows by itself; return the case in view.

    Raises LaufzettelError when it is refused, StepError when the scenario asks for
    something that is not there.
    """
    seen: str = _VERBS[type(act)](world, act, case_id) or case_id
    world.settle()
    return _begun(world, seen) if isinstance(act, _STARTING) else seen


def _begun(world: World, case_id: str) -> str:
    """Make the cases known that began by themselves; return the case in view.

    That is the first of them where there was none.
    """
    every = reversed(world.app.engine.cases(OPERATOR))
    new = [_named(world, "", case.id) for case in every]
    return case_id or (new[0] if new else "")


def _receive(world: World, act: Receive, case_id: str) -> str:
    outside = world.outside
    data = outside.checker.state(act.facts) if act.facts else outside.samples(act.sample)
    delivery = Delivery(
        tenant=TENANT, channel="upload", sender=act.sender, file_name=act.file_name, data=data
    )
    receipt = world.app.receive(delivery)
    found = world.app.engine.cases(OPERATOR, f"invoice:{receipt.invoice_id}")
    return _named(world, act.alias, found[0].id)


def _begin(world: World, act: Begin, case_id: str) -> str:
    start = Start(
        process_id=act.process, business_key=act.business_key, variables=dict(act.variables)
    )
    return _named(world, act.alias, world.app.engine.start(OPERATOR, start))


def _named(world: World, alias: str, case_id: str) -> str:
    cases = world.outside.cases
    if case_id not in cases.values():
        cases[alias or str(len(cases) + 1)] = case_id
    return case_id


def _complete(world: World, act: Complete, case_id: str) -> None:
    actor = _actor(world, act.by, act.deputy_for)
    task = _task(world, case_id, act.element)
    values = {name: _typed(value) for name, value in act.values.items()}
    engine = world.app.engine
    # Who signs has the page before him, with what handlers add to the form and show beside it.
    seen = engine.task(OPERATOR, task.id).seen if task.duties else None
    engine.complete(actor, task.id, values, fields_seen=seen)


def _typed(value: Any) -> str | list[str]:
    """Return a value as a browser sends it.

    >>> from decimal import Decimal
    >>> _typed(True), _typed(Decimal("349.86")), _typed(None)
    ('true', '349.86', '')
    """
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def _claim(world: World, act: Claim, case_id: str) -> None:
    engine = world.app.engine
    actor = _actor(world, act.by, None)
    task = _task(world, case_id, act.element)
    if act.is_given_back:
        engine.unclaim(actor, task.id)
    else:
        engine.claim(actor, task.id)


def _actor(world: World, person: str, deputy_for: str | None) -> Actor:
    with world.app.db.read() as connection:
        return people.actor(connection, TENANT, person, at=world.now, deputy_for=deputy_for)


def _task(world: World, case_id: str, element: str) -> UserTask:
    tasks = world.app.engine.tasks(OPERATOR, case_id)
    for task in tasks:
        if task.element == element:
            return task
    there = ", ".join(task.element for task in tasks) or "keine"
    raise StepError(f"Bei „{element}“ ist keine Aufgabe offen. Offen sind: {there}.")


def _advance(world: World, act: Advance, case_id: str) -> None:
    world.advance(act.by)


def _answer(world: World, act: Answer, case_id: str) -> None:
    if act.reply is not None:
        world.outside.reply = act.reply
    if act.resend is not None:
        try:
            world.ledger.resend(act.resend)
        except NotFoundError as error:
            raise StepError(str(error)) from error


def _publish(world: World, act: Publish, case_id: str) -> None:
    world.outside.messages += 1
    world.app.engine.publish(
        OPERATOR,
        name=act.name,
        key=_key(world, act.key, case_id),
        payload=act.payload,
        source="szenario",
        message_id=act.message_id or str(world.outside.messages),
    )


def _broadcast(world: World, act: Broadcast, case_id: str) -> None:
    world.outside.messages += 1
    world.app.engine.signal(
        OPERATOR,
        act.name,
        act.payload,
        source="szenario",
        message_id=str(world.outside.messages),
    )


def _key(world: World, key: str, case_id: str) -> str:
    if not key.startswith("="):
        return key
    with world.app.db.read() as connection:
        variables = case_variables(connection, case_id)
    value = feel.evaluate(key[1:], variables, now=world.now).value
    if not isinstance(value, str):
        raise StepError(f"Der Schlüssel „{key}“ ergibt bei diesem Vorgang keinen Text.")
    return value


def _retry(world: World, act: Retry, case_id: str) -> None:
    incidents = world.app.engine.incidents(OPERATOR)
    for incident in incidents:
        if act.element in (incident.element, incident.code):
            world.app.engine.retry(OPERATOR, incident.id)
            return
    there = ", ".join(incident.element or incident.code for incident in incidents) or "keine"
    raise StepError(f"Bei „{act.element}“ ist keine Störung offen. Offen sind: {there}.")


def _cancel(world: World, act: Cancel, case_id: str) -> None:
    world.app.engine.cancel(OPERATOR, case_id, act.reason)


def _resolve(world: World, act: Resolve, case_id: str) -> None:
    with world.app.db.read() as connection:
        found = connection.execute(
            sa.select(parcel.c.id)
            .where(parcel.c.tenant == TENANT, parcel.c.status == EffectStatus.UNKNOWN)
            .order_by(parcel.c.id)
        ).scalar()
    if found is None:
        raise StepError("Es gibt keine Sendung, deren Ausgang unbekannt ist.")
    person = replace(_actor(world, act.by, None), rights=frozenset(Right))
    world.app.engine.resolve(person, found, has_arrived=act.has_arrived, reason=act.reason)


def _behave(world: World, act: Behave, case_id: str) -> None:
    world.outside.stubs.put(act.stub, world.app.handlers)


def _check(world: World, act: Checking, case_id: str) -> None:
    world.outside.checker.is_down = act.is_down


_VERBS: Final[Mapping[type[Any], Callable[[World, Any, str], str | None]]] = {
    Receive: _receive,
    Begin: _begin,
    Complete: _complete,
    Claim: _claim,
    Advance: _advance,
    Answer: _answer,
    Publish: _publish,
    Broadcast: _broadcast,
    Retry: _retry,
    Cancel: _cancel,
    Resolve: _resolve,
    Behave: _behave,
    Checking: _check,
}
#: Acts that may start cases: by a message, a signal, or a timer.
_STARTING: Final = (Publish, Broadcast, Advance)
