"""The gate of the outbox: closed while an Abgleich is open, so that nothing goes out.

A database that was restored does not know what went out after its backup (DESIGN decision
15). Here are the few questions that sending asks; the Abgleich itself is ``reconciliation``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.handler import Effect, Handlers
from laufzettel.engine.outbox.numbers import last_number
from laufzettel.engine.tables import effect, reconciliation
from laufzettel.engine.work import incidents
from laufzettel.identity import SHARED
from laufzettel.ids import new_id

#: The code of the incident that says that nothing goes out.
INCIDENT: Final = "abgleich"

# Built once: building a statement costs more than running it.
_OPEN: Final = (
    sa.select(reconciliation)
    .where(reconciliation.c.released_at.is_(None))
    .order_by(reconciliation.c.id)
    .limit(1)
)
_RELEASED: Final = (
    sa.select(reconciliation.c.released_at)
    .where(reconciliation.c.released_at.is_not(None))
    .order_by(reconciliation.c.released_at.desc())
    .limit(1)
)
_OLDEST: Final = (
    sa.select(effect.c.created_at)
    .where(effect.c.parcel_id == sa.bindparam("of_parcel"))
    .order_by(effect.c.created_at)
    .limit(1)
)
_CLOSE: Final = sa.insert(reconciliation)


def open_reconciliation(connection: sa.Connection) -> sa.Row[Any] | None:
    """Return the Abgleich that is open, if one is: then nothing may go out."""
    return connection.execute(_OPEN, {}).one_or_none()


def is_closed(connection: sa.Connection) -> bool:
    """Tell whether nothing may go out."""
    return open_reconciliation(connection) is not None


def last_release(connection: sa.Connection) -> datetime | None:
    """Return when an Abgleich was released last: for what is older the peer is asked first."""
    row = connection.execute(_RELEASED, {}).first()
    return None if row is None else row.released_at


def is_older_than_release(connection: sa.Connection, parcel_id: str) -> bool:
    """Tell whether something in the parcel was there when an Abgleich was released.

    It may have gone out before the restore all the same: a peer without numbers can only be
    asked for it by its key.
    """
    released = last_release(connection)
    if released is None:
        return False
    oldest = connection.execute(_OLDEST, {"of_parcel": parcel_id}).scalar_one_or_none()
    return oldest is not None and oldest <= released


def close(connection: sa.Connection, *, cause: str, by: str, now: datetime) -> bool:
    """Let nothing go out from now on; False where that is so already."""
    if is_closed(connection):
        return False
    row = {"id": new_id(), "tenant": SHARED, "cause": cause, "begun_at": now, "begun_by": by}
    connection.execute(_CLOSE, row)
    return True


def ahead_de(channel: str, ours: int, theirs: int) -> str:
    """Return in German that the peer knows more than we do."""
    return (
        f"Der Empfänger auf „{channel}“ hat schon Übergabe {theirs}, hier ist {ours} die letzte; "
        "die Datenbank ist wohl aus einer Sicherung."
    )


class FirstContact:
    """Asks each peer once a process for its last number, before anything is formed for it.

    Ours is drawn before a parcel goes out, so a peer can only be ahead of a database that has
    forgotten something: then the gate closes by itself.
    """

    def __init__(self, db: Database, handlers: Handlers) -> None:
        self._db = db
        self._handlers = handlers
        self._met: set[tuple[str, str]] = set()

    def has_met_all(self, tenant: str) -> bool:
        """Tell whether every peer of the tenant has been asked."""
        return all((tenant, one.channel) in self._met for one in self._handlers.effects())

    def meet(self, tenant: str, one: Effect) -> None:
        """Compare the last numbers; raises LaufzettelError where the peer cannot be asked."""
        if (tenant, one.channel) in self._met:
            return
        theirs = one.last_number(tenant)
        with self._db.read() as connection:  # after the answer: ours only grows meanwhile
            ours = last_number(connection, tenant, f"parcel:{one.channel}")
        if theirs is not None and theirs > ours:
            self._close(tenant, ahead_de(one.channel, ours, theirs))
        else:
            self._met.add((tenant, one.channel))

    def _close(self, tenant: str, cause: str) -> None:
        with self._db.write() as connection:
            now = self._db.now(connection)
            close(connection, cause=cause, by="system", now=now)
            found = {"abgleich": f"Es geht nichts hinaus: {cause}"}
            incidents.reconcile(connection, tenant, INCIDENT, found, now=now)
