"""Changing the remarks of open cases from outside of their steps: the world has moved on.

A remark may hang on what happens elsewhere: a correction arrives, an order is amended. The cases
concerned count on by one version, so that a step computed before is computed again, and who has a
page of theirs open looks once more before signing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.tables import case
from laufzettel.engine.tasks import remarks, user_tasks

#: Returns the remarks that hold, of those that there are.
Change = Callable[[tuple[str, ...]], str]

# Built once: building a statement costs more than running it.
_OPEN: Final = (
    sa.select(case.c.id, *(case.c[name] for name in user_tasks.FACETS))
    .where(
        case.c.tenant == sa.bindparam("of_tenant"),
        case.c.business_key == sa.bindparam("of_key"),
        case.c.status.in_(("open", "suspended")),
    )
    .order_by(case.c.id)
    .with_for_update()
)
_SET: Final = (
    sa.update(case)
    .where(case.c.id == sa.bindparam("of_id"))
    .values(remarks=sa.bindparam("to_remarks"), version=case.c.version + 1)
)


def change(
    connection: sa.Connection,
    tenant: str,
    business_key: str,
    make: Change,
    *,
    by: str,
    at: datetime,
) -> int:
    """Give the open cases about the object, and their open tasks, the remarks that hold now.

    Returns how many changed; each says so in its own stream. In the caller's transaction.
    """
    of = {"of_tenant": tenant, "of_key": business_key}
    changed = 0
    for row in connection.execute(_OPEN, of).mappings().all():
        before = row["remarks"]
        after = remarks.column(make(remarks.codes(before)))
        if after == before:
            continue
        connection.execute(_SET, {"of_id": row["id"], "to_remarks": after})
        facets = {name: row[name] for name in user_tasks.FACETS} | {"remarks": after}
        user_tasks.refresh_facets(connection, row["id"], facets)
        event = Event(kind="case.remarked", actor=by, data={"before": before, "after": after})
        append(connection, tenant=tenant, stream=row["id"], at=at, events=[event])
        changed += 1
    return changed
