"""Read models of the Betrieb: how much of what waits for somebody, and process by process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from laufzettel.engine.api import BatchStatus, VersionView
from laufzettel.engine.tables import batch, incident, parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process: the version that new cases run, and how many cases run which."""

    id: str
    current: VersionView | None
    versions: Sequence[VersionView]

    @property
    def open_cases(self) -> int:
        """Open cases of every version."""
        return sum(one.open_cases for one in self.versions)

    @property
    def older_cases(self) -> int:
        """Open cases that run another version than new ones do."""
        return sum(one.open_cases for one in self.versions if not one.is_current)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How much waits for somebody who operates."""

    incidents: int
    unknown: int  # handovers whose outcome nobody knows
    batches: int  # acts on many cases that are under way


def processes(found: Iterable[VersionView]) -> list[Process]:
    """Return the versions process by process."""
    by_process: dict[str, list[VersionView]] = {}
    for one in found:
        by_process.setdefault(one.process_id, []).append(one)
    return [
        Process(
            id=name,
            versions=versions,
            current=next((one for one in versions if one.is_current), None),
        )
        for name, versions in by_process.items()
    ]


def figures(connection: sa.Connection, tenant: str) -> Figures:
    """Return the figures of the tenant."""
    return Figures(
        incidents=_count(connection, incident, tenant, "open"),
        unknown=_count(connection, parcel, tenant, "unknown"),
        batches=_count(connection, batch, tenant, BatchStatus.RUNNING),
    )


def _count(connection: sa.Connection, table: sa.Table, tenant: str, status: str) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    found = query.where(table.c.tenant == tenant, table.c.status == status)
    return connection.execute(found).scalar_one()
