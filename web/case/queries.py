"""Read models of cases: where each lies, which belong together, and lists.

Read-only; every query names the tenant. A confidential case shows itself only to whom a task of
it is offered, to the unit where it lies, and to who signed in it (``engine.access``, which says
the same case by case); everybody else finds its neutral name and nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import sqlalchemy as sa

from laufzettel.engine.api import signed_by
from laufzettel.engine.tables import case, task_offer, user_task
from laufzettel.records import settings
from laufzettel.records.tables import person

#: Rows of a page.
PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks, and whether the whole tenant may be read."""

    tenant: str
    person: str | None
    groups: frozenset[str]
    reads_all: bool  # an auditor: nothing is hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where a case lies at the moment."""

    task_id: str
    name: str
    assignee: str | None
    groups: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case in a list."""

    id: str
    subject: str
    party: str
    amount: Decimal | None
    currency: str | None
    unit: str | None
    status: str
    end: str
    started_at: datetime
    ended_at: datetime | None
    is_visible: bool  # else only its name is the reader's to see


def desks_of(
    connection: sa.Connection, tenant: str, case_ids: Sequence[str]
) -> Mapping[str, tuple[Desk, ...]]:
    """Return where each case lies: its open tasks, the oldest first."""
    rows = connection.execute(
        sa.select(user_task)
        .where(
            user_task.c.tenant == tenant,
            user_task.c.case_id.in_(case_ids),
            user_task.c.status == "open",
        )
        .order_by(user_task.c.created_at)
    )
    desks: dict[str, tuple[Desk, ...]] = {}
    for row in rows:
        desk = Desk(
            task_id=row.id,
            name=row.name,
            assignee=row.assignee,
            groups=tuple(row.groups),
            since=row.created_at,
        )
        desks[row.case_id] = (*desks.get(row.case_id, ()), desk)
    return desks


def visible(reader: Reader) -> sa.ColumnElement[bool]:
    """Return the condition under which a case shows itself: open to the house, or the reader's."""
    if reader.reads_all:
        return sa.true()
    recipients = [f"person:{reader.person}", *(f"group:{group}" for group in reader.groups)]
    theirs = (
        sa.select(user_task.c.id)
        .outerjoin(task_offer, task_offer.c.task_id == user_task.c.id)
        .where(
            user_task.c.case_id == case.c.id,
            user_task.c.status == "open",
            sa.or_(
                user_task.c.assignee == reader.person,
                user_task.c.group_.in_(sorted(reader.groups)),
                task_offer.c.recipient.in_(sorted(recipients)),
            ),
        )
    )
    return sa.or_(
        case.c.confidential.is_(False),
        case.c.unit.in_(sorted(reader.groups)),
        theirs.exists(),
        signed_by(sa.literal(reader.person)),
    )


def names(connection: sa.Connection, tenant: str) -> Mapping[str, str]:
    """Return the names of all people of the tenant, and of its groups under „group:…“."""
    rows = connection.execute(
        sa.select(person.c.id, person.c.name).where(person.c.tenant == tenant)
    )
    groups = settings.load(connection, tenant).group_names
    return {
        "system": "System",
        "operator": "Betrieb",
        **{row.id: row.name for row in rows},
        **{f"group:{group}": name for group, name in groups.items()},
    }


def whose(desk: Desk, names: Mapping[str, str]) -> str:
    """Return who has a task: the person that took it, else the groups it is offered to."""
    if desk.assignee:
        return names.get(desk.assignee, desk.assignee)
    return ", ".join(names.get(f"group:{group}", group) for group in desk.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A case that this one has called, or that has called it."""

    id: str
    number: int  # of the item, from 1
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """The cases around a case. Their names stay theirs: one of them may be confidential."""

    parent: Relative | None
    children: list[Relative]  # the first page of them
    total: int
    ended: int


def relatives_of(connection: sa.Connection, tenant: str, case_id: str) -> Relatives:
    """Return who has called the case, and what it has called."""
    of = {"of_tenant": tenant, "of_case": case_id}
    parent = connection.execute(_PARENT, of).one_or_none()
    rows = connection.execute(_CHILDREN, of).all()
    counts = connection.execute(_COUNTS, of).one()
    return Relatives(
        parent=Relative(id=parent.id, number=parent.number, status=parent.status)
        if parent
        else None,
        children=[Relative(id=row.id, number=row.number, status=row.status) for row in rows],
        total=counts.total,
        ended=counts.ended,
    )


_called: Final = case.alias()
_of_tenant: Final = case.c.tenant == sa.bindparam("of_tenant")
_PARENT: Final = (
    sa.select(case.c.id, case.c.status, _called.c.parent_number.label("number"))
    .join(_called, _called.c.parent_case == case.c.id)
    .where(_called.c.id == sa.bindparam("of_case"), _of_tenant)
)
_is_child: Final = sa.and_(case.c.parent_case == sa.bindparam("of_case"), _of_tenant)
_CHILDREN: Final = (
    sa.select(case.c.id, case.c.status, case.c.parent_number.label("number"))
    .where(_is_child)
    .order_by(case.c.parent_activation, case.c.parent_number)
    .limit(PAGE_SIZE)
)
_COUNTS: Final = sa.select(
    sa.func.count().label("total"), sa.func.count(case.c.ended_at).label("ended")
).where(_is_child)


def page(
    connection: sa.Connection, reader: Reader, *, status: str | None, before: str | None
) -> list[Row]:
    """Return a page of cases, the newest first, those older than ``before``; one row more
    than a page says that there is another. What is not the reader's to see has its neutral
    name only.
    """
    query = sa.select(case, visible(reader).label("is_visible")).where(
        case.c.tenant == reader.tenant
    )
    if status:
        query = query.where(case.c.status == status)
    if before:
        query = query.where(case.c.id < before)
    rows = connection.execute(query.order_by(case.c.id.desc()).limit(PAGE_SIZE + 1))
    return [
        Row(
            id=row.id,
            subject=row.subject,
            party=row.party,
            amount=row.amount if row.is_visible else None,
            currency=row.currency,
            unit=row.unit,
            status=row.status,
            end=(row.result or {}).get("end", ""),
            started_at=row.started_at,
            ended_at=row.ended_at,
            is_visible=row.is_visible,
        )
        for row in rows
    ]
