"""What the engine shows: cases, incidents and the timeline, as values; read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import orjson
import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine import access
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.tables import audit_event, audit_text, case, incident, user_task
from laufzettel.engine.tasks import remarks
from laufzettel.engine.tasks.user_tasks import TaskStatus, UserTask, as_task
from laufzettel.engine.work.incidents import IncidentStatus
from laufzettel.identity import Actor

#: Most rows of a list.
ROWS_MAX: Final = 200

# Built once: building a statement costs more than running it.
_OPEN_TASKS: Final = (
    sa.select(user_task)
    .where(user_task.c.tenant == sa.bindparam("of_tenant"), user_task.c.status == TaskStatus.OPEN)
    .order_by(user_task.c.sort_at, user_task.c.id)
)
_OPEN_TASKS_OF_CASE: Final = _OPEN_TASKS.where(user_task.c.case_id == sa.bindparam("of_case"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as lists and timelines show it."""

    id: str
    process_id: str
    business_key: str
    status: CaseStatus
    subject: str
    party: str
    amount: Decimal | None
    currency: str | None
    unit: str | None
    confidential: bool
    remarks: tuple[str, ...]
    end: str  # end event, "" while it is open
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """An incident as people see it."""

    id: str
    case_id: str | None
    element: str
    code: str
    cause: str
    next_step: str
    owner: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One audit event with its texts; in place of an erased one, that and when it was."""

    number: int
    at: datetime
    kind: str
    actor: str
    data: Mapping[str, Any]
    texts: Mapping[str, str]
    hash: str = ""  # of the chain up to this event, in hex


def cases(
    connection: sa.Connection, actor: Actor, business_key: str | None = None
) -> list[CaseView]:
    """Return the cases of the actor's tenant that it may look at, the newest first."""
    query = sa.select(case).where(case.c.tenant == actor.tenant)
    if business_key is not None:
        query = query.where(case.c.business_key == business_key)
    rows = connection.execute(query.order_by(case.c.id.desc()).limit(ROWS_MAX)).all()
    secret = access.hidden(connection, actor, [row.id for row in rows if row.confidential])
    return [as_case(row) for row in rows if row.id not in secret]


def as_case(row: Any) -> CaseView:
    """Return the row as a case."""
    return CaseView(
        id=row.id,
        process_id=row.process_id,
        business_key=row.business_key,
        status=CaseStatus(row.status),
        subject=row.subject,
        party=row.party,
        amount=row.amount,
        currency=row.currency,
        unit=row.unit,
        confidential=row.confidential,
        remarks=remarks.codes(row.remarks),
        end=(row.result or {}).get("end", ""),
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def one_case(connection: sa.Connection, actor: Actor, case_id: str) -> CaseView:
    """Return the case; raises NotFoundError where the actor may not look at it."""
    access.require(connection, actor, case_id)
    return as_case(connection.execute(sa.select(case).where(case.c.id == case_id)).one())


def open_tasks(
    connection: sa.Connection, tenant: str, case_id: str | None = None
) -> list[UserTask]:
    """Return the tenant's open tasks, the most urgent first."""
    if case_id is None:
        rows = connection.execute(_OPEN_TASKS, {"of_tenant": tenant}).all()
    else:
        which = {"of_tenant": tenant, "of_case": case_id}
        rows = connection.execute(_OPEN_TASKS_OF_CASE, which).all()
    return [as_task(row) for row in rows]


def incidents(connection: sa.Connection, actor: Actor) -> list[IncidentView]:
    """Return the open incidents of the actor's tenant, the oldest first.

    Of a confidential case that the actor may not look at it only says that there is one.
    """
    rows = connection.execute(
        sa.select(incident)
        .where(incident.c.tenant == actor.tenant, incident.c.status == IncidentStatus.OPEN)
        .order_by(incident.c.created_at)
        .limit(ROWS_MAX)
    ).all()
    secret = access.hidden_among(connection, actor, [row.case_id for row in rows if row.case_id])
    return [_as_incident(row, is_hidden=row.case_id in secret) for row in rows]


def _told(row: Any) -> str:
    """Return the text, or that it was erased."""
    if row.text is not None:
        return str(row.text)
    if row.erased_at is None:
        return ""
    return f"(Inhalt am {row.erased_at.astimezone(OFFICE_ZONE):%d.%m.%Y} nach Frist gelöscht)"


def _as_incident(row: Any, *, is_hidden: bool) -> IncidentView:
    return IncidentView(
        id=row.id,
        case_id=None if is_hidden else row.case_id,
        element=row.element,
        code=row.code,
        cause=access.CONFIDENTIAL_DE if is_hidden else row.cause,
        next_step=row.next_step,
        owner=row.owner,
        created_at=row.created_at,
    )


def tasks_of(connection: sa.Connection, tenant: str, case_id: str) -> list[UserTask]:
    """Return every task that the case has offered, those that are over as well."""
    query = sa.select(user_task).where(user_task.c.tenant == tenant, user_task.c.case_id == case_id)
    return [as_task(row) for row in connection.execute(query.order_by(user_task.c.id))]


def timeline(
    connection: sa.Connection,
    tenant: str,
    stream: str,
    *,
    after: int = 0,
    at_most: int | None = None,
) -> list[Happening]:
    """Return what happened in a stream, in order; the stream of a case is its id.

    ``after`` is the number of the last event that is known already.
    """
    rows = connection.execute(
        sa.select(audit_event)
        .where(
            audit_event.c.tenant == tenant,
            audit_event.c.stream == stream,
            audit_event.c.seq > after,
        )
        .order_by(audit_event.c.seq)
        .limit(at_most)
    ).all()
    last = rows[-1].seq if rows else after
    texts: dict[int, dict[str, str]] = {}
    wanted = (audit_text.c.tenant == tenant, audit_text.c.stream == stream)
    within = (audit_text.c.seq > after, audit_text.c.seq <= last)
    for row in connection.execute(sa.select(audit_text).where(*wanted, *within)):
        texts.setdefault(row.seq, {})[row.field] = _told(row)
    return [
        Happening(
            number=row.seq,
            at=row.at,
            kind=row.kind,
            actor=row.actor,
            data=orjson.loads(row.data),
            texts=texts.get(row.seq, {}),
            hash=row.hash.hex(),
        )
        for row in rows
    ]
