"""Messages: published once, received by exactly one waiting token, never lost.

A message may have a time to live: it is for whoever waits before it expires. Expired it stays
where it is and is listed with all that nobody waited for; nothing is ever dropped. Without one
it waits for ever, as the acknowledgement of an effect must.

Publish and subscribe both lock the row of the correlation (tenant, name, key) first and
then look for the other half; two halves that come at the same time cannot miss each other
(DESIGN decision 13). Lock order everywhere: case row, correlation rows, job rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.db.types import UtcTime
from laufzettel.engine.execution.changes import NewSubscription
from laufzettel.engine.handler import GuardFailedError
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.messages import message_starts
from laufzettel.engine.tables import correlation, job, message, subscription
from laufzettel.errors import InputError
from laufzettel.failpoints import failpoint
from laufzettel.ids import new_id

#: The kind of the job that hands a message to its receiver; its key is the message's id.
JOB = "message"
#: When a message expires that has no time to live.
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
#: Most messages that are listed at once.
LISTED_MAX: Final = 1_000


class MessageStatus(StrEnum):
    """Where a message stands."""

    AVAILABLE = "available"  # nobody has consumed it; listed if nobody waits; kept for ever
    CONSUMED = "consumed"  # exactly one token went on with it; final


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwaited:
    """A message that nobody waits for."""

    id: str
    name: str
    key: str
    source: str
    message_id: str
    published_at: datetime
    expires_at: datetime | None
    has_expired: bool  # nobody who comes now would get it


# Built once: building a statement costs more than running it.
_STORE = {
    dialect: insert(message).on_conflict_do_nothing().returning(message.c.id)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_SUBSCRIBE = sa.insert(subscription)
# Literally, else SQLite would not see that the partial index holds them.
_is_available = message.c.status == sa.literal_column("'available'")
_OPEN = sa.select(message).where(message.c.id == sa.bindparam("of_id"), _is_available)
_CONSUME = sa.update(message).where(message.c.id == sa.bindparam("of_id"), _is_available)
_oldest_first = (
    sa.select(message.c.id)
    .where(
        message.c.tenant == sa.bindparam("of_tenant"),
        message.c.name == sa.bindparam("of_name"),
        message.c.key == sa.bindparam("of_key"),
        _is_available,
        sa.or_(
            message.c.expires_at.is_(None), message.c.expires_at >= sa.bindparam("waiting_since")
        ),
    )
    .order_by(message.c.id)
)
_OLDEST = _oldest_first.limit(sa.bindparam("at_most"))
_awaits = sa.and_(
    subscription.c.kind == "message",
    subscription.c.tenant == sa.bindparam("of_tenant"),
    subscription.c.name == sa.bindparam("of_name"),
    subscription.c.key == sa.bindparam("of_key"),
)
# A suspended case receives nothing: its messages stay available.
_waits = sa.and_(_awaits, ~subscription.c.is_held)
_COUNT_WAITING = sa.select(
    sa.func.count(), sa.func.min(subscription.c.created_at, type_=UtcTime)
).where(_waits)
# What a newcomer asks: how many wait, itself among them, and what is there for one alone.
_NEWCOMER = sa.select(sa.func.count(), _oldest_first.limit(1).scalar_subquery()).where(_waits)
_FIRST_WAITING = (
    sa.select(subscription)
    .where(_waits, subscription.c.created_at <= sa.bindparam("of_expiry"))
    .order_by(subscription.c.id)
    .limit(1)
)
_HELD = (
    sa.select(subscription.c.id)
    .where(
        _awaits,
        subscription.c.is_held,
        subscription.c.created_at <= sa.bindparam("of_expiry"),
    )
    .limit(1)
)
_UNSUBSCRIBE = sa.delete(subscription).where(
    subscription.c.case_id == sa.bindparam("of_case"),
    subscription.c.activation == sa.bindparam("of_activation"),
)

_carried = sa.exists().where(job.c.kind == JOB, job.c.key == message.c.id)
_UNWAITED = (
    sa.select(
        *(message.c[name] for name in ("id", "name", "key", "source", "message_id")),
        message.c.published_at,
        message.c.expires_at,
    )
    .where(message.c.tenant == sa.bindparam("of_tenant"), _is_available, ~_carried)
    .order_by(message.c.id)
    .limit(LISTED_MAX)
)


def publish(
    connection: sa.Connection,
    jobs: Jobs,
    *,
    tenant: str,
    name: str,
    key: str,
    payload: Mapping[str, Any],
    source: str,
    message_id: str,
    now: datetime,
    ttl: timedelta | None = None,
) -> bool:
    """Store the message and see to its delivery; False when it was there already.

    ``message_id`` is the sender's and unique per source: a repeat changes nothing. It is for
    whoever waits now or begins to within ``ttl`` (None: whenever), however late the delivery;
    if nobody does, for the process that it starts.
    """
    if ttl is not None and ttl < timedelta():
        raise InputError("Die Lebensdauer einer Nachricht kann nicht negativ sein.")
    _lock(connection, tenant, [(name, key)])
    row_id = new_id()
    expires_at = None if ttl is None else now + ttl
    row = {
        "id": row_id,
        "tenant": tenant,
        "source": source,
        "message_id": message_id,
        "name": name,
        "key": key,
        "payload": dict(payload),
        "status": MessageStatus.AVAILABLE,
        "published_at": now,
        "expires_at": expires_at,
    }
    if connection.execute(_STORE[connection.dialect.name], row).first() is None:
        return False
    is_wanted = _receiver(connection, tenant, name, key, expires_at) is not None
    if is_wanted or message_starts.find(connection, tenant, name) is not None:
        jobs.submit(connection, JOB, row_id, tenant=tenant)
    failpoint("message.published")
    return True


def subscribe(
    connection: sa.Connection,
    jobs: Jobs,
    tenant: str,
    case_id: str,
    wanted: Sequence[NewSubscription],
    *,
    now: datetime,
) -> None:
    """Let the case's tokens wait; what was published before is delivered now.

    Signals are awaited too: their rows have another kind and no key.
    """
    _lock(connection, tenant, [(one.name, one.key) for one in wanted if not one.is_signal])
    for one in wanted:
        row = {
            "id": new_id(),
            "tenant": tenant,
            "name": one.name,
            "key": one.key,
            "case_id": case_id,
            "activation": one.activation,
            "created_at": now,
            "kind": "signal" if one.is_signal else "message",
        }
        connection.execute(_SUBSCRIBE, row)
        if one.is_signal:  # nothing is kept that could have come before
            continue
        for message_id in _for_newcomer(connection, tenant, one, now):
            jobs.submit(connection, JOB, message_id, tenant=tenant)


def deliver(
    connection: sa.Connection, jobs: Jobs, tenant: str, pairs: Sequence[tuple[str, str]]
) -> None:
    """See to the delivery of what came while the tokens that wait for it were suspended."""
    _lock(connection, tenant, pairs)
    for name, key in sorted(set(pairs)):
        for message_id in _for_all_who_wait(connection, tenant, name, key):
            jobs.submit(connection, JOB, message_id, tenant=tenant)


def _for_newcomer(
    connection: sa.Connection, tenant: str, wanted: NewSubscription, now: datetime
) -> Sequence[str]:
    """Return the messages that are there for a token that waits from now on.

    Raises GuardFailedError where somebody else waits and the newcomer wants to be alone: the
    step, computed again, sees him and becomes an incident.
    """
    values = {"of_tenant": tenant, "of_name": wanted.name, "of_key": wanted.key}
    number, oldest = connection.execute(_NEWCOMER, values | {"waiting_since": now}).one()
    if number == 1:
        return [] if oldest is None else [oldest]
    if not wanted.is_shared:
        raise GuardFailedError
    return _for_all_who_wait(connection, tenant, wanted.name, wanted.key)


def _for_all_who_wait(connection: sa.Connection, tenant: str, name: str, key: str) -> Sequence[str]:
    """Return the oldest available messages, one for each token that waits.

    The first alone would not do: it may be on its way to a token that waited before.
    """
    values = {"of_tenant": tenant, "of_name": name, "of_key": key}
    number, since = connection.execute(_COUNT_WAITING, values).one()
    oldest = values | {"at_most": number, "waiting_since": since or NEVER}
    return connection.execute(_OLDEST, oldest).scalars().all()


def unsubscribe(connection: sa.Connection, case_id: str, activations: Sequence[str]) -> None:
    """Let tokens wait no more."""
    for activation in activations:
        connection.execute(_UNSUBSCRIBE, {"of_case": case_id, "of_activation": activation})


def open_message(connection: sa.Connection, message_id: str) -> sa.Row[Any] | None:
    """Return the message if nobody has consumed it."""
    return connection.execute(_OPEN, {"of_id": message_id}).one_or_none()


def receiver(connection: sa.Connection, found: sa.Row[Any]) -> sa.Row[Any] | None:
    """Return the oldest subscription that waits for this message, and did before it expired."""
    return _receiver(connection, found.tenant, found.name, found.key, found.expires_at)


def is_kept(connection: sa.Connection, found: sa.Row[Any]) -> bool:
    """Say whether a suspended case waits for this message, and did before it expired."""
    values = _waited(found.tenant, found.name, found.key, found.expires_at)
    return connection.execute(_HELD, values).first() is not None


def still_unwanted(connection: sa.Connection, found: sa.Row[Any]) -> bool:
    """Say, holding the correlation's lock until commit, that nobody waits for the message.

    Only under this lock may the delivery's job end: a subscriber who comes now waits for
    the lock, and then submits the job anew.
    """
    _lock(connection, found.tenant, [(found.name, found.key)])
    is_received = receiver(connection, found) is not None
    return not is_received and message_starts.find(connection, found.tenant, found.name) is None


def claim(connection: sa.Connection, found: sa.Row[Any], case_id: str, *, now: datetime) -> bool:
    """Consume the message inside the step that goes on with it; False if another one did.

    Called after the case's compare-and-set, as the lock order demands.
    """
    _lock(connection, found.tenant, [(found.name, found.key)])
    consumed = {"status": MessageStatus.CONSUMED, "case_id": case_id, "consumed_at": now}
    taken = connection.execute(_CONSUME, consumed | {"of_id": found.id})
    failpoint("message.claimed")
    return taken.rowcount == 1


def unwaited(connection: sa.Connection, tenant: str, now: datetime) -> list[Unwaited]:
    """Return what nobody waits for and nobody waited for in time, the oldest first."""
    rows = connection.execute(_UNWAITED, {"of_tenant": tenant}).mappings()
    return [Unwaited(**row, has_expired=(row["expires_at"] or NEVER) < now) for row in rows]


def _receiver(
    connection: sa.Connection, tenant: str, name: str, key: str, expires_at: datetime | None
) -> sa.Row[Any] | None:
    values = _waited(tenant, name, key, expires_at)
    return connection.execute(_FIRST_WAITING, values).one_or_none()


def _waited(tenant: str, name: str, key: str, expires_at: datetime | None) -> dict[str, Any]:
    return {
        "of_tenant": tenant,
        "of_name": name,
        "of_key": key,
        "of_expiry": expires_at or NEVER,
    }


def _lock(connection: sa.Connection, tenant: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Lock the correlation rows in their order; SQLite's writer is alone anyway."""
    if connection.dialect.name == "sqlite":
        return
    for name, key in sorted(set(pairs)):
        statement = postgresql.insert(correlation).values(tenant=tenant, name=name, key=key)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant", "name", "key"],
                set_={"touched": correlation.c.touched + 1},
            )
        )
