"""News from outside of a case's course: the world has moved on, and no step of the case said so.

They move no case. They stand in the stream of every open case about the business object, may
change what its lists show, and may bring the last day to act forward, never back. A case whose
facets they change counts on by one version: a step computed before is computed again, and who has
a page of it open looks once more before signing.

Everything here runs in the caller's write transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.tables import case
from laufzettel.engine.tasks import remarks, user_tasks

#: Returns the remarks that hold, of those that there are.
Change = Callable[[tuple[str, ...]], str]

# Built once: building a statement costs more than running it. The rows are locked first, so that
# the step that moves a case now comes before or after.
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
    sa.update(case).where(case.c.id == sa.bindparam("of_id")).values(version=case.c.version + 1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """What brings the last day to act forward."""

    remark: str  # code, shown before all others
    act_by: datetime | None = None  # last moment to act; None leaves it
    outer_date: datetime | None = None  # the date behind it


def tell(
    connection: sa.Connection, tenant: str, business_key: str, event: Event, *, at: datetime
) -> Sequence[str]:
    """Let the event stand in the streams of the open cases; return their ids."""
    rows = _open(connection, tenant, business_key)
    for row in rows:
        append(connection, tenant=tenant, stream=row["id"], at=at, events=[event])
    return [row["id"] for row in rows]


def urge(
    connection: sa.Connection,
    tenant: str,
    business_key: str,
    event: Event,
    pressure: Pressure,
    *,
    at: datetime,
) -> Sequence[str]:
    """Tell the open cases, and let their lists and open tasks show the pressure."""
    for row in _open(connection, tenant, business_key):
        _show(connection, row, _pressed(row, pressure))
    return tell(connection, tenant, business_key, event, at=at)


def change_remarks(
    connection: sa.Connection,
    tenant: str,
    business_key: str,
    make: Change,
    *,
    by: str,
    at: datetime,
) -> int:
    """Give the open cases and their open tasks the remarks that hold now.

    Returns how many changed; each says so in its own stream.
    """
    changed = 0
    for row in _open(connection, tenant, business_key):
        before = row["remarks"]
        after = remarks.column(make(remarks.codes(before)))
        if after == before:
            continue
        _show(connection, row, {"remarks": after})
        event = Event(kind="case.remarked", actor=by, data={"before": before, "after": after})
        append(connection, tenant=tenant, stream=row["id"], at=at, events=[event])
        changed += 1
    return changed


def _open(connection: sa.Connection, tenant: str, business_key: str) -> list[dict[str, Any]]:
    which = {"of_tenant": tenant, "of_key": business_key}
    return [row._asdict() for row in connection.execute(_OPEN, which)]


def _show(connection: sa.Connection, row: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    connection.execute(_SET, {"of_id": row["id"], **changed})
    user_tasks.refresh_facets(connection, row["id"], {**row, **changed})


def _pressed(row: Mapping[str, Any], pressure: Pressure) -> dict[str, Any]:
    others = [one for one in remarks.codes(row["remarks"]) if one != pressure.remark]
    values: dict[str, Any] = {"remarks": remarks.column(",".join([pressure.remark, *others]))}
    is_sooner = pressure.act_by is not None and (
        row["act_by"] is None or pressure.act_by < row["act_by"]
    )
    if is_sooner:
        values |= {"act_by": pressure.act_by, "outer_date": pressure.outer_date, "stake": None}
    return values
