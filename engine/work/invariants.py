"""Nothing disappears: what must be true of the engine's tables at every moment.

An open case has an open task, a timer, an awaited message, a job row of ours, an effect on
its way or an open incident (DESIGN decision 14). Every check reads only, in one snapshot, and
holds between any two transactions: it may run in production beside all work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.breach import Breach
from laufzettel.engine.execution.case_rows import ALIVE, CaseStatus
from laufzettel.engine.jobs import held_jobs
from laufzettel.engine.messages import messages, signals
from laufzettel.engine.messages.messages import MessageStatus
from laufzettel.engine.messages.signals import DeliveryStatus
from laufzettel.engine.outbox.effects import EffectStatus
from laufzettel.engine.tables import (
    case,
    effect,
    incident,
    job,
    message,
    parcel,
    signal,
    signal_delivery,
    subscription,
    task_offer,
    user_task,
)
from laufzettel.engine.tasks import offers
from laufzettel.engine.tasks.user_tasks import TaskStatus
from laufzettel.engine.work.incidents import IncidentStatus

#: A job that is due later than this was parked and waits for nobody.
PARKED_FROM: Final = datetime(9000, 1, 1, tzinfo=UTC)
#: An effect in one of these states is still on its way.
UNDERWAY: Final = (EffectStatus.PENDING, EffectStatus.SENDING, EffectStatus.UNKNOWN)

#: A task that somebody has to do, now or when its case is resumed.
_TO_DO: Final = (TaskStatus.OPEN, TaskStatus.SUSPENDED)

_Check = Callable[[sa.Connection, str], Iterator[Breach]]


def breaches(connection: sa.Connection, tenant: str, *, kinds: Collection[str]) -> list[Breach]:
    """Return what of the tenant's engine rows breaks a promise; ``kinds`` have a handler.

    Give it a snapshot of its own (``Database.read``); on PostgreSQL one that is repeatable,
    if others write meanwhile.
    """
    found = [breach for check in _CHECKS for breach in check(connection, tenant)]
    return [*found, *_jobs(connection, tenant, kinds)]


def open_objects(connection: sa.Connection, tenant: str) -> Counter[str]:
    """Return how many open cases each business object has."""
    query = sa.select(case.c.business_key).where(case.c.tenant == tenant, case.c.status.in_(ALIVE))
    return Counter(connection.execute(query).scalars())


def cancelled_objects(connection: sa.Connection, tenant: str) -> frozenset[str]:
    """Return the business objects of which a person has ended a case."""
    query = sa.select(case.c.business_key).where(
        case.c.tenant == tenant, case.c.status == CaseStatus.CANCELLED
    )
    return frozenset(connection.execute(query).scalars())


def _cases(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """Every open case waits for something that will come; a suspended one would, if resumed."""
    called = case.alias()
    reasons = (
        sa.exists().where(user_task.c.case_id == case.c.id, user_task.c.status.in_(_TO_DO)),
        sa.exists().where(job.c.case_id == case.c.id, job.c.due < PARKED_FROM),
        sa.exists().where(subscription.c.case_id == case.c.id),
        sa.exists().where(effect.c.case_id == case.c.id, effect.c.status.in_(UNDERWAY)),
        sa.exists().where(  # the cases that it has called must go on themselves
            called.c.parent_case == case.c.id, called.c.status.in_(ALIVE)
        ),
        sa.exists().where(
            incident.c.case_id == case.c.id, incident.c.status == IncidentStatus.OPEN
        ),
    )
    lost = sa.select(case.c.id, case.c.business_key).where(
        case.c.tenant == tenant, case.c.status.in_(ALIVE), ~sa.or_(*reasons)
    )
    for row in connection.execute(lost):
        yield Breach(
            rule="vorgang_ohne_fortgang",
            subject=row.id,
            text_de=f"Der Vorgang {row.id} ({row.business_key}) ist offen, aber niemand und "
            "nichts bewegt ihn weiter: keine Aufgabe, keine Frist, keine erwartete Nachricht, "
            "kein Auftrag, kein Versand, keine Störung.",
        )


def _leftovers(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """A case that has ended asks nobody for anything."""
    ended = case.c.status.not_in(ALIVE)
    tasks = (
        sa.select(user_task.c.id, user_task.c.case_id)
        .join(case, case.c.id == user_task.c.case_id)
        .where(user_task.c.tenant == tenant, user_task.c.status.in_(_TO_DO), ended)
    )
    waits = (
        sa.select(subscription.c.id, subscription.c.case_id)
        .join(case, case.c.id == subscription.c.case_id)
        .where(subscription.c.tenant == tenant, ended)
    )
    for what, query in (("eine offene Aufgabe", tasks), ("eine erwartete Nachricht", waits)):
        for row in connection.execute(query):
            yield Breach(
                rule="rest_nach_ende",
                subject=row.id,
                text_de=f"Der Vorgang {row.case_id} ist beendet und hat noch {what}.",
            )


def _suspended(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """What a suspended case waits for is hidden, and nothing else is."""
    is_suspended = case.c.status == CaseStatus.SUSPENDED
    tasks = (
        sa.select(user_task.c.id)
        .join(case, case.c.id == user_task.c.case_id)
        .where(user_task.c.tenant == tenant)
        .where(user_task.c.status.in_(_TO_DO))
        .where(is_suspended != (user_task.c.status == TaskStatus.SUSPENDED))
    )
    waits = (
        sa.select(subscription.c.id)
        .join(case, case.c.id == subscription.c.case_id)
        .where(subscription.c.tenant == tenant, is_suspended != subscription.c.is_held)
    )
    held = sa.select(job.c.key).where(job.c.tenant == tenant, held_jobs.is_held(job.c.due))
    held = held.where(~sa.exists().where(case.c.id == job.c.case_id, is_suspended))
    for query in (tasks, waits, held):
        for subject in connection.execute(query).scalars():
            yield Breach(
                rule="ruhe_falsch",
                subject=subject,
                text_de=f"{subject} ruht ohne seinen Vorgang, oder sein Vorgang ruht ohne es.",
            )


def _offers(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """Every open task is found in the basket of everybody it is offered to, in its place."""
    found: dict[str, set[tuple[Any, ...]]] = {}
    for row in connection.execute(sa.select(task_offer).where(task_offer.c.tenant == tenant)):
        found.setdefault(row.task_id, set()).add(_offer(row._asdict()))
    query = sa.select(user_task).where(
        user_task.c.tenant == tenant, user_task.c.status == TaskStatus.OPEN
    )
    for row in connection.execute(query):
        task = row._asdict()
        wanted = {_offer(one) for one in offers.rows(task)}
        if wanted != found.pop(row.id, set()) or row.sort_at != offers.sort_at(task):
            yield Breach(
                rule="aufgabe_nicht_zu_finden",
                subject=row.id,
                text_de=f"Die Aufgabe „{row.name}“ ({row.subject}) steht nicht in den "
                "Eingangskörben aller, denen sie angeboten ist, oder nicht an ihrem Platz.",
            )
    for task_id in found:
        yield Breach(
            rule="angebot_ohne_aufgabe",
            subject=task_id,
            text_de=f"Die Aufgabe {task_id} wird noch angeboten, ist aber nicht mehr offen.",
        )


def _offer(row: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("task_id", "recipient", "group_", "sort_at", "follow_up", "stake")
    return tuple(row[name] for name in names)


def _effects(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """What is to go out has a job that sends it, or a person who was told."""
    dispatched = sa.exists().where(job.c.kind == "dispatch", job.c.key == effect.c.id)
    sent = sa.exists().where(job.c.kind == "parcel", job.c.key == effect.c.parcel_id)
    told = _told(connection, tenant)
    stuck = sa.select(effect.c.id, effect.c.parcel_id, effect.c.key, effect.c.status).where(
        effect.c.tenant == tenant, effect.c.status.in_(UNDERWAY), ~sa.or_(dispatched, sent)
    )
    for row in connection.execute(stuck):
        if told & {row.id, row.parcel_id}:
            continue
        yield Breach(
            rule="versand_ohne_auftrag",
            subject=row.id,
            text_de=f"Der Versand „{row.key}“ steht auf „{row.status}“, aber kein Auftrag und "
            "keine Störung gehört dazu; er bliebe für immer liegen.",
        )


def _told(connection: sa.Connection, tenant: str) -> set[str]:
    """Return the keys of the jobs that were given up and wait for a person."""
    query = sa.select(incident.c.job).where(
        incident.c.tenant == tenant, incident.c.status == IncidentStatus.OPEN
    )
    return {given_up["key"] for given_up in connection.execute(query).scalars() if given_up}


def _keys(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """An idempotency key belongs to one effect; the database keeps it, this proves it."""
    twice = (
        sa.select(effect.c.key, sa.func.count().label("number"))
        .where(effect.c.tenant == tenant)
        .group_by(effect.c.key)
        .having(sa.func.count() > 1)
    )
    for row in connection.execute(twice):
        yield Breach(
            rule="schluessel_doppelt",
            subject=row.key,
            text_de=f"Der Schlüssel „{row.key}“ gehört zu {row.number} Sendungen statt zu einer.",
        )


def _parcels(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """A channel's numbers have no gap, and a parcel holds as many effects as it says."""
    inside = (
        sa.select(sa.func.count())
        .where(effect.c.parcel_id == parcel.c.id)
        .scalar_subquery()
        .label("inside")
    )
    query = (
        sa.select(
            parcel.c.id,
            parcel.c.channel,
            parcel.c.number,
            parcel.c["items"].label("promised"),
            inside,
        )
        .where(parcel.c.tenant == tenant)
        .order_by(parcel.c.channel, parcel.c.number)
    )
    last: dict[str, int] = {}
    for row in connection.execute(query):
        expected = last.get(row.channel, 0) + 1
        last[row.channel] = row.number
        if row.number != expected:
            yield Breach(
                rule="uebergabe_luecke",
                subject=row.id,
                text_de=f"Auf dem Kanal „{row.channel}“ folgt Übergabe {row.number}, wo "
                f"{expected} stehen müsste.",
            )
        if row.inside != row.promised:
            yield Breach(
                rule="uebergabe_inhalt",
                subject=row.id,
                text_de=f"Übergabe {row.number} auf „{row.channel}“ nennt {row.promised} Sendungen, "
                f"zu ihr gehören {row.inside}.",
            )


