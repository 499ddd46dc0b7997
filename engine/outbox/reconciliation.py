"""The Abgleich: what every peer has that a restored database does not know (decision 15).

While it is open nothing goes out. Every channel is asked for its last number; each parcel
above ours is read back and recorded as sent, its effects found by their keys, its gapless
numbers passed over. What only the peer knows (it came after the backup and is gone here) is
an incident each, for a person alone can say what it was. Then a person releases it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine import feel
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.handler import Effect, Handlers, HeldParcel
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.outbox import effects, gate, parcels
from laufzettel.engine.outbox.effects import EffectStatus
from laufzettel.engine.outbox.gate import INCIDENT, ahead_de
from laufzettel.engine.outbox.numbers import last_number, raise_to
from laufzettel.engine.tables import effect, parcel, reconciled_channel, reconciliation
from laufzettel.engine.work import incidents
from laufzettel.errors import ConflictError, LaufzettelError
from laufzettel.ids import new_id

log = logging.getLogger(__name__)

#: The code of the incidents about what only the peer knows.
FOREIGN: Final = "beim_empfaenger_unbekannt"
_UNSETTLED: Final = (
    EffectStatus.PENDING,
    EffectStatus.SENDING,
    EffectStatus.UNKNOWN,
    EffectStatus.WITHDRAWN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """What the peer of one channel said."""

    tenant: str
    channel: str
    ours: int  # last number here, before anything was taken over
    theirs: int | None  # None: the peer keeps no numbers and is asked for each key as it is sent
    adopted: int  # effects that had arrived after all
    unknown_here: int  # what only the peer knows
    error: str  # why it could not be asked; empty if it could


class Reconciliation:
    """Opens, fills and releases the one Abgleich of the installation."""

    def __init__(self, db: Database, handlers: Handlers, jobs: Jobs) -> None:
        self._db = db
        self._handlers = handlers
        self._jobs = jobs

    def begin(self, tenants: Sequence[str], *, cause: str, by: str) -> bool:
        """Let nothing go out until a person releases it; False where that is so already."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            is_new = gate.close(connection, cause=cause, by=by, now=now)
            for tenant in tenants if is_new else ():
                found = {"abgleich": f"Es geht nichts hinaus: {cause}"}
                incidents.reconcile(connection, tenant, INCIDENT, found, now=now)
                texts = {"cause": cause, "by": by}
                event = Event(kind="abgleich.begun", actor="operator", texts=texts)
                append(connection, tenant=tenant, stream="parcels", at=now, events=[event])
        return is_new

    def current(self) -> sa.Row[Any] | None:
        """Return the Abgleich that is open."""
        with self._db.read() as connection:
            return gate.open_reconciliation(connection)

    def ahead(self, tenants: Sequence[str]) -> list[str]:
        """Return, in German, each channel whose peer knows more than we do."""
        found = []
        for tenant in tenants:
            for one in self._handlers.effects():
                theirs = one.last_number(tenant)
                with self._db.read() as connection:
                    ours = last_number(connection, tenant, f"parcel:{one.channel}")
                if theirs is not None and theirs > ours:
                    found.append(ahead_de(one.channel, ours, theirs))
        return found

    def ask(self, tenants: Sequence[str]) -> list[ChannelState]:
        """Ask every channel of these tenants and take over what its peer has.

        To be repeated as often as needed; what is taken over already stays as it is. Raises
        ConflictError where no Abgleich is open: then the peers are asked by every sending.
        """
        current = self.current()
        if current is None:
            raise ConflictError(
                "Es läuft kein Abgleich. „laufzettel abgleich --begin“ beginnt einen."
            )
        return [
            self._ask(current.id, tenant, one)
            for tenant in tenants
            for one in self._handlers.effects()
        ]

    def release(self, tenants: Sequence[str], *, by: str, reason: str, despite: bool) -> None:
        """Let everything go out again, because a person says so.

        Raises ConflictError while a channel was not asked or could not be, unless ``despite``.
        """
        with self._db.write() as connection:
            current = gate.open_reconciliation(connection)
            if current is None:
                raise ConflictError("Es läuft kein Abgleich.")
            missing = self._unasked(connection, current.id, tenants)
            if missing and not despite:
                raise ConflictError(
                    f"Nicht abgeglichen: {', '.join(missing)}. Erst „laufzettel abgleich --ask“ "
                    "aufrufen, oder mit Begründung trotzdem freigeben (--despite)."
                )
            now = self._db.now(connection)
            self._open_gate(connection, current.id, by, reason, now)
            for tenant in tenants:
                incidents.reconcile(connection, tenant, INCIDENT, {}, now=now)
                event = Event(
                    kind="abgleich.released",
                    actor="operator",  # a name that was typed is no id
                    data={"despite": sorted(missing)},
                    texts={"reason": reason, "by": by},
                )
                append(connection, tenant=tenant, stream="parcels", at=now, events=[event])

    def _open_gate(
        self, connection: sa.Connection, current: str, by: str, reason: str, now: datetime
    ) -> None:
        connection.execute(
            sa.update(reconciliation)
            .where(reconciliation.c.id == current)
            .values(released_at=now, released_by=by, reason=reason)
        )

    def _unasked(
        self, connection: sa.Connection, current: str, tenants: Sequence[str]
    ) -> list[str]:
        rows = connection.execute(
            sa.select(reconciled_channel).where(
                reconciled_channel.c.reconciliation_id == current,
                reconciled_channel.c.error == "",
            )
        )
        asked = {(row.tenant, row.channel) for row in rows}
        wanted = {(tenant, one.channel) for tenant in tenants for one in self._handlers.effects()}
        return [f"{tenant}/{channel}" for tenant, channel in sorted(wanted - asked)]

    def _ask(self, current: str, tenant: str, one: Effect) -> ChannelState:
        with self._db.read() as connection:
            ours = last_number(connection, tenant, f"parcel:{one.channel}")
            unsettled = _unsettled_numbers(connection, tenant, one.channel)
        theirs, adopted, foreign, error = None, 0, 0, ""
        try:
            theirs = one.last_number(tenant)
            above = range(ours + 1, (theirs or 0) + 1)
            for number in [*(each for each in unsettled if each <= (theirs or 0)), *above]:
                taken = self._take_over(tenant, one, number)
                adopted, foreign = adopted + taken[0], foreign + taken[1]
        except LaufzettelError as problem:
            error = str(problem)
        state = ChannelState(
            tenant=tenant,
            channel=one.channel,
            ours=ours,
            theirs=theirs,
            adopted=adopted,
            unknown_here=foreign,
            error=error,
        )
        self._note(current, state)
        return state

    def _note(self, current: str, state: ChannelState) -> None:
        mine = sa.and_(
            reconciled_channel.c.reconciliation_id == current,
            reconciled_channel.c.tenant == state.tenant,
            reconciled_channel.c.channel == state.channel,
        )
        names = ("tenant", "channel", "ours", "theirs", "adopted", "unknown_here", "error")
        row = {name: getattr(state, name) for name in names}
        with self._db.write() as connection:
            now = self._db.now(connection)
            connection.execute(sa.delete(reconciled_channel).where(mine))
            row |= {"reconciliation_id": current, "asked_at": now}
            connection.execute(sa.insert(reconciled_channel), row)

    def _take_over(self, tenant: str, one: Effect, number: int) -> tuple[int, int]:
        """Record what the peer holds under the number; return (adopted, known to it alone)."""
        held = one.held(tenant, number)
        if held is None:
            raise ConflictError(
                f"Der Empfänger kennt höhere Nummern, aber keine Übergabe {number} auf "
                f"„{one.channel}“; bitte dort klären."
            )
        with self._db.write() as connection:
            now = self._db.now(connection)
            parcel_id = self._record_parcel(connection, tenant, one, number, held)
            adopted = self._adopt(connection, one, tenant, parcel_id, held, now)
            foreign = self._tell_foreign(connection, tenant, one.channel, number, held, now)
            raise_to(connection, tenant, f"parcel:{one.channel}", number)
            for name, value in held.numbers.items():
                raise_to(connection, tenant, name, value)
            event = Event(
                kind="abgleich.taken_over",
                actor="system",
                data={"channel": one.channel, "number": number, "adopted": adopted},
            )
            append(connection, tenant=tenant, stream="parcels", at=now, events=[event])
        return adopted, foreign

    def _record_parcel(
        self, connection: sa.Connection, tenant: str, one: Effect, number: int, held: HeldParcel
    ) -> str:
        """Return the id of the parcel with that number, which holds the peer's bytes."""
        contents: dict[str, Any] = {
            "data": held.data,
            "size": len(held.data),
            "sha256": hashlib.sha256(held.data).hexdigest(),
            "total": held.total and held.total.amount,
            "currency": held.total and held.total.currency,
        }
        known = connection.execute(_PARCEL_OF, _number(tenant, one.channel, number)).one_or_none()
        if known is None:
            row = {"id": new_id(), "tenant": tenant, "channel": one.channel, "number": number}
            row |= {"handler": one.name, "status": EffectStatus.SENDING, "items": 0}
            connection.execute(sa.insert(parcel), row | {"created_at": held.created_at} | contents)
            return str(row["id"])
        if known.sha256 == contents["sha256"]:
            return str(known.id)
        if known.status in (EffectStatus.DONE, EffectStatus.REFUSED):
            raise ConflictError(
                f"Übergabe {number} auf „{one.channel}“ hat beim Empfänger einen anderen Inhalt."
            )
        # Ours never arrived: its number was taken. What it held goes out with a later one.
        for effect_id in connection.scalars(_EFFECTS_OF, {"of_parcel": known.id}).all():
            connection.execute(_LET_GO, {"of_id": effect_id})
            self._jobs.submit(connection, "dispatch", effect_id, tenant=tenant)
        self._jobs.cancel(connection, "parcel", known.id)
        connection.execute(sa.update(parcel).where(parcel.c.id == known.id).values(contents))
        return str(known.id)

    def _adopt(
        self,
        connection: sa.Connection,
        one: Effect,
        tenant: str,
        parcel_id: str,
        held: HeldParcel,
        now: datetime,
    ) -> int:
        """Record as done what the peer has of ours, and see that each case learns it."""
        keys = {"of_tenant": tenant, "keys": list(held.keys)}
        elsewhere = connection.scalar(_ELSEWHERE, keys | {"of_parcel": parcel_id})
        if elsewhere is not None:
            raise ConflictError(
                f"„{elsewhere}“ liegt beim Empfänger in einer anderen Übergabe als hier; bitte "
                "dort klären."
            )
        arrived = connection.execute(_ADOPT, keys | {"parcel_id": parcel_id}).all()
        _, goods = parcels.load(connection, parcel_id)
        result = {name: feel.to_json(value) for name, value in one.confirmed(goods).items()}
        effects.record(connection, self._jobs, parcel_id, EffectStatus.DONE, result, now=now)
        self._jobs.cancel(connection, "parcel", parcel_id)
        items = {"items": len(goods.consignments)}
        connection.execute(sa.update(parcel).where(parcel.c.id == parcel_id).values(items))
        return len(arrived)

    def _tell_foreign(
        self,
        connection: sa.Connection,
        tenant: str,
        channel: str,
        number: int,
        held: HeldParcel,
        now: datetime,
    ) -> int:
        """Have a person look at each consignment that nothing here knows of any more."""
        keys = {"of_tenant": tenant, "keys": list(held.keys)}
        known = set(connection.scalars(_KNOWN_KEYS, keys))
        foreign: Mapping[str, str] = {
            key: text for key, text in held.keys.items() if key not in known
        }
        for key, text in foreign.items():
            incidents.open_general(
                connection,
                tenant,
                code=FOREIGN,
                cause=f"Der Empfänger hat aus Übergabe {number} auf „{channel}“: {text}. Hier ist "
                "davon nichts bekannt; es kam nach der Sicherung.",
                subject=key,
                now=now,
            )
        return len(foreign)


