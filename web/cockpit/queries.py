"""Read models of what operators look at: open Störungen and the Übergaben to the outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.api import IncidentView
from laufzettel.engine.tables import case, effect, incident, parcel

#: Rows of a page.
PAGE_SIZE: Final = 50
#: Incidents on their page; more are a matter for the operator's tools.
INCIDENTS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A Störung with the case that it holds up."""

    id: str
    case_id: str | None
    subject: str
    code: str
    cause: str
    detail: str
    next_step: str
    owner: str
    created_at: datetime
    parcel_id: str | None  # of a handover whose outcome nobody knows
    holds_up: bool  # something waits for a retry; else a person settles it


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """An Übergabe: what went out at once under one number."""

    id: str
    channel: str
    number: int
    status: str
    items: int
    total: Decimal | None
    currency: str | None
    size: int  # bytes
    sha256: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing in an Übergabe."""

    case_id: str
    subject: str
    party: str
    amount: Decimal | None
    currency: str | None
    key: str
    status: str


def incidents(
    connection: sa.Connection, tenant: str, told: Sequence[IncidentView]
) -> list[Incident]:
    """Return the tenant's open incidents, the oldest first, with what a person is ``told``.

    That says nothing of a confidential case which the person may not look at.
    """
    told_of = {one.id: one for one in told}
    rows = connection.execute(
        sa.select(incident, case.c.subject)
        .outerjoin(case, case.c.id == incident.c.case_id)
        .where(incident.c.tenant == tenant, incident.c.status == "open")
        .order_by(incident.c.created_at)
        .limit(INCIDENTS_MAX)
    )
    return [_incident(row, told_of[row.id]) for row in rows if row.id in told_of]


def kinds(found: Sequence[Incident]) -> list[tuple[str, int]]:
    """Return what several incidents have as their code that a retry may end, and how many."""
    counts = Counter(one.code for one in found if one.holds_up and one.parcel_id is None)
    return [(code, number) for code, number in counts.most_common() if number > 1]


def _incident(row: sa.Row[Any], told: IncidentView) -> Incident:
    is_hidden = row.case_id is not None and told.case_id is None
    return Incident(
        id=row.id,
        case_id=told.case_id,
        subject="" if is_hidden else row.subject or "",
        code=row.code,
        cause=told.cause,
        detail="" if is_hidden else row.detail,
        next_step=row.next_step,
        owner=row.owner,
        created_at=row.created_at,
        parcel_id=_parcel(row),
        holds_up=bool(row.job or row.activation),
    )


def _parcel(row: Any) -> str | None:
    is_unknown = row.code == "versand_unbekannt" and row.job
    return row.job["key"] if is_unknown else None


def handovers(
    connection: sa.Connection,
    tenant: str,
    *,
    before: tuple[datetime, str] | None,
    unknown: bool = False,
) -> list[Handover]:
    """Return a page of handovers, the newest first; one row more says that there is another.

    ``unknown``: only those of which nobody knows whether they arrived.
    """
    query = _handovers(tenant)
    if unknown:
        query = query.where(parcel.c.status == "unknown")
    if before is not None:
        query = query.where(sa.tuple_(parcel.c.created_at, parcel.c.id) < sa.tuple_(*before))
    rows = connection.execute(
        query.order_by(parcel.c.created_at.desc(), parcel.c.id.desc()).limit(PAGE_SIZE + 1)
    )
    return [_handover(row) for row in rows]


def handover(connection: sa.Connection, tenant: str, parcel_id: str) -> Handover | None:
    """Return one handover."""
    row = connection.execute(_handovers(tenant).where(parcel.c.id == parcel_id)).one_or_none()
    return _handover(row) if row else None


def data_of(connection: sa.Connection, tenant: str, parcel_id: str) -> bytes:
    """Return the exact bytes that went out."""
    found: bytes = connection.execute(
        sa.select(parcel.c.data).where(parcel.c.tenant == tenant, parcel.c.id == parcel_id)
    ).scalar_one()
    return found


def items(connection: sa.Connection, tenant: str, parcel_id: str) -> list[Item]:
    """Return what is in a handover, in its order."""
    rows = connection.execute(
        sa.select(
            effect.c.case_id,
            effect.c.key,
            effect.c.status,
            case.c.subject,
            case.c.party,
            case.c.amount,
            case.c.currency,
        )
        .join(case, case.c.id == effect.c.case_id)
        .where(effect.c.tenant == tenant, effect.c.parcel_id == parcel_id)
        .order_by(effect.c.id)
    )
    return [
        Item(
            case_id=row.case_id,
            subject=row.subject,
            party=row.party,
            amount=row.amount,
            currency=row.currency,
            key=row.key,
            status=row.status,
        )
        for row in rows
    ]


def _handovers(tenant: str) -> sa.Select[Any]:
    columns = [column for column in parcel.c if column.name != "data"]
    return sa.select(*columns).where(parcel.c.tenant == tenant)


def _handover(row: Any) -> Handover:
    return Handover(
        id=row.id,
        channel=row.channel,
        number=row.number,
        status=row.status,
        items=row.items,
        total=row.total,
        currency=row.currency,
        size=row.size,
        sha256=row.sha256,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