def _messages(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """As many messages are being carried as there are tokens that wait for them."""
    same = sa.and_(
        subscription.c.kind == "message",
        subscription.c.tenant == message.c.tenant,
        subscription.c.name == message.c.name,
        subscription.c.key == message.c.key,
        ~subscription.c.is_held,
        sa.or_(message.c.expires_at.is_(None), subscription.c.created_at <= message.c.expires_at),
    )
    waiting = sa.select(sa.func.count()).where(same).scalar_subquery()
    carried = sa.exists().where(job.c.kind == messages.JOB, job.c.key == message.c.id)
    query = sa.select(
        message.c.id,
        message.c.name,
        message.c.key,
        waiting.label("waiting"),
        carried.label("carried"),
    ).where(
        message.c.tenant == tenant,
        message.c.status == MessageStatus.AVAILABLE,
        sa.exists().where(same),
    )
    told = _told(connection, tenant)
    pairs: dict[tuple[str, str], list[sa.Row[tuple[str, str, str, int, bool]]]] = {}
    for row in connection.execute(query):
        pairs.setdefault((row.name, row.key), []).append(row)
    for (name, key), rows in pairs.items():
        if sum(row.carried or row.id in told for row in rows) < min(len(rows), rows[0].waiting):
            yield Breach(
                rule="nachricht_nicht_zugestellt",
                subject=f"{name}:{key}",
                text_de=f"Die Nachricht „{name}“ zu „{key}“ ist da und wird erwartet, aber "
                "kein Auftrag stellt sie zu.",
            )


def _signals(connection: sa.Connection, tenant: str) -> Iterator[Breach]:
    """Whoever has still to be told of a signal has a job that tells it."""
    told = sa.exists().where(
        job.c.kind == signals.JOB,
        job.c.key == signal_delivery.c.signal_id + ":" + signal_delivery.c.case_id,
    )
    spread = sa.exists().where(
        job.c.kind == signals.FAN_OUT, job.c.key == signal_delivery.c.signal_id
    )
    untold = sa.select(signal.c.id, signal.c.name, signal_delivery.c.case_id).where(
        signal.c.id == signal_delivery.c.signal_id,
        signal.c.tenant == tenant,
        signal_delivery.c.status.in_([DeliveryStatus.WAITING, DeliveryStatus.QUEUED]),
        ~sa.or_(told, spread),
    )
    given_up = _told(connection, tenant)
    for row in connection.execute(untold):
        if f"{row.id}:{row.case_id}" in given_up:
            continue
        yield Breach(
            rule="signal_nicht_zugestellt",
            subject=f"{row.id}:{row.case_id}",
            text_de=f"Das Signal „{row.name}“ hat den Vorgang {row.case_id} noch nicht erreicht, "
            "aber kein Auftrag stellt es zu.",
        )


def _jobs(connection: sa.Connection, tenant: str, kinds: Collection[str]) -> Iterator[Breach]:
    """A job is of a kind that somebody runs, and is not parked for good."""
    query = sa.select(job.c.kind, job.c.key, job.c.due).where(
        job.c.tenant == tenant,
        sa.or_(job.c.kind.not_in(list(kinds)), job.c.due >= PARKED_FROM),
    )
    for row in connection.execute(query):
        is_parked = row.due >= PARKED_FROM
        yield Breach(
            rule="auftrag_geparkt" if is_parked else "auftrag_ohne_ausfuehrer",
            subject=row.key,
            text_de=f"Der Auftrag „{row.kind} {row.key}“ ist aufgegeben, ohne dass jemand davon "
            "erfährt."
            if is_parked
            else f"Aufträge der Art „{row.kind}“ führt in dieser Installation niemand aus "
            f"({row.key}).",
        )


_CHECKS: Final[tuple[_Check, ...]] = (
    _cases,
    _leftovers,
    _suspended,
    _offers,
    _effects,
    _keys,
    _parcels,
    _messages,
    _signals,
)
