"""Lists that programs read to their end: page by page, each found by the row before it.

A page never counts rows and never skips any: it begins behind a *place*, the sort columns of
the last row of the page before, and is one walk along an index for each part of the list. Rows
that the actor may not look at are left out of it; so a page may hold fewer rows than it could,
and only a missing ``next`` says that the list has ended.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import sqlalchemy as sa

from laufzettel.db.types import UtcTime
from laufzettel.engine import access
from laufzettel.engine.execution.case_rows import ALIVE, CaseStatus
from laufzettel.engine.tables import bundle, case, incident, user_task
from laufzettel.engine.tasks import user_tasks, walks
from laufzettel.engine.tasks.user_tasks import UserTask, as_task
from laufzettel.engine.tasks.walks import FIRST, Stop
from laufzettel.engine.views import CaseView, as_case
from laufzettel.engine.work.incidents import IncidentStatus
from laufzettel.identity import SHARED, Actor, Right

#: Most rows of a page.
PAGE_MAX: Final = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ends: its last row by time and id."""

    id: str
    at: datetime | None = None  # None where the list is ordered by id alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some rows of a list, and behind which place it goes on; None at its end."""

    items: tuple[T, ...]
    next: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """A deployed version of a process."""

    id: str  # of the bundle
    process_id: str
    number: int  # 1, 2, 3 …
    version_tag: str
    sha256: str
    is_shared: bool  # belongs to the installation, not to the tenant
    deployed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """An incident, open or over; of a case that is hidden from the reader no case is named."""

    id: str
    case_id: str | None
    element: str
    code: str
    cause: str
    next_step: str
    owner: str
    status: IncidentStatus
    created_at: datetime
    ended_at: datetime | None


