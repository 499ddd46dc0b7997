"""Parcels as they are stored, and as the handlers of effects see them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.handler import Consignment, Parcel
from laufzettel.engine.tables import effect, parcel

_PARCEL: Final = sa.select(parcel).where(parcel.c.id == sa.bindparam("of_id"))
_GOODS: Final = (
    sa.select(effect).where(effect.c.parcel_id == sa.bindparam("of_parcel")).order_by(effect.c.id)
)
_DIGEST: Final = sa.select(parcel.c.sha256).where(
    parcel.c.tenant == sa.bindparam("of_tenant"),
    parcel.c.channel == sa.bindparam("of_channel"),
    parcel.c.number == sa.bindparam("of_number"),
)


def load(connection: sa.Connection, parcel_id: str) -> tuple[sa.Row[Any], Parcel]:
    """Return the parcel's row, and the parcel as handlers see it."""
    row = connection.execute(_PARCEL, {"of_id": parcel_id}).one()
    goods = connection.execute(_GOODS, {"of_parcel": parcel_id}).all()
    previous = sha256_of(connection, row.tenant, row.channel, row.number - 1)
    return row, as_parcel(
        row.tenant, row.channel, row.number, row.created_at, row.data, previous, goods
    )


def sha256_of(connection: sa.Connection, tenant: str, channel: str, number: int) -> str | None:
    """Return the digest of the parcel with that number, None if there is none."""
    values = {"of_tenant": tenant, "of_channel": channel, "of_number": number}
    found: str | None = connection.execute(_DIGEST, values).scalar_one_or_none()
    return found


def as_parcel(
    tenant: str,
    channel: str,
    number: int,
    created_at: datetime,
    data: bytes,
    previous_sha256: str | None,
    rows: Sequence[sa.Row[Any]],
) -> Parcel:
    """Return the parcel of these effects as handlers see it."""
    return Parcel(
        tenant=tenant,
        channel=channel,
        number=number,
        created_at=created_at,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        previous_sha256=previous_sha256,
        consignments=[
            Consignment(effect_id=row.id, key=row.key, case_id=row.case_id, payload=row.payload)
            for row in rows
        ],
    )
