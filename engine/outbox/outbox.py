"""The outbox: effects go out in parcels, once, and nothing unknown is sent again blindly.

How an effect stands is said in ``effects``. Three kinds of jobs: ``dispatch`` forms a parcel of what is pending, ``parcel`` sends one
parcel, ``outcome`` tells one case what became of its effect.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from laufzettel import logs
from laufzettel.db import Database
from laufzettel.engine import feel
from laufzettel.engine.handler import (
    Contents,
    Handlers,
    NotSentError,
    Parcel,
    Refused,
    Values,
)
from laufzettel.engine.jobs.port import Job, Jobs, Lost
from laufzettel.engine.outbox import breaker, gate, parcels
from laufzettel.engine.outbox.effects import EFFECT, FINAL, EffectStatus, mark_unknown, note, record
from laufzettel.engine.outbox.numbers import next_number
from laufzettel.engine.tables import effect, parcel
from laufzettel.errors import ConflictError
from laufzettel.failpoints import failpoint
from laufzettel.ids import new_id

log = logging.getLogger(__name__)


#: How long what must not go out yet waits until it looks again.
LOOK_AGAIN: Final = timedelta(seconds=30)

# Built once: building a statement costs more than running it.
_TAKE: Final = sa.update(effect).where(
    effect.c.id.in_(sa.bindparam("of_ids", expanding=True)),
    effect.c.status == EffectStatus.PENDING,
)
_TOGETHER: Final = (
    sa.select(effect)
    .where(
        effect.c.tenant == sa.bindparam("of_tenant"),
        effect.c.channel == sa.bindparam("of_channel"),
        effect.c.handler == sa.bindparam("of_handler"),
        effect.c.status == EffectStatus.PENDING,
    )
    .order_by(effect.c.id != sa.bindparam("of_first"), effect.c.id)
    .limit(sa.bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_FORM: Final = sa.insert(parcel)


class _StoppedError(Exception):
    """An Abgleich was begun in this moment; nothing has gone out."""


class Outbox:
    """Sends what is pending. ``on_unknown`` records that a person must look (an incident)."""

    def __init__(
        self,
        db: Database,
        handlers: Handlers,
        jobs: Jobs,
        on_unknown: Callable[[sa.Connection, Job, Exception], None],
    ) -> None:
        self._db = db
        self._handlers = handlers
        self._jobs = jobs
        self._on_unknown = on_unknown
        self._first_contact = gate.FirstContact(db, handlers)
        # Repeatable: the claim of the parcel, durable, comes before anything is sent.
        jobs.handler("dispatch", self._dispatch, on_exhausted=on_unknown, is_repeatable=True)
        jobs.handler("parcel", self._send, lease_s=60, on_exhausted=self._give_up)

    def _dispatch(self, job: Job) -> None:
        """Form one parcel with everything pending on the effect's channel."""
        self._meet(job)
        with self._db.write() as connection:
            now = self._db.now(connection)
            wanted = connection.execute(EFFECT, {"of_id": job.key}).one()
            if wanted.status != EffectStatus.PENDING:
                job.done(connection)
            elif gate.is_closed(connection):
                job.again(connection, now + LOOK_AGAIN)
            elif (until := breaker.open_until(connection, job.tenant, wanted.channel)) and (
                until > now
            ):
                job.again(connection, until)  # what comes meanwhile goes out together
            elif self._form(connection, wanted, now):
                job.done(connection)
            else:
                job.again(connection, now)
        failpoint("outbox.parcelled")

    def _meet(self, job: Job) -> None:
        """Learn, at the first effect for a peer, whether it knows more than this database."""
        if self._first_contact.has_met_all(job.tenant):
            return
        with self._db.read() as connection:
            wanted = connection.execute(EFFECT, {"of_id": job.key}).one()
        if wanted.status == EffectStatus.PENDING:
            self._first_contact.meet(job.tenant, self._handlers.effect(wanted.handler))

    def _form(self, connection: sa.Connection, wanted: sa.Row[Any], now: datetime) -> bool:
        """Form a parcel; False when another one is just taking the effect, or has let it go."""
        handler = self._handlers.effect(wanted.handler)
        rows = self._together(connection, wanted, handler.parcel_max)
        if wanted.id not in [row.id for row in rows]:
            return False

        parcel_id = new_id()
        number = next_number(connection, wanted.tenant, f"parcel:{wanted.channel}")
        previous = parcels.sha256_of(connection, wanted.tenant, wanted.channel, number - 1)

        def packed(goods: Sequence[sa.Row[Any]]) -> Contents:
            empty = parcels.as_parcel(
                wanted.tenant, wanted.channel, number, now, b"", previous, goods
            )
            return handler.pack(empty)

        rows, contents = _pack(packed, wanted, rows)
        into = {"status": EffectStatus.SENDING, "parcel_id": parcel_id}
        taken = connection.execute(_TAKE, into | {"of_ids": [row.id for row in rows]})
        if taken.rowcount != len(rows):
            raise ConflictError("Eine andere Sendung war schneller.")
        formed = {
            "id": parcel_id,
            "tenant": wanted.tenant,
            "channel": wanted.channel,
            "number": number,
            "handler": wanted.handler,
            "status": EffectStatus.SENDING,
            "items": len(rows),
            "total": contents.total and contents.total.amount,
            "currency": contents.total and contents.total.currency,
            "data": contents.data,
            "size": len(contents.data),
            "sha256": hashlib.sha256(contents.data).hexdigest(),
            "created_at": now,
        }
        connection.execute(_FORM, formed)
        for row in rows:
            note("effect.packed", row.id, row.case_id, parcel_id, number=number)
        self._jobs.submit(connection, "parcel", parcel_id, tenant=wanted.tenant)
        return True

    def _together(
        self, connection: sa.Connection, wanted: sa.Row[Any], number: int
    ) -> Sequence[sa.Row[Any]]:
        """Lock and return the effect and what else is pending for the same parcel.

        The effect comes first, for its job ends with this parcel.
        """
        which = {
            "of_tenant": wanted.tenant,
            "of_channel": wanted.channel,
            "of_handler": wanted.handler,
            "of_first": wanted.id,
            "at_most": number,
        }
        return sorted(connection.execute(_TOGETHER, which).all(), key=lambda row: str(row.id))

    def _send(self, job: Job) -> None:
        with self._db.read() as connection:
            row, goods = parcels.load(connection, job.key)
            is_stopped = gate.is_closed(connection)
            is_old = gate.is_older_than_release(connection, job.key)
            until = breaker.open_until(connection, row.tenant, row.channel)
        if row.status in FINAL:
            return self._record(job, row, EffectStatus(row.status), {})
        if is_stopped or (until is not None and not self._may_try(row)):
            return self._put_off(job, until)
        handler = self._handlers.effect(row.handler)
        try:
            # After a first attempt nobody knows whether it went out: the peer is asked.
            is_asked = job.attempts > 1 or row.status == EffectStatus.UNKNOWN or is_old
            result = handler.query(goods) if is_asked else None
            if result is None:
                result = self._deliver(job, handler.send, goods)
        except Refused as refusal:
            reason = {"code": refusal.code, "text": refusal.text_de}
            return self._record(job, row, EffectStatus.REFUSED, reason)
        except _StoppedError:
            return self._put_off(job)
        except Lost:
            raise
        except NotSentError as error:
            self._note_failure(row, error)
            raise
        except Exception as error:
            self._note_failure(row, error, is_unknown=True)
            raise
        packed = {name: feel.to_json(value) for name, value in result.items()}
        return self._record(job, row, EffectStatus.DONE, packed)

    def _deliver(self, job: Job, send: Callable[[Parcel], Values], goods: Parcel) -> Values:
        with self._db.read() as connection:
            if not job.still_owned(connection):
                raise Lost
            if gate.is_closed(connection):
                raise _StoppedError
        failpoint("outbox.sending")
        for one in goods.consignments:
            note("effect.sending", one.effect_id, one.case_id, job.key, number=goods.number)
        with logs.bound(parcel=job.key, channel=goods.channel):
            result = send(goods)
        failpoint("outbox.sent")
        return result

    def _put_off(self, job: Job, until: datetime | None = None) -> None:
        """Let the parcel wait; its attempts are counted anew, so the peer is asked first."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            mark_unknown(connection, job.key)
            job.again(connection, max(until or now, now + LOOK_AGAIN))

    def _may_try(self, row: sa.Row[Any]) -> bool:
        """Take the one try that the channel's open breaker allows from time to time."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            return breaker.probe(connection, row.tenant, row.channel, now)

    def _note_failure(
        self, row: sa.Row[Any], error: Exception, *, is_unknown: bool = False
    ) -> None:
        with self._db.write() as connection:
            now = self._db.now(connection)
            if is_unknown:
                mark_unknown(connection, row.id)
            breaker.failed(connection, row.tenant, row.channel, error, now=now)

    def _give_up(self, connection: sa.Connection, job: Job, error: Exception) -> None:
        mark_unknown(connection, job.key)
        self._on_unknown(connection, job, error)

    def _record(
        self, job: Job, row: sa.Row[Any], status: EffectStatus, result: Mapping[str, Any]
    ) -> None:
        """Write down what became of the parcel and see that each case learns it."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            record(connection, self._jobs, row.id, status, result, now=now)
            breaker.succeeded(connection, row.tenant, row.channel, now=now)
            job.done(connection)
        failpoint("outbox.recorded")


def _pack(
    pack: Callable[[Sequence[sa.Row[Any]]], Contents],
    wanted: sa.Row[Any],
    rows: Sequence[sa.Row[Any]],
) -> tuple[Sequence[sa.Row[Any]], Contents]:
    """Return what goes out together, packed; one that cannot be packed holds up no other."""
    try:
        return rows, pack(rows)
    except Exception as error:
        if len(rows) == 1:
            raise
        with logs.bound(effect=wanted.id, error=type(error).__name__):
            logs.event(log, "effect.alone", level=logging.WARNING)
    return [wanted], pack([wanted])
