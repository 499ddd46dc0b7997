"""The SQL of the table ``job`` besides claiming.

Every statement that ends or moves a running job names its token, so that an attempt whose
lease has been taken over changes nothing. All times are those of ``Database.now``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.db import Database
from laufzettel.db.types import UtcTime
from laufzettel.engine.jobs.port import Job, JobCount, JobStats, Lost
from laufzettel.engine.tables import job as table

ERROR_CHARACTERS_MAX = 2_000

# RETURNING, because rowcount says nothing true after ON CONFLICT DO NOTHING.
_ADD_SQLITE = sqlite.insert(table).on_conflict_do_nothing().returning(table.c.key)
_ADD_POSTGRES = postgresql.insert(table).on_conflict_do_nothing().returning(table.c.key)

_named = sa.and_(table.c.kind == sa.bindparam("of_kind"), table.c.key == sa.bindparam("of_key"))
_owned = sa.and_(_named, table.c.token == sa.bindparam("of_token"), table.c.is_leased)
_REMOVE = sa.delete(table).where(_named)
_FINISH = sa.delete(table).where(_owned)
_RELEASE = (
    sa.update(table)
    .where(_owned)
    .values(
        due=sa.bindparam("until"),
        attempts=sa.bindparam("left"),
        error=sa.bindparam("error"),
        is_leased=False,
    )
)
_EXTEND = sa.update(table).where(_owned).values(due=sa.bindparam("until"))
_OWNED = sa.select(table.c.key).where(_owned, table.c.due > sa.bindparam("now"))
_WAKE = (
    sa.update(table)
    .where(_named, sa.or_(~table.c.is_leased, table.c.due <= sa.bindparam("now")))
    .values(due=sa.bindparam("until"), is_leased=False, attempts=0)
)


class JobRows:
    """The table ``job`` of one database."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._add = _ADD_SQLITE if db.is_sqlite else _ADD_POSTGRES

    def add(self, connection: sa.Connection, values: Mapping[str, Any]) -> bool:
        """Insert a row; False where its (kind, key) lives already."""
        return connection.execute(self._add, values).first() is not None

    def remove(self, connection: sa.Connection, kind: str, key: str) -> bool:
        """Delete the row whoever owns it; False where there is none."""
        return connection.execute(_REMOVE, {"of_kind": kind, "of_key": key}).rowcount == 1

    def wake(self, connection: sa.Connection, kind: str, key: str, at: datetime) -> bool:
        """Make a row that no living attempt owns due at ``at``; its attempts start anew."""
        values = {"of_kind": kind, "of_key": key, "now": self.db.now(connection), "until": at}
        return connection.execute(_WAKE, values).rowcount == 1

    def finish(self, connection: sa.Connection, job: Job) -> None:
        """Delete the row under its token; raise Lost when another attempt owns it."""
        _change(connection, _FINISH, job, {})

    def release(
        self,
        connection: sa.Connection,
        job: Job,
        due: datetime,
        *,
        attempts: int,
        error: str | None,
    ) -> None:
        """Give the lease back: the row waits until ``due``; raise Lost as ``finish`` does."""
        text = error and error[:ERROR_CHARACTERS_MAX]
        _change(connection, _RELEASE, job, {"until": due, "left": attempts, "error": text})

    def extend(self, connection: sa.Connection, job: Job, seconds: float) -> None:
        """Lease the row for ``seconds`` from now on; raise Lost as ``finish`` does."""
        until = self.db.now(connection) + timedelta(seconds=seconds)
        _change(connection, _EXTEND, job, {"until": until})

    def still_owned(self, connection: sa.Connection, job: Job) -> bool:
        """Tell whether the attempt owns the row and its lease has not run out."""
        values = _attempt(job) | {"now": self.db.now(connection)}
        return connection.execute(_OWNED, values).first() is not None

    def stats(self, connection: sa.Connection) -> JobStats:
        """Return how the jobs stand; reads the whole table."""
        is_due = table.c.due <= self.db.now(connection)
        statement = (
            sa.select(
                table.c.kind,
                table.c.tenant,
                _count(is_due).label("due"),
                _count(sa.and_(~is_due, table.c.is_leased)).label("leased"),
                _count(sa.and_(~is_due, ~table.c.is_leased)).label("waiting"),
                _count(table.c.attempts > 1).label("repeated"),
                sa.func.min(sa.case((is_due, table.c.due)), type_=UtcTime).label("oldest_due"),
            )
            .group_by(table.c.kind, table.c.tenant)
            .order_by(table.c.kind, table.c.tenant)
        )
        rows = connection.execute(statement).mappings()
        return JobStats(counts=tuple(JobCount(**row) for row in rows))


def _attempt(job: Job) -> dict[str, Any]:
    return {"of_kind": job.kind, "of_key": job.key, "of_token": job.token}


def _change(
    connection: sa.Connection, statement: sa.Executable, job: Job, values: Mapping[str, Any]
) -> None:
    if connection.execute(statement, {**_attempt(job), **values}).rowcount != 1:
        raise Lost


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
