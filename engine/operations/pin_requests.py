"""Choosing a version where that changes duties, effects or limits: one wants it, another releases.

DESIGN decision 16. Whether it does says ``model.weight``. A program or the operator of the machine
is no person; what they choose holds at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from laufzettel.engine.tables import pin_request
from laufzettel.errors import ConflictError, ForbiddenError, NotFoundError
from laufzettel.identity import Actor

#: Changes that a request tells; more are counted by nobody.
WEIGHT_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRequest:
    """A choice that waits for a second person."""

    process_id: str
    bundle_id: str | None  # none: follow the newest
    weight: Sequence[str]  # what changes, in German
    reason: str
    by: str
    at: datetime


def want(
    connection: sa.Connection,
    tenant: str,
    process_id: str,
    bundle_id: str | None,
    weight: Sequence[str],
    *,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """Write the request; raises ConflictError while another about the process waits."""
    if _row(connection, tenant, process_id) is not None:
        raise ConflictError("Für diesen Prozess wartet schon eine Wahl auf eine zweite Person.")
    row: dict[str, Any] = {"tenant": tenant, "process_id": process_id, "bundle_id": bundle_id}
    row |= {"weight": list(weight[:WEIGHT_MAX]), "reason": reason, "by": by, "at": now}
    connection.execute(sa.insert(pin_request), row)


def waiting(connection: sa.Connection, tenant: str) -> list[PinRequest]:
    """Return the requests of the tenant by process."""
    query = sa.select(pin_request).where(pin_request.c.tenant == tenant)
    return [_of(row) for row in connection.execute(query.order_by(pin_request.c.process_id))]


def take(connection: sa.Connection, actor: Actor, process_id: str, *, second: bool) -> PinRequest:
    """Remove the request and return it; with ``second`` only for another person than wants it.

    Raises NotFoundError where none waits, ForbiddenError for the same person or for none.
    """
    row = _row(connection, actor.tenant, process_id)
    if row is None:
        raise NotFoundError("Für diesen Prozess wartet keine Wahl auf eine zweite Person.")
    if actor.person is None or (second and row.by == actor.person):
        raise ForbiddenError(
            "Wer eine Fassung wählt, die Pflichten, Versand oder Grenzen ändert, gibt sie nicht "
            "selbst frei. Bitte eine zweite Person mit dem Recht, Modelle einzuspielen."
        )
    gone = sa.delete(pin_request).where(
        pin_request.c.tenant == actor.tenant, pin_request.c.process_id == process_id
    )
    if connection.execute(gone).rowcount != 1:
        raise ConflictError("Darüber hat gerade jemand anderes entschieden.")
    return _of(row)


def _row(connection: sa.Connection, tenant: str, process_id: str) -> sa.Row[Any] | None:
    return connection.execute(
        sa.select(pin_request).where(
            pin_request.c.tenant == tenant, pin_request.c.process_id == process_id
        )
    ).one_or_none()


def _of(row: sa.Row[Any]) -> PinRequest:
    names = PinRequest.__dataclass_fields__
    return PinRequest(**{name: getattr(row, name) for name in names})