# Built once: building a statement costs more than running it.
_at_edge = sa.tuple_(
    sa.bindparam("edge_at", type_=UtcTime()), sa.bindparam("edge_id", type_=sa.String())
)
_CASES = (
    sa.select(*(column for column in case.c if column.name not in ("state",)))
    .where(case.c.tenant == sa.bindparam("of_tenant"), case.c.status == sa.bindparam("of_status"))
    .order_by(case.c.started_at.desc(), case.c.id.desc())
    .limit(sa.bindparam("at_most"))
)
_CASES_BEHIND = _CASES.where(sa.tuple_(case.c.started_at, case.c.id) < _at_edge)
_of_process = case.c.process_id == sa.bindparam("of_process")
_of_key = case.c.business_key == sa.bindparam("of_key")
_INCIDENTS = (
    sa.select(incident)
    .where(
        incident.c.tenant == sa.bindparam("of_tenant"),
        incident.c.status == sa.bindparam("of_status"),
    )
    .order_by(incident.c.created_at, incident.c.id)
    .limit(sa.bindparam("at_most"))
)
_INCIDENTS_BEHIND = _INCIDENTS.where(sa.tuple_(incident.c.created_at, incident.c.id) > _at_edge)
_OPEN_TASKS = (
    sa.select(user_task)
    .where(
        user_task.c.tenant == sa.bindparam("of_tenant"),
        user_task.c.status == sa.literal_column("'open'"),
        user_task.c.id > sa.bindparam("edge_id"),
    )
    .order_by(user_task.c.id)
    .limit(sa.bindparam("at_most"))
)
_OPEN_TASKS_OF_CASE = _OPEN_TASKS.where(user_task.c.case_id == sa.bindparam("of_case"))
_MODELS = (
    sa.select(
        bundle.c.id,
        bundle.c.tenant,
        bundle.c.process_id,
        bundle.c.number,
        bundle.c.version_tag,
        bundle.c.sha256,
        bundle.c.deployed_at,
    )
    .where(
        bundle.c.tenant.in_(sa.bindparam("of_tenants", expanding=True)),
        bundle.c.id > sa.bindparam("edge_id"),
    )
    .order_by(bundle.c.id)
    .limit(sa.bindparam("at_most"))
)
_IN_USE = (
    sa.select(case.c.bundle_id)
    .where(case.c.tenant == sa.bindparam("of_tenant"), case.c.status.in_(ALIVE))
    .distinct()
    .order_by(case.c.bundle_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases a list holds; None asks for nothing."""

    status: CaseStatus | None = None
    process_id: str | None = None
    business_key: str | None = None


def models(
    connection: sa.Connection, tenant: str, after: Place | None, size: int
) -> Page[ModelView]:
    """Return the versions of processes that the tenant may start, the oldest first."""
    values = {"of_tenants": [tenant, SHARED], "edge_id": after.id if after else ""}
    rows = connection.execute(_MODELS, values | {"at_most": size + 1}).all()
    return _page(rows, size, [_as_model(row) for row in rows[:size]], _by_id)


def cases(
    connection: sa.Connection, actor: Actor, wanted: CaseFilter, after: Place | None, size: int
) -> Page[CaseView]:
    """Return the cases that the actor may look at, the newest first.

    Each status is a walk of its own along the index; what they find is merged.
    """
    statement = _narrowed(_CASES if after is None else _CASES_BEHIND, wanted)
    values = _edge(after) | {
        "of_tenant": actor.tenant,
        "of_process": wanted.process_id,
        "of_key": wanted.business_key,
        "at_most": size + 1,
    }
    walks = [
        connection.execute(statement, values | {"of_status": status}).all()
        for status in ([wanted.status] if wanted.status else CaseStatus)
    ]
    rows = _merged(walks, size + 1)
    confidential = [row.id for row in rows if row.confidential]
    secret = access.hidden(connection, actor, confidential)
    shown = [as_case(row) for row in rows[:size] if row.id not in secret]
    return _page(rows, size, shown, lambda row: Place(id=row.id, at=row.started_at))


def incidents(
    connection: sa.Connection,
    actor: Actor,
    status: IncidentStatus,
    after: Place | None,
    size: int,
) -> Page[IncidentRow]:
    """Return the tenant's incidents of a status, the oldest first."""
    statement = _INCIDENTS if after is None else _INCIDENTS_BEHIND
    values = _edge(after) | {"of_tenant": actor.tenant, "of_status": status, "at_most": size + 1}
    rows = connection.execute(statement, values).all()
    secret = access.hidden_among(connection, actor, [row.case_id for row in rows if row.case_id])
    shown = [_as_incident(row, is_hidden=row.case_id in secret) for row in rows[:size]]
    return _page(rows, size, shown, lambda row: Place(id=row.id, at=row.created_at))


def tasks(
    connection: sa.Connection, actor: Actor, after: Place | None, size: int
) -> Page[UserTask]:
    """Return the open tasks: with READ all of them by age, else those that are offered, by urgency."""
    if Right.READ not in actor.rights:
        stop = None if after is None else Stop(after.at or FIRST.sort_at, after.id)
        found, last = walks.theirs(connection, actor, stop, size)
        return Page(items=tuple(found), next=last and Place(id=last.id, at=last.sort_at))
    values = {"of_tenant": actor.tenant, "edge_id": after.id if after else ""}
    rows = connection.execute(_OPEN_TASKS, values | {"at_most": size + 1}).all()
    return _page(rows, size, [as_task(row) for row in rows[:size]], _by_id)


def tasks_of_case(
    connection: sa.Connection, actor: Actor, case_id: str, after: Place | None, size: int
) -> Page[UserTask]:
    """Return the open tasks of one case that the actor may know of, the oldest first."""
    values = {"of_tenant": actor.tenant, "of_case": case_id, "edge_id": after.id if after else ""}
    rows = connection.execute(_OPEN_TASKS_OF_CASE, values | {"at_most": size + 1}).all()
    found = [as_task(row) for row in rows[:size]]
    reads = Right.READ in actor.rights
    shown = [task for task in found if reads or user_tasks.is_offered(task, actor)]
    return _page(rows, size, shown, _by_id)


def bundles_in_use(connection: sa.Connection, tenant: str) -> Sequence[str]:
    """Return the ids of the versions that cases of the tenant still run."""
    return connection.execute(_IN_USE, {"of_tenant": tenant}).scalars().all()


def _as_model(row: Any) -> ModelView:
    return ModelView(
        id=row.id,
        process_id=row.process_id,
        number=row.number,
        version_tag=row.version_tag,
        sha256=row.sha256,
        is_shared=row.tenant == SHARED,
        deployed_at=row.deployed_at,
    )


def _as_incident(row: sa.Row[Any], *, is_hidden: bool) -> IncidentRow:
    return IncidentRow(
        id=row.id,
        case_id=None if is_hidden else row.case_id,
        element=row.element,
        code=row.code,
        cause=access.CONFIDENTIAL_DE if is_hidden else row.cause,
        next_step=row.next_step,
        owner=row.owner,
        status=IncidentStatus(row.status),
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def _narrowed(statement: sa.Select[Any], wanted: CaseFilter) -> sa.Select[Any]:
    if wanted.process_id is not None:
        statement = statement.where(_of_process)
    return statement if wanted.business_key is None else statement.where(_of_key)


def _edge(after: Place | None) -> dict[str, Any]:
    return {} if after is None else {"edge_at": after.at, "edge_id": after.id}


def _merged(walks: Iterable[Sequence[Any]], size: int) -> list[Any]:
    merged = heapq.merge(*walks, key=lambda row: (row.started_at, row.id), reverse=True)
    return [row for row, _ in zip(merged, range(size), strict=False)]


def _by_id(row: Any) -> Place:
    return Place(id=row.id)


def _page(
    rows: Sequence[Any], size: int, shown: Sequence[T], place: Callable[[Any], Place]
) -> Page[T]:
    """Return the page of ``shown``; ``rows`` has one more than ``size`` where it goes on."""
    return Page(items=tuple(shown), next=place(rows[size - 1]) if len(rows) > size else None)
