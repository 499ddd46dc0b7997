"""User tasks: offered by a step, claimed and completed by people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from laufzettel.clock import office_minute
from laufzettel.engine.tables import draft, user_task
from laufzettel.engine.tasks import offers, remarks
from laufzettel.engine.tasks.rules import DutyRules
from laufzettel.errors import ConflictError, ForbiddenError, NotFoundError
from laufzettel.identity import Actor
from laufzettel.ids import new_id

if TYPE_CHECKING:
    from laufzettel.engine.execution.changes import NewTask

#: Facet columns that a task copies from its case.
FACETS: Final[tuple[str, ...]] = (
    *("subject", "party", "amount", "currency", "unit", "act_by", "outer_date", "stake"),
    *("confidential", "remarks"),
)


# Built once: building a statement costs more than running it.
_is_it = user_task.c.id == sa.bindparam("of_id")
_of_case = user_task.c.case_id == sa.bindparam("of_case")
_stands = user_task.c.status == sa.bindparam("of_status")
_INSERT = sa.insert(user_task)
_LOAD = sa.select(user_task).where(_is_it, user_task.c.tenant == sa.bindparam("of_tenant"))
#: The assignee must be who it was when the task was read: then all that was checked holds.
_COMPLETE = sa.update(user_task).where(_is_it, _stands)
_COMPLETE_OFFERED = _COMPLETE.where(user_task.c.assignee.is_(None))
_COMPLETE_CLAIMED = _COMPLETE.where(user_task.c.assignee == sa.bindparam("of_assignee"))
_CANCEL = sa.update(user_task).where(
    _of_case, user_task.c.activation.in_(sa.bindparam("of_activations", expanding=True)), _stands
)
_REFRESH = sa.update(user_task).where(_of_case, _stands)
_FORGET_DRAFTS = sa.delete(draft).where(draft.c.task_id == sa.bindparam("of_id"))
_is_over = sa.and_(
    user_task.c.status != sa.literal_column("'open'"),
    user_task.c.status != sa.literal_column("'suspended'"),
)
_FORGET_STALE_DRAFTS = sa.delete(draft).where(
    draft.c.task_id.in_(sa.select(user_task.c.id).where(_of_case, _is_over))
)


class TaskStatus(StrEnum):
    """Where a user task stands."""

    OPEN = "open"  # offered; completed by a person, cancelled by the case's course
    SUSPENDED = "suspended"  # hidden while its case is suspended; open again when it is resumed
    COMPLETED = "completed"  # a person did it; final
    CANCELLED = "cancelled"  # the case went on without it; final


class NoSuchTaskError(NotFoundError):
    """Diese Aufgabe gibt es bei diesem Mandanten nicht."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTask:
    """A user task as people see it."""

    id: str
    tenant: str
    case_id: str
    activation: str
    element: str
    name: str
    status: TaskStatus
    form: str
    duties: tuple[str, ...]
    assignee: str | None
    groups: tuple[str, ...]
    users: tuple[str, ...]
    priority: int
    due: datetime | None
    follow_up: datetime | None
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    subject: str
    party: str
    amount: Decimal | None
    currency: str | None
    unit: str | None
    act_by: datetime | None
    outer_date: datetime | None
    stake: Decimal | None
    confidential: bool
    remarks: tuple[str, ...]


def insert(
    connection: sa.Connection,
    tenant: str,
    case_id: str,
    tasks: Sequence[NewTask],
    *,
    facets: Mapping[str, Any],
    now: datetime,
) -> None:
    """Offer the tasks, with the facets of their case."""
    if not tasks:
        return
    sort_at = offers.sort_at(facets)
    rows = [
        {
            "id": new_id(),
            "tenant": tenant,
            "case_id": case_id,
            "activation": task.activation,
            "element": task.element,
            "name": task.name,
            "status": TaskStatus.OPEN,
            "form": task.form,
            "duties": ",".join(task.duties),
            "assignee": task.assignee,
            "group_": task.groups[0] if task.groups else "",
            "groups": list(task.groups),
            "users": list(task.users),
            "priority": task.priority,
            "due": task.due,
            "follow_up": task.follow_up,
            "created_at": now,
            "sort_at": sort_at,
            **{name: facets[name] for name in FACETS},
        }
        for task in tasks
    ]
    connection.execute(_INSERT, rows)
    offers.insert(connection, [offer for row in rows for offer in offers.rows(row)])


def cancel(
    connection: sa.Connection, case_id: str, activations: Sequence[str], *, now: datetime
) -> None:
    """Take back the tasks that the case no longer waits for."""
    cancelled = connection.execute(
        _CANCEL,
        {
            "of_case": case_id,
            "of_activations": list(activations),
            "of_status": TaskStatus.OPEN,
            "status": TaskStatus.CANCELLED,
            "ended_at": now,
        },
    )
    if cancelled.rowcount:  # not for the task whose completion led here
        forget(connection, case_id)


def forget(connection: sa.Connection, case_id: str) -> None:
    """Forget the drafts and offers of a case's tasks that are over."""
    connection.execute(_FORGET_STALE_DRAFTS, {"of_case": case_id})
    offers.drop_stale(connection, case_id)


