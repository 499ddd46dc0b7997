"""What a case hears from outside of its course: told in its stream, seen at once in its lists.

Such news moves no case. It stands in the stream of every open case about the business object,
and may bring the last day to act forward, never back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.tables import case, user_task
from laufzettel.engine.tasks import offers, remarks

_OVER: Final = ("ended", "cancelled")
# The rows are locked first, so that the step that moves a case now comes before or after.
_OPEN: Final = (
    sa.select(*case.c["id", "act_by", "outer_date", "stake", "remarks"])
    .where(
        case.c.tenant == sa.bindparam("of_tenant"),
        case.c.business_key == sa.bindparam("of_key"),
        case.c.status.not_in(_OVER),
    )
    .order_by(case.c.id)
    .with_for_update()
)
#: It counts on by one version: a step computed before is computed again, and who has the page
#: open looks once more before signing.
_PRESS: Final = (
    sa.update(case).where(case.c.id == sa.bindparam("of_id")).values(version=case.c.version + 1)
)
_PRESS_TASKS: Final = sa.update(user_task).where(
    user_task.c.case_id == sa.bindparam("of_id"), user_task.c.status == "open"
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
    """The event stands in the streams of the open cases; return their ids.

    In the caller's write transaction; a case that is over is told nothing.
    """
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
        facets = row | _pressed(row, pressure)
        of_id = facets.pop("id")
        connection.execute(_PRESS, {"of_id": of_id, **facets})
        shown = facets | {"sort_at": offers.sort_at(facets)}
        if connection.execute(_PRESS_TASKS, {"of_id": of_id, **shown}).rowcount:
            offers.refresh(connection, of_id, facets)
    return tell(connection, tenant, business_key, event, at=at)


def _open(connection: sa.Connection, tenant: str, business_key: str) -> list[dict[str, Any]]:
    which = {"of_tenant": tenant, "of_key": business_key}
    return [row._asdict() for row in connection.execute(_OPEN, which)]


def _pressed(row: dict[str, Any], pressure: Pressure) -> dict[str, Any]:
    others = [one for one in remarks.codes(row["remarks"]) if one != pressure.remark]
    values: dict[str, Any] = {"remarks": remarks.column(",".join([pressure.remark, *others]))}
    is_sooner = pressure.act_by is not None and (
        row["act_by"] is None or pressure.act_by < row["act_by"]
    )
    if is_sooner:
        values |= {"act_by": pressure.act_by, "outer_date": pressure.outer_date, "stake": None}
    return values
