"""The open tasks that are somebody's, by walks along the baskets' indexes.

One walk for what the person has claimed, one for each group's unclaimed tasks, one for each name
under which tasks were offered besides. Each stops at the size of a page; what they find is merged
by the last moment to act, so that no page reads other people's tasks.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from laufzettel.db.types import UtcTime
from laufzettel.engine.tables import task_offer, user_task
from laufzettel.engine.tasks.user_tasks import UserTask, as_task
from laufzettel.identity import Actor


class Stop(NamedTuple):
    """A task's place in the order of all lists: by its last moment to act."""

    sort_at: datetime
    id: str


#: Before every task.
FIRST: Final = Stop(datetime(1, 1, 1, tzinfo=UTC), "")

_OPEN: Final = user_task.c.status == sa.literal_column("'open'")  # as the partial indexes say it
_edge: Final = sa.tuple_(
    sa.bindparam("edge_at", type_=UtcTime()), sa.bindparam("edge_id", type_=sa.String())
)
_owner: Final[Any] = sa.bindparam("owner")


def _walk(
    tenant: sa.Column[Any], sort_at: sa.Column[Any], task_id: sa.Column[Any], *where: Any
) -> sa.Select[Any]:
    return (
        sa.select(sort_at.label("sort_at"), task_id.label("id"))
        .where(tenant == sa.bindparam("of_tenant"), *where, sa.tuple_(sort_at, task_id) > _edge)
        .order_by(sort_at, task_id)
        .limit(sa.bindparam("at_most"))
    )


# Built once: building a statement costs more than running it.
_tasks: Final = (user_task.c.tenant, user_task.c.sort_at, user_task.c.id)
CLAIMED: Final = _walk(*_tasks, _OPEN, user_task.c.assignee == _owner)
UNCLAIMED: Final = _walk(
    *_tasks, _OPEN, user_task.c.group_ == _owner, user_task.c.assignee.is_(None)
)
OFFERED: Final = _walk(
    task_offer.c.tenant,
    task_offer.c.sort_at,
    task_offer.c.task_id,
    task_offer.c.recipient == _owner,
)
_LOAD: Final = sa.select(user_task).where(
    user_task.c.id.in_(sa.bindparam("of_ids", expanding=True)), _OPEN
)


def theirs(
    connection: sa.Connection, actor: Actor, after: Stop | None, size: int
) -> tuple[list[UserTask], Stop | None]:
    """Return the next tasks offered to the actor and, if there are more, the last one's place."""
    edge = after or FIRST
    values = {"of_tenant": actor.tenant, "edge_at": edge.sort_at, "edge_id": edge.id}
    walks = [
        [Stop(*row) for row in connection.execute(statement, {**values, **named}).all()]
        for statement, named in _walks_of(actor, size + 1)
    ]
    found = list(dict.fromkeys(heapq.merge(*walks)))
    kept = found[:size]
    rows = connection.execute(_LOAD, {"of_ids": [one.id for one in kept]}).all()
    tasks = {row.id: as_task(row) for row in rows}
    shown = [tasks[one.id] for one in kept if one.id in tasks]
    return shown, kept[-1] if len(found) > size else None


def _walks_of(actor: Actor, at_most: int) -> Iterator[tuple[sa.Select[Any], dict[str, Any]]]:
    if actor.person is not None:
        yield CLAIMED, {"owner": actor.person, "at_most": at_most}
        yield OFFERED, {"owner": f"person:{actor.person}", "at_most": at_most}
    for group in sorted(actor.groups):
        yield UNCLAIMED, {"owner": group, "at_most": at_most}
        yield OFFERED, {"owner": f"group:{group}", "at_most": at_most}
