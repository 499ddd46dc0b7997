"""Resolving what is unknown: a person looked at the peer and says what became of a parcel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from laufzettel.engine import feel
from laufzettel.engine.handler import Handlers
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.outbox import effects, parcels
from laufzettel.engine.outbox.effects import EffectStatus
from laufzettel.engine.tables import incident, parcel
from laufzettel.engine.work.incidents import IncidentStatus
from laufzettel.errors import ConflictError, NotFoundError


def resolve(
    connection: sa.Connection,
    handlers: Handlers,
    jobs: Jobs,
    tenant: str,
    parcel_id: str,
    *,
    has_arrived: bool,
    by: str,
    now: datetime,
) -> sa.Row[Any]:
    """Record that the parcel has arrived, or send it again because it has not; return its row.

    Sent again are the same bytes under the same number, so a peer that has them after all
    takes them for what they are. Raises ConflictError when the parcel is not unknown, for
    then nobody has to say anything about it.
    """
    row = connection.execute(
        sa.select(parcel).where(parcel.c.id == parcel_id, parcel.c.tenant == tenant)
    ).one_or_none()
    if row is None:
        raise NotFoundError("Diese Sendung gibt es bei diesem Mandanten nicht.")
    if row.status != EffectStatus.UNKNOWN:
        raise ConflictError("Der Ausgang dieser Sendung ist bekannt.")
    if has_arrived:
        _, goods = parcels.load(connection, parcel_id)
        confirmed = handlers.effect(row.handler).confirmed(goods)
        result = {name: feel.to_json(value) for name, value in confirmed.items()}
        effects.record(connection, jobs, parcel_id, EffectStatus.DONE, result, now=now)
        jobs.cancel(connection, "parcel", parcel_id)
    else:
        effects.send_again(connection, jobs, row)
    _close(connection, tenant, parcel_id, by, now)
    return row


def _close(connection: sa.Connection, tenant: str, parcel_id: str, by: str, now: datetime) -> None:
    rows = connection.execute(
        sa.select(incident.c.id, incident.c.job).where(
            incident.c.tenant == tenant, incident.c.status == IncidentStatus.OPEN
        )
    ).all()
    mine = [row.id for row in rows if row.job and row.job.get("key") == parcel_id]
    connection.execute(
        sa.update(incident)
        .where(incident.c.id.in_(mine))
        .values(status=IncidentStatus.GONE, ended_at=now, ended_by=by)
    )