def complete(connection: sa.Connection, task: UserTask, person: str, *, now: datetime) -> bool:
    """Mark the task as done by ``person``; False when it is not open and assigned as it was."""
    values = {
        "of_id": task.id,
        "of_status": TaskStatus.OPEN,
        "status": TaskStatus.COMPLETED,
        "ended_at": now,
        "ended_by": person,
        "assignee": person,
    }
    if task.assignee is None:
        done = connection.execute(_COMPLETE_OFFERED, values)
    else:
        done = connection.execute(_COMPLETE_CLAIMED, values | {"of_assignee": task.assignee})
    connection.execute(_FORGET_DRAFTS, {"of_id": task.id})
    if task.assignee is None and offers.recipients(task.groups, task.users):
        offers.drop(connection, task.id)
    return done.rowcount == 1


def load(connection: sa.Connection, tenant: str, task_id: str) -> UserTask:
    """Return the task; raises NotFoundError, for another tenant's task as well."""
    row = connection.execute(_LOAD, {"of_id": task_id, "of_tenant": tenant}).one_or_none()
    if row is None:
        raise NoSuchTaskError
    return as_task(row)


def as_task(row: Any) -> UserTask:
    """Return the row as a task."""
    return UserTask(
        id=row.id,
        tenant=row.tenant,
        case_id=row.case_id,
        activation=row.activation,
        element=row.element,
        name=row.name,
        status=TaskStatus(row.status),
        form=row.form,
        duties=tuple(duty for duty in row.duties.split(",") if duty),
        assignee=row.assignee,
        groups=tuple(row.groups),
        users=tuple(row.users),
        priority=row.priority,
        due=row.due,
        follow_up=row.follow_up,
        created_at=row.created_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        subject=row.subject,
        party=row.party,
        amount=row.amount,
        currency=row.currency,
        unit=row.unit,
        act_by=row.act_by,
        outer_date=row.outer_date,
        stake=row.stake,
        confidential=row.confidential,
        remarks=remarks.codes(row.remarks),
    )


def is_offered(task: UserTask, actor: Actor) -> bool:
    """Say whether the task is this actor's to do: named, or by one of its groups."""
    person = actor.person
    return (
        (person is not None and person == task.assignee)
        or person in task.users
        or bool(actor.groups & set(task.groups))
    )


def check_open(connection: sa.Connection, rules: DutyRules, task: UserTask, actor: Actor) -> None:
    """Raise ConflictError naming who was faster, ForbiddenError when it is not theirs."""
    if task.status is not TaskStatus.OPEN:
        raise ConflictError(_over(connection, rules, task))
    if task.assignee not in (None, actor.person):
        name = rules.name_of(connection, task.tenant, task.assignee or "")
        raise ForbiddenError(f"„{task.name}“ hat {name} übernommen.")
    if not is_offered(task, actor):
        raise ForbiddenError(f"„{task.name}“ ist Ihnen nicht zugewiesen.")


def _over(connection: sa.Connection, rules: DutyRules, task: UserTask) -> str:
    if task.status is TaskStatus.SUSPENDED:
        return f"„{task.name}“ ruht: der Betrieb hat den Vorgang angehalten. Nichts geht verloren."
    when = office_minute(task.ended_at) if task.ended_at else ""
    if task.status is TaskStatus.COMPLETED and task.ended_by:
        name = rules.name_of(connection, task.tenant, task.ended_by)
        return f"„{task.name}“ hat {name} am {when} schon erledigt."
    return f"„{task.name}“ wird seit {when} nicht mehr gebraucht; der Vorgang ist weitergegangen."


def claim(connection: sa.Connection, rules: DutyRules, task: UserTask, actor: Actor) -> None:
    """Give the task to the actor's person alone; raises as ``check_open``."""
    check_open(connection, rules, task, actor)
    taken = connection.execute(
        sa.update(user_task)
        .where(
            user_task.c.id == task.id,
            user_task.c.status == TaskStatus.OPEN,
            sa.or_(user_task.c.assignee.is_(None), user_task.c.assignee == actor.person),
        )
        .values(assignee=actor.person)
    )
    if taken.rowcount != 1:
        check_open(connection, rules, load(connection, task.tenant, task.id), actor)
        raise ConflictError
    if offers.recipients(task.groups, task.users):
        offers.drop(connection, task.id)


def unclaim(connection: sa.Connection, task: UserTask, actor: Actor) -> None:
    """Offer the task to everybody again; only who has it can give it back."""
    given = connection.execute(
        sa.update(user_task)
        .where(
            user_task.c.id == task.id,
            user_task.c.status == TaskStatus.OPEN,
            user_task.c.assignee == actor.person,
        )
        .values(assignee=None)
        .returning(user_task)
    ).one_or_none()
    if given is None:
        raise ForbiddenError(f"„{task.name}“ haben Sie nicht übernommen.")
    offers.insert(connection, offers.rows(given._asdict()))


def put_off(connection: sa.Connection, task: UserTask, until: datetime | None) -> None:
    """Hide an open task from the baskets until then; None shows it again."""
    connection.execute(
        sa.update(user_task)
        .where(user_task.c.id == task.id, user_task.c.status == TaskStatus.OPEN)
        .values(follow_up=until)
    )
    if task.assignee is None and offers.recipients(task.groups, task.users):
        offers.put_off(connection, task.id, until)


def refresh_facets(connection: sa.Connection, case_id: str, facets: Mapping[str, Any]) -> None:
    """Copy changed facets of the case to its open tasks."""
    where = {"of_case": case_id, "of_status": TaskStatus.OPEN}
    values = {name: facets[name] for name in FACETS} | {"sort_at": offers.sort_at(facets)}
    if connection.execute(_REFRESH, values | where).rowcount:
        offers.refresh(connection, case_id, facets)
