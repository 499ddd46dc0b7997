"""Claiming a due job: a fair round through the tenants, and a lease by compare-and-set.

A lease is a due time in the future: when it runs out, the row is simply due again. One row is
claimed at a time, directly before its run, so that a killed process burns no other lease.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.db.types import UtcTime
from laufzettel.engine.jobs.port import Job, JobOwner
from laufzettel.engine.tables import job as table

#: Below every priority: a walk that starts here starts at the next tenant.
LOWEST = -(2**31)

#: A tenant and one of its priorities.
Pair = tuple[str, int]
Row = sa.Row[*tuple[Any, ...]]

# The distinct pairs, from high to low, each found by seeks in ix_job_claim, and the first with
# a due row. So neither a flood nor a million timers make a claim slower; its cost grows with
# the number of tenants that have any job. Written so that both planners can only seek: SQLite
# compares row values by their first column alone and has no LATERAL, PostgreSQL would turn
# EXISTS into a hash over the whole table, and both like to start from the key's ``kind``.
_WALK = """
WITH RECURSIVE pair(tenant, priority, steps) AS (
    /* first */
    UNION ALL
    SELECT
        CASE WHEN (
            SELECT j.priority FROM job AS j
            WHERE j.tenant = pair.tenant AND j.priority < pair.priority
            ORDER BY j.priority DESC LIMIT 1
        ) IS NULL THEN (
            SELECT j.tenant FROM job AS j WHERE j.tenant < pair.tenant
            ORDER BY j.tenant DESC LIMIT 1
        ) ELSE pair.tenant END,
        COALESCE((
            SELECT j.priority FROM job AS j
            WHERE j.tenant = pair.tenant AND j.priority < pair.priority
            ORDER BY j.priority DESC LIMIT 1
        ), (
            SELECT j.priority FROM job AS j WHERE j.tenant < pair.tenant
            ORDER BY j.tenant DESC, j.priority DESC LIMIT 1
        )),
        pair.steps + 1
    FROM pair WHERE pair.tenant IS NOT NULL
)
SELECT pair.tenant, pair.priority FROM pair
WHERE pair.steps > 0 AND pair.tenant IS NOT NULL AND (
    SELECT j.due FROM job AS j
    WHERE j.tenant = pair.tenant AND j.priority = pair.priority
    AND j.due <= :now AND j.kind || '' IN :kinds
    ORDER BY j.due LIMIT 1
) IS NOT NULL
LIMIT 1"""
_TOP_PAIR = """SELECT top.tenant, top.priority, 1 FROM (
        SELECT tenant, priority FROM job ORDER BY tenant DESC, priority DESC LIMIT 1) AS top"""
_GIVEN_PAIR = "SELECT CAST(:tenant AS varchar(100)), CAST(:priority AS integer), 0"


def _walk(first: str) -> sa.TextualSelect:
    now = sa.bindparam("now", type_=UtcTime)
    kinds = sa.bindparam("kinds", type_=sa.String, expanding=True)
    text = sa.text(_WALK.replace("/* first */", first)).bindparams(now, kinds)
    return text.columns(tenant=sa.String, priority=sa.Integer)


_FROM_TOP = _walk(_TOP_PAIR)
_BELOW = _walk(_GIVEN_PAIR)

_CLAIMED: tuple[sa.Column[Any], ...] = (
    table.c.kind,
    table.c.key,
    table.c.tenant,
    table.c.case_id,
    table.c.args,
    table.c.priority,
    table.c.token,
    table.c.attempts,
)
_ours = (table.c.kind + "").in_(sa.bindparam("kinds", expanding=True))
_NEXT_DUE = sa.select(table.c.due).order_by(table.c.due).limit(1)
_TWO = 2
_DUE = table.c.due <= sa.bindparam("now")
_FEW_DUE = sa.select(table.c.key).where(_DUE, _ours).limit(sa.bindparam("at_most")).subquery()
_COUNT_DUE = sa.select(sa.func.count()).select_from(_FEW_DUE)
# Of a case's ordered jobs the one due first runs, alone: a lease of another, living one holds
# the rest back, and so does an earlier one that nobody has claimed yet.
_before = table.alias()
_earlier = sa.or_(
    sa.and_(_before.c.is_leased, _before.c.due > sa.bindparam("now")),
    sa.and_(_before.c.due < table.c.due),
    sa.and_(_before.c.due == table.c.due, _before.c.key < table.c.key),
)
_IS_HELD_BACK = sa.and_(
    table.c.kind.in_(sa.bindparam("ordered", expanding=True)),
    sa.exists().where(
        _before.c.case_id == table.c.case_id,
        _before.c.kind.in_(sa.bindparam("ordered", expanding=True)),
        sa.or_(_before.c.kind != table.c.kind, _before.c.key != table.c.key),
        _earlier,
    ),
)
_OLDEST = (
    sa.select(*_CLAIMED)
    .where(table.c.tenant == sa.bindparam("tenant"), table.c.priority == sa.bindparam("priority"))
    .where(_DUE, _ours, ~_IS_HELD_BACK)
    .order_by(table.c.due)
    .limit(1)
    .with_for_update(skip_locked=True, of=table)  # SQLite: the write lock does it
)
# A job that is due alone has nobody to wait for: no round through the tenants is needed.
_FIRST_TWO = (
    sa.select(*_CLAIMED, _IS_HELD_BACK.label("is_held_back"))
    .where(_DUE)
    .order_by(table.c.due)
    .limit(_TWO)
)
_LEASE = (
    sa.update(table)
    .where(table.c.kind == sa.bindparam("of_kind"), table.c.key == sa.bindparam("of_key"))
    .where(table.c.token == sa.bindparam("old_token"), table.c.due <= sa.bindparam("now"))
    .values(
        due=sa.bindparam("until"),
        token=table.c.token + 1,
        attempts=table.c.attempts + 1,
        is_leased=True,
    )
)


def next_due(connection: sa.Connection) -> datetime | None:
    """Return when the first job, of whatever kind, is or was due."""
    due: datetime | None = connection.scalar(_NEXT_DUE, {})
    return due


def count_due(
    connection: sa.Connection, kinds: Sequence[str], now: datetime, *, at_most: int
) -> int:
    """Return how many jobs of these kinds are due, counting no further than ``at_most``."""
    values = {"kinds": kinds, "now": now, "at_most": at_most}
    return connection.scalar(_COUNT_DUE, values) or 0


class Claim:
    """The turns of the tenants, as one process remembers them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._served_last = ""  # the tenant that had the last turn

    def find(
        self, connection: sa.Connection, kinds: Sequence[str], ordered: Sequence[str] = ()
    ) -> Row | None:
        """Return one due job of the next tenant in the round, its highest priority first.

        Of the ``ordered`` kinds only what is due first of its case, while none of it runs.

        On PostgreSQL a row that is not the only one due stays locked until the transaction
        ends; what is not locked ``lease`` takes only if nobody was faster.
        """
        now = self._db.now(connection)
        due = connection.execute(_FIRST_TWO, {"now": now, "ordered": list(ordered)}).all()
        if len(due) < _TWO:
            return next((one for one in due if one.kind in kinds and not one.is_held_back), None)
        values = {"now": now, "kinds": list(kinds)}
        for pair in _due_pairs(connection, values, self._served_last):
            found = values | {"tenant": pair[0], "priority": pair[1], "ordered": ordered}
            row: Row | None = connection.execute(_OLDEST, found).first()
            if row is not None:  # else others are claiming all that this tenant has
                return row
        return None

    def lease(
        self, connection: sa.Connection, row: Row, lease_s: float, owner: JobOwner
    ) -> Job | None:
        """Take the job that was found; None where it is another's by now, or due no more."""
        now = self._db.now(connection)
        values = {"of_kind": row.kind, "of_key": row.key, "old_token": row.token, "now": now}
        values["until"] = now + timedelta(seconds=lease_s)
        if connection.execute(_LEASE, values).rowcount != 1:
            return None
        self._served_last = row.tenant
        return _job(row, owner)


def _due_pairs(
    connection: sa.Connection, values: Mapping[str, Any], served_last: str
) -> Iterator[Pair]:
    """Yield each pair with something due: those after the tenant served last, then all."""
    if served_last:
        yield from _walk_from(connection, values, (served_last, LOWEST))
    yield from _walk_from(connection, values, None)


def _walk_from(
    connection: sa.Connection, values: Mapping[str, Any], bound: Pair | None
) -> Iterator[Pair]:
    while True:
        if bound is None:
            found = connection.execute(_FROM_TOP, values).first()
        else:
            below = {"tenant": bound[0], "priority": bound[1]}
            found = connection.execute(_BELOW, {**values, **below}).first()
        if found is None:
            return
        bound = found.tenant, found.priority
        yield bound


def _job(row: Row, owner: JobOwner) -> Job:
    return Job(
        kind=row.kind,
        key=row.key,
        tenant=row.tenant,
        case_id=row.case_id,
        args=row.args,
        priority=row.priority,
        token=row.token + 1,
        attempts=row.attempts + 1,
        owner=owner,
    )
