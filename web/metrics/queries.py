"""What the database says about how the installation is doing: each a few seeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.archive.tables import document_fault, document_round
from laufzettel.db.types import UtcTime
from laufzettel.engine.tables import audit_stream, case, incident, job, parcel, subscription
from laufzettel.ids import first_id
from laufzettel.records.tables import tenant

#: A message that has not come after this time is probably not coming.
OVERDUE: Final = timedelta(days=30)
#: A job that is due later than this was parked and waits for a person.
_PARKED_FROM: Final = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """How a tenant's jobs of one kind stand."""

    tenant: str
    kind: str
    due: int  # could run now
    leased: int
    waiting: int  # due later
    parked: int  # given up, wait for a person
    oldest_due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one tenant is doing."""

    tenant: str
    open_cases: int
    incidents: dict[str, int]  # code → how many are open
    oldest_unknown: datetime | None  # since when nobody knows what became of a handover
    unsealed_since: datetime | None  # of the oldest event that no seal covers
    overdue_messages: int  # tokens that have waited longer than OVERDUE
    document_faults: int  # documents missing or changed
    documents_checked: int | None  # hashed again in the last whole round; None: none has ended
    documents_checked_at: datetime | None  # when it ended


def tenants(connection: sa.Connection) -> Sequence[str]:
    """Return the ids of all tenants."""
    return connection.execute(sa.select(tenant.c.id).order_by(tenant.c.id)).scalars().all()


def standing(connection: sa.Connection, tenant_id: str, now: datetime) -> Standing:
    """Return how a tenant is doing."""
    of = {"of_tenant": tenant_id}
    found = connection.execute(_INCIDENTS, of).all()
    checked = connection.execute(_CHECKED, of).one_or_none()
    waited = of | {"before": first_id(now - OVERDUE)}
    return Standing(
        tenant=tenant_id,
        open_cases=connection.execute(_OPEN_CASES, of).scalar_one(),
        incidents={row.code: row.number for row in found},
        oldest_unknown=connection.execute(_UNKNOWN, of).scalar(),
        unsealed_since=connection.execute(_UNSEALED, of).scalar(),
        overdue_messages=connection.execute(_OVERDUE, waited).scalar_one(),
        document_faults=connection.execute(_FAULTS, of).scalar_one(),
        documents_checked=checked.last_documents if checked else None,
        documents_checked_at=checked.last_ended_at if checked else None,
    )


def jobs(connection: sa.Connection, tenants_: Sequence[str], now: datetime) -> list[Jobs]:
    """Return how the jobs of these tenants stand; reads every row of theirs."""
    values = {"now": now, "of_tenants": list(tenants_)}
    return [Jobs(**row) for row in connection.execute(_JOBS, values).mappings()]


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


_OPEN_CASES = (
    sa.select(sa.func.count())
    .select_from(case)
    .where(case.c.tenant == sa.bindparam("of_tenant"), case.c.status == "open")
)
_INCIDENTS = (
    sa.select(incident.c.code, sa.func.count().label("number"))
    .where(incident.c.tenant == sa.bindparam("of_tenant"), incident.c.status == "open")
    .group_by(incident.c.code)
    .order_by(incident.c.code)
)
_UNKNOWN = sa.select(sa.func.min(parcel.c.created_at, type_=UtcTime)).where(
    parcel.c.tenant == sa.bindparam("of_tenant"),
    parcel.c.status == sa.literal_column("'unknown'"),  # as the partial index says it
)
_UNSEALED = sa.select(sa.func.min(audit_stream.c.moved_at, type_=UtcTime)).where(
    audit_stream.c.tenant == sa.bindparam("of_tenant"), sa.text("seq > sealed_seq")
)
_FAULTS = (
    sa.select(sa.func.count())
    .select_from(document_fault)
    .where(document_fault.c.tenant == sa.bindparam("of_tenant"))
)
_CHECKED = sa.select(document_round.c.last_documents, document_round.c.last_ended_at).where(
    document_round.c.tenant == sa.bindparam("of_tenant")
)
_OVERDUE = (
    sa.select(sa.func.count())
    .select_from(subscription)
    .where(
        subscription.c.tenant == sa.bindparam("of_tenant"),
        subscription.c.id < sa.bindparam("before"),
    )
)
_is_due: Any = job.c.due <= sa.bindparam("now")
_is_parked: Any = job.c.due >= _PARKED_FROM
_JOBS = (
    sa.select(
        job.c.tenant,
        job.c.kind,
        _count(_is_due).label("due"),
        _count(sa.and_(~_is_due, job.c.is_leased)).label("leased"),
        _count(sa.and_(~_is_due, ~job.c.is_leased, ~_is_parked)).label("waiting"),
        _count(_is_parked).label("parked"),
        sa.func.min(sa.case((_is_due, job.c.due)), type_=UtcTime).label("oldest_due"),
    )
    .where(job.c.tenant.in_(sa.bindparam("of_tenants", expanding=True)))
    .group_by(job.c.tenant, job.c.kind)
    .order_by(job.c.tenant, job.c.kind)
)
