"""Effects as they stand in the outbox: put in, taken back, ended, each once.

``pending → sending → done | refused | unknown`` and ``pending → withdrawn`` (DESIGN
decision 11). A time-out is *unknown*; it is resolved by asking the peer, or by a person.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel import logs
from laufzettel.engine.execution.changes import NewEffect
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.tables import effect, parcel
from laufzettel.errors import LaufzettelError
from laufzettel.ids import new_id

log = logging.getLogger(__name__)


class EffectStatus(StrEnum):
    """Where an effect stands; a parcel has the status of its effects."""

    PENDING = "pending"  # written with the step; nothing has gone out, may be withdrawn
    SENDING = "sending"  # in a parcel; after a crash the peer is asked before anything else
    DONE = "done"  # the peer has it; final
    REFUSED = "refused"  # the peer declined it; final
    UNKNOWN = "unknown"  # nobody knows; resolved by the peer's answer or by a person
    WITHDRAWN = "withdrawn"  # taken back before it was sent; final


#: (from, to) of every transition there is.
TRANSITIONS: Final = {
    (EffectStatus.PENDING, EffectStatus.SENDING),
    (EffectStatus.PENDING, EffectStatus.WITHDRAWN),
    (EffectStatus.SENDING, EffectStatus.DONE),
    (EffectStatus.SENDING, EffectStatus.REFUSED),
    (EffectStatus.SENDING, EffectStatus.UNKNOWN),
    (EffectStatus.UNKNOWN, EffectStatus.DONE),
    (EffectStatus.UNKNOWN, EffectStatus.REFUSED),
    # A person looked and it has not arrived: the same bytes go out under the same number,
    # for a number that stays empty would hold up everything behind it.
    (EffectStatus.UNKNOWN, EffectStatus.SENDING),
}
FINAL: Final = (EffectStatus.DONE, EffectStatus.REFUSED)

# Built once: building a statement costs more than running it.
_ENQUEUE: Final = {
    dialect: insert(effect).on_conflict_do_nothing().returning(effect.c.id)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
EFFECT: Final = sa.select(effect).where(effect.c.id == sa.bindparam("of_id"))
_WITHDRAW: Final = sa.update(effect).where(
    effect.c.case_id == sa.bindparam("of_case"),
    effect.c.activation.in_(sa.bindparam("of_activations", expanding=True)),
    effect.c.status == EffectStatus.PENDING,
)
_in_parcel: Final = effect.c.parcel_id == sa.bindparam("of_parcel")
# One comparison a status and not NOT IN, whose list of values would be unfolded at every run.
_END_PARCEL: Final = sa.update(parcel).where(
    parcel.c.id == sa.bindparam("of_parcel"), *(parcel.c.status != one for one in FINAL)
)
_END_EFFECTS: Final = (
    sa.update(effect)
    .where(_in_parcel, *(effect.c.status != one for one in FINAL))
    .returning(effect.c.id, effect.c.tenant, effect.c.case_id)
)


class OtherPayloadError(LaufzettelError):
    """Unter demselben Schlüssel wurde schon etwas anderes gesendet."""


def enqueue(
    connection: sa.Connection,
    jobs: Jobs,
    tenant: str,
    case_id: str,
    new: NewEffect,
    *,
    now: datetime,
) -> None:
    """Put the effect into the outbox, in the step's transaction.

    The key is unique for ever: reaching the activity again (token moved, case restarted)
    sends nothing again but takes over what became of the first. The same key with another
    payload raises OtherPayloadError.
    """
    effect_id = new_id()
    row = {
        "id": effect_id,
        "tenant": tenant,
        "key": new.key,
        "channel": new.channel,
        "handler": new.handler,
        "case_id": case_id,
        "activation": new.activation,
        "payload": dict(new.payload),
        "status": EffectStatus.PENDING,
        "created_at": now,
    }
    if connection.execute(_ENQUEUE[connection.dialect.name], row).first():
        jobs.submit(
            connection,
            "dispatch",
            effect_id,
            tenant=tenant,
            case_id=case_id,
            priority=new.priority,
        )
        return
    _adopt(connection, jobs, tenant, case_id, new)


def _adopt(
    connection: sa.Connection, jobs: Jobs, tenant: str, case_id: str, new: NewEffect
) -> None:
    """Let the activation wait for the effect that this key already has."""
    known = connection.execute(
        sa.select(effect).where(effect.c.tenant == tenant, effect.c.key == new.key)
    ).one()
    if known.payload != dict(new.payload):
        raise OtherPayloadError(f"Der Schlüssel „{new.key}“ ist mit anderem Inhalt vergeben.")
    values = {"case_id": case_id, "activation": new.activation}
    if known.status == EffectStatus.WITHDRAWN:
        values["status"] = EffectStatus.PENDING
        jobs.submit(connection, "dispatch", known.id, tenant=tenant, case_id=case_id)
    connection.execute(sa.update(effect).where(effect.c.id == known.id).values(values))
    if known.status in FINAL:
        jobs.submit(connection, "outcome", known.id, tenant=tenant, case_id=case_id)


def withdraw(
    connection: sa.Connection, case_id: str, activations: Sequence[str], *, now: datetime
) -> None:
    """Take back what has not gone out; what is sending or unknown is waited for."""
    which = {"of_case": case_id, "of_activations": list(activations)}
    values = {"status": EffectStatus.WITHDRAWN, "ended_at": now}
    connection.execute(_WITHDRAW, values | which)


def note(event: str, effect_id: str, case_id: str, parcel_id: str, **fields: Any) -> None:
    """Write what becomes of an effect, under the case that waits for it."""
    with logs.bound(case_id=case_id, effect=effect_id, parcel=parcel_id):
        logs.event(log, event, **fields)


def mark_unknown(connection: sa.Connection, parcel_id: str) -> None:
    """Note that nobody knows what became of a parcel that was being sent."""
    for table, column in ((parcel, parcel.c.id), (effect, effect.c.parcel_id)):
        connection.execute(
            sa.update(table)
            .where(column == parcel_id, table.c.status == EffectStatus.SENDING)
            .values(status=EffectStatus.UNKNOWN)
        )


def record(
    connection: sa.Connection,
    jobs: Jobs,
    parcel_id: str,
    status: EffectStatus,
    result: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Give the parcel and its effects their final status, once."""
    final = {"status": status, "ended_at": now, "of_parcel": parcel_id}
    connection.execute(_END_PARCEL, final)
    ended = connection.execute(_END_EFFECTS, final | {"result": dict(result)}).all()
    for row in ended:
        note("effect.ended", row.id, row.case_id, parcel_id, status=str(status))
        jobs.submit(connection, "outcome", row.id, tenant=row.tenant, case_id=row.case_id)


def send_again(connection: sa.Connection, jobs: Jobs, row: sa.Row[Any]) -> None:
    """Send an unknown parcel once more, because a person says that it has not arrived."""
    for table, column in ((parcel, parcel.c.id), (effect, effect.c.parcel_id)):
        connection.execute(
            sa.update(table)
            .where(column == row.id, table.c.status == EffectStatus.UNKNOWN)
            .values(status=EffectStatus.SENDING)
        )
    jobs.cancel(connection, "parcel", row.id)
    jobs.submit(connection, "parcel", row.id, tenant=row.tenant)


def load_outcome(connection: sa.Connection, effect_id: str) -> sa.Row[Any]:
    """Return the effect whose case is to be told."""
    return connection.execute(EFFECT, {"of_id": effect_id}).one()
