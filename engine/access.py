"""Who may look at a case: confidential ones are hidden from those they are nothing to.

Whoever may read everything, as an auditor does, sees every case. Everybody else sees a
confidential one while a task of it is theirs or offered to them or to a group of theirs, while it
lies with a unit of theirs, and for good where they have signed a duty in it. To have had it on the
desk and passed it on is no reason to read on (docs/decisions/0017).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import case, duty_signature, user_task
from laufzettel.errors import NotFoundError
from laufzettel.identity import Actor, Right

#: What is told of an incident of a case that is hidden, in place of its cause.
CONFIDENTIAL_DE: Final = "Ein vertraulicher Vorgang steht still."

_CONFIDENTIAL: Final = sa.select(case.c.id).where(
    case.c.id.in_(sa.bindparam("of_ids", expanding=True)), case.c.confidential
)
_IDS: Final[sa.BindParameter[str]] = sa.bindparam("of_ids", expanding=True)
_TENANT: Final[sa.BindParameter[str]] = sa.bindparam("of_tenant")
_OPEN_TASKS: Final = sa.select(*user_task.c["case_id", "assignee", "groups", "users"]).where(
    user_task.c.tenant == _TENANT, user_task.c.case_id.in_(_IDS), user_task.c.status == "open"
)
_UNITS: Final = sa.select(case.c.id, case.c.unit).where(
    case.c.tenant == _TENANT, case.c.id.in_(_IDS)
)


def signed_by(person: sa.ColumnElement[str]) -> sa.Exists:
    """Return the condition that the person has signed a duty in the case.

    Its key begins with the business object, of which there are few signatures.
    """
    return sa.exists().where(
        duty_signature.c.tenant == case.c.tenant,
        duty_signature.c.scope == case.c.duty_scope,
        duty_signature.c.person == person,
    )


_SIGNED: Final = sa.select(case.c.id).where(
    case.c.tenant == _TENANT, case.c.id.in_(_IDS), signed_by(sa.bindparam("of_person"))
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
    which = {"of_tenant": actor.tenant, "of_ids": sorted(confidential)}
    tasks = connection.execute(_OPEN_TASKS, which)
    theirs = {row.case_id for row in tasks if _concerns(actor, row)}
    if actor.groups:
        units = connection.execute(_UNITS, which)
        theirs |= {row.id for row in units if row.unit in actor.groups}
    if actor.person is not None:
        theirs |= set(connection.execute(_SIGNED, which | {"of_person": actor.person}).scalars())
    return frozenset(confidential) - theirs


def hidden_among(
    connection: sa.Connection, actor: Actor, case_ids: Collection[str]
) -> frozenset[str]:
    """Return those of the cases that are confidential and that the actor may not look at."""
    if Right.READ in actor.rights or not case_ids:
        return frozenset()
    found = connection.execute(_CONFIDENTIAL, {"of_ids": sorted(set(case_ids))}).scalars().all()
    return hidden(connection, actor, found)


def _concerns(actor: Actor, row: Any) -> bool:
    is_person = actor.person is not None and actor.person in (row.assignee, *row.users)
    return is_person or bool(actor.groups & set(row.groups))
