"""Signals: broadcast to everybody who waits at that moment, and kept for nobody else.

A broadcast is one row and a snapshot of the tenant's subscriptions (DESIGN decision 13). The
cases are told one by one, by a job each: no step of one holds up another, and a repeat by the
sender's id changes nothing. Unlike a message a signal is not consumed: each token that waited
hears it, and who begins to wait a moment later does not (BPMN 2.0.2 § 13.5.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.messages import process_starts
from laufzettel.engine.tables import signal, signal_delivery, subscription
from laufzettel.ids import new_id

#: The kind of the job that tells one case; its key is ``signal:case``.
JOB: Final = "signal"
#: The kind of the job that goes on making those jobs; its key is the signal's id.
FAN_OUT: Final = "fan_out"
#: Most cases for which one transaction makes jobs, so that no broadcast holds the write lock.
CASES_AT_ONCE: Final = 200
#: Most broadcasts that are listed.
LISTED_MAX: Final = 200


class DeliveryStatus(StrEnum):
    """How far a signal has come to one token."""

    WAITING = "waiting"  # in the snapshot; its case has no job yet
    QUEUED = "queued"  # a job of its case will tell it
    RECEIVED = "received"  # the token has gone on; final
    GONE = "gone"  # the token waited no more when it was told; final


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A signal and how far it has come."""

    id: str
    name: str
    source: str
    broadcast_at: datetime
    receivers: int  # how many tokens waited
    received: int
    gone: int  # waited no more when they were told

    @property
    def left(self) -> int:
        """Return how many have still to be told."""
        return self.receivers - self.received - self.gone


