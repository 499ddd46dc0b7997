"""Signing folders (Unterschriftenmappe): one confirmation, but each item displayed and marked.

The folder is no way round anything: an item with a finding, a hold or an objection cannot be
marked, and each marked one is completed for itself, with its own record and event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import (
    case,
    incident,
    signing_folder,
    signing_item,
    task_offer,
    user_task,
)
from laufzettel.engine.tasks.user_tasks import UserTask, as_task
from laufzettel.engine.work.incidents import IncidentStatus
from laufzettel.errors import ConflictError, NotFoundError
from laufzettel.identity import Actor
from laufzettel.ids import new_id

#: Most items of one folder.
ITEMS_MAX: Final = 100

#: Returns the SHA-256 of what the task's item would show now.
HashOf = Callable[[str], str]


class ItemOutcome(StrEnum):
    """What became of a marked item."""

    SIGNED = "signed"  # the task is completed; final
    REFUSED = "refused"  # it was not signed; it can be displayed and marked again


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderItem:
    """One item of a folder; ``obstacle`` says why it cannot be marked, None if it can."""

    task: UserTask
    position: int  # 1, 2, 3 …
    signs: tuple[str, str] | None  # the answer that signs, as in the task's sheet
    obstacle: str | None
    displayed_at: datetime | None
    displayed_sha256: str | None
    marked_at: datetime | None
    outcome: ItemOutcome | None
    outcome_text: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A person's signing folder."""

    id: str
    created_at: datetime
    confirmed_at: datetime | None  # the last confirmation
    items: tuple[FolderItem, ...]


def candidates(
    connection: sa.Connection, actor: Actor, now: datetime, task_ids: Sequence[str] | None
) -> list[UserTask]:
    """Return open tasks with a duty that may be offered to the actor, the most urgent first."""
    table = user_task.c
    recipients = [f"person:{actor.person}", *(f"group:{group}" for group in actor.groups)]
    besides = sa.select(task_offer.c.task_id).where(
        task_offer.c.tenant == actor.tenant, task_offer.c.recipient.in_(recipients)
    )
    free = sa.or_(table.group_.in_(sorted(actor.groups)), table.id.in_(besides))
    query = sa.select(user_task).where(
        table.tenant == actor.tenant,
        table.status == sa.literal_column("'open'"),
        table.duties != "",
        sa.or_(table.follow_up.is_(None), table.follow_up <= now),
        sa.or_(table.assignee == actor.person, sa.and_(table.assignee.is_(None), free)),
    )
    if task_ids is not None:
        query = query.where(table.id.in_(task_ids))
    rows = connection.execute(query.order_by(table.sort_at, table.id).limit(5 * ITEMS_MAX))
    return [as_task(row) for row in rows]


def insert(
    connection: sa.Connection, actor: Actor, tasks: Sequence[UserTask], *, now: datetime
) -> str:
    """Write a new folder with the tasks in this order and return its id."""
    folder_id = new_id()
    head = {"id": folder_id, "tenant": actor.tenant, "person": actor.person, "created_at": now}
    connection.execute(sa.insert(signing_folder), head)
    rows = [
        {
            "folder_id": folder_id,
            "task_id": task.id,
            "tenant": actor.tenant,
            "position": position,
        }
        for position, task in enumerate(tasks, 1)
    ]
    connection.execute(sa.insert(signing_item), rows)
    return folder_id


def load(connection: sa.Connection, actor: Actor, folder_id: str) -> sa.Row[Any]:
    """Return the person's folder; raises NotFoundError for everybody else's."""
    row = connection.execute(
        sa.select(signing_folder).where(
            signing_folder.c.id == folder_id,
            signing_folder.c.tenant == actor.tenant,
            signing_folder.c.person == actor.person,
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError("Diese Unterschriftenmappe gibt es nicht. Bitte legen Sie sie neu an.")
    return row


def items(connection: sa.Connection, folder_id: str) -> Sequence[sa.Row[Any]]:
    """Return the rows of a folder's items, in order."""
    query = sa.select(signing_item).where(signing_item.c.folder_id == folder_id)
    return connection.execute(query.order_by(signing_item.c.position)).all()


def tasks(connection: sa.Connection, folder_id: str) -> Mapping[str, UserTask]:
    """Return the tasks of a folder by their ids."""
    query = sa.select(user_task).join(signing_item, signing_item.c.task_id == user_task.c.id)
    rows = connection.execute(query.where(signing_item.c.folder_id == folder_id))
    return {row.id: as_task(row) for row in rows}


def hold(connection: sa.Connection, folder_id: str, task_id: str) -> sa.Row[Any]:
    """Return an item that is not signed yet, locked until the transaction ends."""
    row = connection.execute(
        sa.select(signing_item).where(_is_item(folder_id, task_id)).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFoundError("Diese Aufgabe liegt nicht in der Mappe.")
    if row.outcome == ItemOutcome.SIGNED:
        raise ConflictError("Das haben Sie schon gezeichnet.")
    return row


def change(connection: sa.Connection, folder_id: str, task_id: str, **values: Any) -> bool:
    """Change an item that is not signed yet; False when it is."""
    unsigned = signing_item.c.outcome.is_distinct_from(ItemOutcome.SIGNED)
    changed = connection.execute(
        sa.update(signing_item).where(_is_item(folder_id, task_id), unsigned).values(**values)
    )
    return changed.rowcount == 1


def confirm(connection: sa.Connection, folder_id: str, *, now: datetime) -> None:
    """Note that the person has confirmed the folder."""
    connection.execute(
        sa.update(signing_folder).where(signing_folder.c.id == folder_id).values(confirmed_at=now)
    )


def version(connection: sa.Connection, case_id: str) -> int:
    """Return the number of steps that the case has taken."""
    query = sa.select(case.c.version).where(case.c.id == case_id)
    number: int = connection.execute(query).scalar_one()
    return number


def is_held(connection: sa.Connection, case_id: str) -> bool:
    """Say whether the case has an open incident."""
    query = sa.select(incident.c.id).where(
        incident.c.case_id == case_id, incident.c.status == IncidentStatus.OPEN
    )
    return connection.execute(query).first() is not None


def _is_item(folder_id: str, task_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(signing_item.c.folder_id == folder_id, signing_item.c.task_id == task_id)