def _number(tenant: str, channel: str, number: int) -> dict[str, Any]:
    return {"of_tenant": tenant, "of_channel": channel, "of_number": number}


def _unsettled_numbers(connection: sa.Connection, tenant: str, channel: str) -> Sequence[int]:
    """Return the numbers of our parcels of which nobody knows what became of them."""
    return connection.scalars(
        sa.select(parcel.c.number)
        .where(
            parcel.c.tenant == tenant,
            parcel.c.channel == channel,
            parcel.c.status.in_([EffectStatus.SENDING, EffectStatus.UNKNOWN]),
        )
        .order_by(parcel.c.number)
    ).all()


_PARCEL_OF: Final = sa.select(parcel).where(
    parcel.c.tenant == sa.bindparam("of_tenant"),
    parcel.c.channel == sa.bindparam("of_channel"),
    parcel.c.number == sa.bindparam("of_number"),
)
_EFFECTS_OF: Final = sa.select(effect.c.id).where(effect.c.parcel_id == sa.bindparam("of_parcel"))
_LET_GO: Final = (
    sa.update(effect)
    .where(effect.c.id == sa.bindparam("of_id"))
    .values(status=EffectStatus.PENDING, parcel_id=None)
)
_of_keys: Final = sa.and_(
    effect.c.tenant == sa.bindparam("of_tenant"),
    effect.c.key.in_(sa.bindparam("keys", expanding=True)),
)
_ADOPT: Final = (
    sa.update(effect)
    .where(_of_keys, effect.c.status.in_(_UNSETTLED))
    .values(status=EffectStatus.SENDING, parcel_id=sa.bindparam("parcel_id"))
    .returning(effect.c.id)
)
#: An effect that lies in another parcel of ours, one that may still go out.
_ELSEWHERE: Final = (
    sa.select(effect.c.key)
    .where(
        _of_keys,
        effect.c.parcel_id.is_not(None),
        effect.c.parcel_id != sa.bindparam("of_parcel"),
        effect.c.status.in_([EffectStatus.SENDING, EffectStatus.UNKNOWN]),
    )
    .limit(1)
)
_KNOWN_KEYS: Final = sa.select(effect.c.key).where(_of_keys)