# Built once: building a statement costs more than running it.
_STORE: Final = {
    dialect: insert(signal).on_conflict_do_nothing().returning(signal.c.id)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_waits: Final = sa.and_(
    subscription.c.tenant == sa.bindparam("of_tenant"),
    subscription.c.name == sa.bindparam("of_name"),
    subscription.c.key == "",
    subscription.c.kind == "signal",
)
_SNAPSHOT: Final = sa.insert(signal_delivery).from_select(
    ["signal_id", "case_id", "subscription_id", "activation", "status"],
    sa.select(
        sa.bindparam("of_signal", type_=sa.String),
        subscription.c.case_id,
        subscription.c.id,
        subscription.c.activation,
        sa.literal(DeliveryStatus.WAITING, sa.String),
    ).where(_waits),
)
_of_signal: Final = signal_delivery.c.signal_id == sa.bindparam("of_signal")
_of_case: Final = signal_delivery.c.case_id == sa.bindparam("of_case")
_IS_DEAF: Final = sa.delete(signal_delivery).where(
    _of_signal, _of_case, signal_delivery.c.activation == sa.bindparam("of_activation")
)
_COUNT: Final = sa.select(sa.func.count()).select_from(signal_delivery).where(_of_signal)
_SET_COUNT: Final = sa.update(signal).where(signal.c.id == sa.bindparam("of_signal"))
_NEXT_CASES: Final = (
    sa.select(signal_delivery.c.case_id)
    .where(_of_signal, signal_delivery.c.status == DeliveryStatus.WAITING)
    .distinct()
    .order_by(signal_delivery.c.case_id)
    .limit(CASES_AT_ONCE)
)
_QUEUE: Final = (
    sa.update(signal_delivery)
    .where(
        _of_signal,
        signal_delivery.c.case_id.in_(sa.bindparam("cases", expanding=True)),
        signal_delivery.c.status == DeliveryStatus.WAITING,
    )
    .values(status=DeliveryStatus.QUEUED)
)
_SIGNAL: Final = sa.select(signal).where(signal.c.id == sa.bindparam("of_signal"))
_TO_TELL: Final = (
    sa.select(signal_delivery.c.subscription_id, signal_delivery.c.activation)
    .where(_of_signal, _of_case, signal_delivery.c.status == DeliveryStatus.QUEUED)
    .order_by(signal_delivery.c.subscription_id)
)
_TOLD: Final = sa.update(signal_delivery).where(
    _of_signal, _of_case, signal_delivery.c.subscription_id == sa.bindparam("of_subscription")
)
_FORGET: Final = (
    sa.update(signal_delivery)
    .where(
        _of_case,
        signal_delivery.c.status.in_([DeliveryStatus.WAITING, DeliveryStatus.QUEUED]),
        signal_delivery.c.signal_id.in_(sa.bindparam("signals", expanding=True)),
    )
    .values(status=DeliveryStatus.GONE)
)
_tally: Final = {
    status: sa.func.coalesce(
        sa.func.sum(sa.case((signal_delivery.c.status == status, 1), else_=0)), 0
    )
    for status in (DeliveryStatus.RECEIVED, DeliveryStatus.GONE)
}
_LATEST: Final = (
    sa.select(signal)
    .where(signal.c.tenant == sa.bindparam("of_tenant"))
    .order_by(signal.c.id.desc())
    .limit(LISTED_MAX)
    .subquery()
)
_LISTED: Final = (
    sa.select(
        *(_LATEST.c[name] for name in ("id", "name", "source", "broadcast_at", "receivers")),
        _tally[DeliveryStatus.RECEIVED].label("received"),
        _tally[DeliveryStatus.GONE].label("gone"),
    )
    .select_from(_LATEST)
    .outerjoin(signal_delivery, signal_delivery.c.signal_id == _LATEST.c.id)
    .group_by(*(_LATEST.c[name] for name in ("id", "name", "source", "broadcast_at", "receivers")))
    .order_by(_LATEST.c.id.desc())
)


def broadcast(
    connection: sa.Connection,
    jobs: Jobs,
    tenant: str,
    name: str,
    payload: Mapping[str, Any],
    *,
    source: str,
    message_id: str,
    now: datetime,
    deaf: Sequence[tuple[str, str]] = (),
) -> int | None:
    """Tell everybody of the tenant who waits now; return how many, None for a repeat.

    ``message_id`` is the sender's and unique per source. ``deaf`` are (case, activation) that
    wait in this transaction already but began to after the signal was thrown.
    """
    signal_id = new_id()
    row: dict[str, Any] = {
        "id": signal_id,
        "tenant": tenant,
        "source": source,
        "message_id": message_id,
    }
    row |= {"name": name, "payload": dict(payload), "receivers": 0, "broadcast_at": now}
    if connection.execute(_STORE[connection.dialect.name], row).first() is None:
        return None
    of_signal = {"of_signal": signal_id}
    connection.execute(_SNAPSHOT, of_signal | {"of_tenant": tenant, "of_name": name})
    for case_id, activation in deaf:
        connection.execute(_IS_DEAF, of_signal | {"of_case": case_id, "of_activation": activation})
    receivers: int = connection.execute(_COUNT, of_signal).scalar_one()
    process_starts.announce(connection, jobs, tenant, name, signal_id)
    connection.execute(_SET_COUNT, of_signal | {"receivers": receivers})
    if not fan_out(connection, jobs, tenant, signal_id):
        jobs.submit(connection, FAN_OUT, signal_id, tenant=tenant)
    return receivers


def fan_out(connection: sa.Connection, jobs: Jobs, tenant: str, signal_id: str) -> bool:
    """Make a job for each of the next cases; False while there are more of them."""
    of_signal = {"of_signal": signal_id}
    cases = connection.execute(_NEXT_CASES, of_signal).scalars().all()
    if cases:
        connection.execute(_QUEUE, of_signal | {"cases": cases})
    for case_id in cases:
        args = {"signal": signal_id}
        key = f"{signal_id}:{case_id}"
        jobs.submit(connection, JOB, key, args, tenant=tenant, case_id=case_id)
    return len(cases) < CASES_AT_ONCE


def load(connection: sa.Connection, signal_id: str) -> sa.Row[Any]:
    """Return the signal's row."""
    return connection.execute(_SIGNAL, {"of_signal": signal_id}).one()


def to_tell(connection: sa.Connection, signal_id: str, case_id: str) -> Sequence[sa.Row[str, str]]:
    """Return (subscription, activation) of the case's tokens that are still to be told."""
    return connection.execute(_TO_TELL, {"of_signal": signal_id, "of_case": case_id}).all()


def told(
    connection: sa.Connection,
    signal_id: str,
    case_id: str,
    subscription_id: str,
    status: DeliveryStatus,
) -> None:
    """Note what became of one delivery, in the step that goes on with it."""
    where = {"of_signal": signal_id, "of_case": case_id, "of_subscription": subscription_id}
    connection.execute(_TOLD, where | {"status": status})


def forget(connection: sa.Connection, case_id: str, signal_ids: Sequence[str]) -> None:
    """Note that the case is over before it was told of these signals."""
    connection.execute(_FORGET, {"of_case": case_id, "signals": signal_ids})


def listed(connection: sa.Connection, tenant: str) -> list[Broadcast]:
    """Return the tenant's latest broadcasts and how far each has come, the newest first."""
    rows = connection.execute(_LISTED, {"of_tenant": tenant}).mappings()
    return [Broadcast(**row) for row in rows]
