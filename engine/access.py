"""Who may look at a case: confidential ones are hidden from those they are nothing to.

Whoever may read everything, as an auditor does, sees every case. Everybody else sees the
confidential ones of which a task is or was offered to them or to a group of theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import case, user_task
from laufzettel.errors import NotFoundError
from laufzettel.identity import Actor, Right

#: What is told of an incident of a case that is hidden, in place of its cause.
CONFIDENTIAL_DE: Final = "Ein vertraulicher Vorgang steht still."

_CONFIDENTIAL: Final = sa.select(case.c.id).where(
    case.c.id.in_(sa.bindparam("of_ids", expanding=True)), case.c.confidential
)


def require(connection: sa.Connection, actor: Actor, case_id: str) -> None:
    """Return only if the actor may look at the case.

    Raises NotFoundError else, as for a case that is not there: that it exists is confidential
    as well.
    """
    row = connection.execute(
        sa.select(case.c.confidential).where(case.c.id == case_id, case.c.tenant == actor.tenant)
    ).one_or_none()
    if row is None or (row.confidential and hidden(connection, actor, [case_id])):
        raise NotFoundError("Diesen Vorgang gibt es bei diesem Mandanten nicht.")


def check_stream(connection: sa.Connection, actor: Actor, stream: str) -> None:
    """Return unless the stream is that of a case the actor may not look at."""
    is_confidential = connection.execute(
        sa.select(case.c.confidential).where(case.c.id == stream, case.c.tenant == actor.tenant)
    ).scalar_one_or_none()
    if is_confidential:
        require(connection, actor, stream)


def hidden(
    connection: sa.Connection, actor: Actor, confidential: Collection[str]
) -> frozenset[str]:
    """Return those of the confidential cases that the actor may not look at."""
    if Right.READ in actor.rights or not confidential:
        return frozenset()
    rows = connection.execute(
        sa.select(
            *user_task.c["case_id", "assignee", "ended_by", "groups", "users"],
        ).where(user_task.c.tenant == actor.tenant, user_task.c.case_id.in_(confidential))
    )
    return frozenset(confidential) - {row.case_id for row in rows if _concerns(actor, row)}


def hidden_among(
    connection: sa.Connection, actor: Actor, case_ids: Collection[str]
) -> frozenset[str]:
    """Return those of the cases that are confidential and that the actor may not look at."""
    if Right.READ in actor.rights or not case_ids:
        return frozenset()
    found = connection.execute(_CONFIDENTIAL, {"of_ids": sorted(set(case_ids))}).scalars().all()
    return hidden(connection, actor, found)


def _concerns(actor: Actor, row: Any) -> bool:
    is_person = actor.person is not None and actor.person in (
        row.assignee,
        row.ended_by,
        *row.users,
    )
    return is_person or bool(actor.groups & set(row.groups))
