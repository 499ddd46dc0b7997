"""The versions of processes that a tenant has, and which one its new cases run.

A tenant's own version shadows the shared one. It follows the newest, or pins one; running
cases keep theirs in any case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from laufzettel.engine.execution.case_rows import ALIVE
from laufzettel.engine.tables import bundle, case, model_pin
from laufzettel.errors import NotFoundError
from laufzettel.identity import SHARED


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version of a process."""

    bundle_id: str
    process_id: str
    number: int  # counted for each owner
    version_tag: str
    is_shared: bool  # belongs to the installation
    sha256: str
    deployed_at: datetime
    deployed_by: str
    open_cases: int  # of this tenant
    is_current: bool  # what new cases of this tenant run
    is_pinned: bool  # because the tenant has chosen it


def versions(
    connection: sa.Connection, tenant: str, process_id: str | None = None
) -> list[VersionView]:
    """Return every version that the tenant can run: by process, its own first, the newest first."""
    query = sa.select(
        *bundle.c["id", "tenant", "process_id", "number", "version_tag", "sha256"],
        *bundle.c["deployed_at", "deployed_by"],
    ).where(bundle.c.tenant.in_((tenant, SHARED)))
    if process_id is not None:
        query = query.where(bundle.c.process_id == process_id)
    rows = sorted(
        connection.execute(query).all(),
        key=lambda row: (row.process_id, row.tenant == SHARED, -row.number),
    )
    counts = _open_cases(connection, tenant)
    pins = _pins(connection, tenant)
    newest: dict[str, str] = {}
    for row in rows:
        newest.setdefault(row.process_id, row.id)
    current = newest | pins
    return [
        VersionView(
            bundle_id=row.id,
            process_id=row.process_id,
            number=row.number,
            version_tag=row.version_tag,
            is_shared=row.tenant == SHARED,
            sha256=row.sha256,
            deployed_at=row.deployed_at,
            deployed_by=row.deployed_by,
            open_cases=counts.get(row.id, 0),
            is_current=current[row.process_id] == row.id,
            is_pinned=pins.get(row.process_id) == row.id,
        )
        for row in rows
    ]


def chosen(
    connection: sa.Connection, tenant: str, process_id: str, bundle_id: str | None
) -> VersionView:
    """Return the version of that id, with None the newest; raises NotFoundError."""
    found = {one.bundle_id: one for one in versions(connection, tenant, process_id)}
    if not found or (bundle_id is not None and bundle_id not in found):
        raise NotFoundError("Diese Fassung des Modells gibt es nicht.")
    return next(iter(found.values())) if bundle_id is None else found[bundle_id]


def pin(
    connection: sa.Connection,
    tenant: str,
    process_id: str,
    bundle_id: str | None,
    *,
    by: str,
    now: datetime,
) -> VersionView:
    """Let new cases of the tenant run this version, or with None the newest; return which that is.

    Raises NotFoundError for a version that the tenant does not have.
    """
    found = chosen(connection, tenant, process_id, bundle_id)
    connection.execute(
        sa.delete(model_pin).where(
            model_pin.c.tenant == tenant, model_pin.c.process_id == process_id
        )
    )
    if bundle_id is not None:
        row = {"tenant": tenant, "process_id": process_id, "bundle_id": bundle_id}
        connection.execute(sa.insert(model_pin), row | {"by": by, "at": now})
    return found


def _open_cases(connection: sa.Connection, tenant: str) -> dict[str, int]:
    query = (
        sa.select(case.c.bundle_id, sa.func.count().label("number"))
        .where(case.c.tenant == tenant, case.c.status.in_(ALIVE))
        .group_by(case.c.bundle_id)
    )
    return {row.bundle_id: row.number for row in connection.execute(query)}


def _pins(connection: sa.Connection, tenant: str) -> dict[str, Any]:
    query = sa.select(model_pin.c.process_id, model_pin.c.bundle_id)
    rows = connection.execute(query.where(model_pin.c.tenant == tenant))
    return {row.process_id: row.bundle_id for row in rows}
