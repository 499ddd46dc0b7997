"""Offers that the first group of a task does not say: further groups and named persons.

They stand in a table of their own, as long as the task is open and nobody has claimed it,
so that the inbox finds them by an index; a task offered to one group has none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import task_offer, user_task

#: Where a task without a day to act is sorted: behind all others.
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)

_INSERT = sa.insert(task_offer)
_DROP = sa.delete(task_offer).where(task_offer.c.task_id == sa.bindparam("of_task"))
_PUT_OFF = sa.update(task_offer).where(task_offer.c.task_id == sa.bindparam("of_task"))
_OF_CASE = task_offer.c.task_id.in_(
    sa.select(user_task.c.id).where(user_task.c.case_id == sa.bindparam("of_case"))
)
_REFRESH = sa.update(task_offer).where(_OF_CASE)
_STALE = sa.and_(user_task.c.id == task_offer.c.task_id, user_task.c.status != "open")
_DROP_STALE = sa.delete(task_offer).where(_OF_CASE, sa.exists().where(_STALE))


def sort_at(facets: Mapping[str, Any]) -> datetime:
    """Return where the task stands in its basket: at its last day to act.

    >>> sort_at({"act_by": None}).year
    9999
    """
    return facets["act_by"] or NEVER


def recipients(groups: Sequence[str], users: Collection[str]) -> list[str]:
    """Return to whom a task is offered besides its first group.

    >>> recipients(["bauamt"], [])
    []
    >>> recipients(["bauamt", "kasse"], ["yilmaz"])
    ['group:kasse', 'person:yilmaz']
    """
    return [*(f"group:{one}" for one in groups[1:]), *(f"person:{one}" for one in users)]


def rows(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the offers that the row of a task makes; one that somebody has makes none."""
    if row["assignee"] is not None:
        return []
    common = {name: row[name] for name in ("tenant", "sort_at", "group_", "follow_up", "stake")}
    found = dict.fromkeys(recipients(row["groups"], row["users"]))
    return [{**common, "task_id": row["id"], "recipient": one} for one in found]


def insert(connection: sa.Connection, found: Sequence[Mapping[str, Any]]) -> None:
    """Write the offers."""
    if found:
        connection.execute(_INSERT, list(found))


def drop(connection: sa.Connection, task_id: str) -> None:
    """Offer the task to nobody else any more."""
    connection.execute(_DROP, {"of_task": task_id})


def put_off(connection: sa.Connection, task_id: str, until: datetime | None) -> None:
    """Note until when the task is out of the way."""
    connection.execute(_PUT_OFF, {"of_task": task_id, "follow_up": until})


def refresh(connection: sa.Connection, case_id: str, facets: Mapping[str, Any]) -> None:
    """Give the offers of a case's tasks its facets."""
    values = {"sort_at": sort_at(facets), "stake": facets["stake"]}
    connection.execute(_REFRESH, {"of_case": case_id, **values})


def drop_stale(connection: sa.Connection, case_id: str) -> None:
    """Forget the offers of a case's tasks that are over."""
    connection.execute(_DROP_STALE, {"of_case": case_id})
