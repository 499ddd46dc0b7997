"""A circuit breaker for each channel: a peer that fails again and again is left in peace.

After so many technical failures in a row, of whatever parcels, nothing is sent over the channel
until a while has passed; then one parcel alone tries. If it gets through all go on, else the
wait doubles. What the peer refuses is an answer and no failure. An open breaker is one
incident, which closes by itself; it lies in a table, so all workers keep to it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.tables import breaker
from laufzettel.engine.work import incidents

#: More than the attempts of one parcel: one alone does not stop its channel.
FAILURES_MAX: Final = 10
FIRST_WAIT: Final = timedelta(seconds=30)
WAIT_MAX: Final = timedelta(minutes=10)
#: How long a try may take before another one is made.
PROBE: Final = timedelta(seconds=60)
#: The code of the incident.
INCIDENT: Final = "kanal_gestoert"

# Built once: building a statement costs more than running it.
_of: Final = sa.and_(
    breaker.c.tenant == sa.bindparam("of_tenant"), breaker.c.channel == sa.bindparam("of_channel")
)
_ROW: Final = sa.select(breaker).where(_of)
_COUNT: Final = {
    dialect: insert(breaker)
    .on_conflict_do_update(
        index_elements=["tenant", "channel"], set_={"failures": breaker.c.failures + 1}
    )
    .returning(breaker.c.failures, breaker.c.wait_s)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_OPEN: Final = sa.update(breaker).where(_of)
_PROBE: Final = sa.update(breaker).where(_of, breaker.c.retry_at <= sa.bindparam("now"))
_CLOSE: Final = sa.delete(breaker).where(_of)


def state(connection: sa.Connection, tenant: str, channel: str) -> sa.Row[Any] | None:
    """Return how the channel stands; None where its last sending got through."""
    return connection.execute(_ROW, _named(tenant, channel)).one_or_none()


def open_until(connection: sa.Connection, tenant: str, channel: str) -> datetime | None:
    """Return until when nothing may be sent; None where it may (by one, if that is past)."""
    row = state(connection, tenant, channel)
    return None if row is None else row.retry_at


def probe(connection: sa.Connection, tenant: str, channel: str, now: datetime) -> bool:
    """Take the one try that an open breaker allows; False where another one has it."""
    until = {"retry_at": now + PROBE, "now": now}
    return connection.execute(_PROBE, _named(tenant, channel) | until).rowcount == 1


def failed(
    connection: sa.Connection, tenant: str, channel: str, error: Exception, *, now: datetime
) -> None:
    """Count a technical failure; from the tenth in a row on the breaker is open."""
    row = {"tenant": tenant, "channel": channel, "failures": 1, "wait_s": 0, "retry_at": None}
    found = connection.execute(_COUNT[connection.dialect.name], row).one()
    if found.failures < FAILURES_MAX:
        return
    wait = min(max(FIRST_WAIT, timedelta(seconds=found.wait_s) * 2), WAIT_MAX)
    opened = {"retry_at": now + wait, "wait_s": round(wait.total_seconds())}
    connection.execute(_OPEN, _named(tenant, channel) | opened)
    cause = (
        f"Der Empfänger auf „{channel}“ ist gestört; nach {FAILURES_MAX} Fehlern wird nur noch ab "
        f"und zu versucht zu senden. Der letzte Fehler: {error}"
    )
    _tell(connection, tenant, channel, cause, now)


def succeeded(connection: sa.Connection, tenant: str, channel: str, *, now: datetime) -> None:
    """Forget the failures, because the peer has answered."""
    found = state(connection, tenant, channel)
    if found is None:
        return
    connection.execute(_CLOSE, _named(tenant, channel))
    if found.retry_at is not None:
        incidents.settle_general(connection, tenant, INCIDENT, channel, now=now)


def _tell(connection: sa.Connection, tenant: str, channel: str, cause: str, now: datetime) -> None:
    """Open the incident of the channel, once while the breaker is open."""
    incidents.open_once(connection, tenant, INCIDENT, channel, cause, now=now)


def _named(tenant: str, channel: str) -> dict[str, Any]:
    return {"of_tenant": tenant, "of_channel": channel}
