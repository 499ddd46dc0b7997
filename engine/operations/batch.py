"""Acts on many cases: what was ordered, item by item, and how far it has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import batch, batch_item
from laufzettel.errors import NotFoundError
from laufzettel.ids import new_id

#: Most batches and items that are listed.
ROWS_MAX: Final = 200


class BatchKind(StrEnum):
    """What is done to each item."""

    RETRY = "retry"  # incidents: tried again
    SUSPEND = "suspend"
    RESUME = "resume"
    CANCEL = "cancel"
    EDIT = "edit"  # params: name, value, at
    MOVE = "move"  # params: source, target
    MIGRATE = "migrate"  # params: bundle_id, names


class BatchStatus(StrEnum):
    """Where a batch stands."""

    RUNNING = "running"  # items are pending and a job does them
    DONE = "done"  # every item has its outcome; final
    STOPPED = "stopped"  # a person has stopped it; what was pending stays undone; final


class ItemStatus(StrEnum):
    """What became of an item."""

    PENDING = "pending"
    DONE = "done"  # in the transaction of the act itself
    REFUSED = "refused"  # the act was refused; the text says why
    FAILED = "failed"  # a bug; stands in the log


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch as operators see it."""

    id: str
    kind: BatchKind
    reason: str
    by: str
    status: BatchStatus
    created_at: datetime
    ended_at: datetime | None
    total: int
    done: int
    refused: int
    failed: int

    @property
    def pending(self) -> int:
        """How many items have no outcome yet."""
        return self.total - self.done - self.refused - self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item of a batch and what became of it."""

    position: int
    subject: str
    status: ItemStatus
    text_de: str


_OF_BATCH: Final = batch_item.c.batch_id == sa.bindparam("of_batch")
_IS_PENDING: Final = batch_item.c.status == ItemStatus.PENDING
_NEXT: Final = (
    sa.select(batch_item.c.position, batch_item.c.subject)
    .where(_OF_BATCH, _IS_PENDING)
    .order_by(batch_item.c.position)
    .limit(sa.bindparam("at_most"))
)
_RUNS: Final = sa.exists().where(
    batch.c.id == sa.bindparam("of_batch"), batch.c.status == BatchStatus.RUNNING
)
_MARK: Final = sa.update(batch_item).where(
    _OF_BATCH, batch_item.c.position == sa.bindparam("of_position"), _IS_PENDING, _RUNS
)
_END: Final = sa.update(batch).where(
    batch.c.id == sa.bindparam("of_batch"), batch.c.status == BatchStatus.RUNNING
)


def insert(
    connection: sa.Connection,
    tenant: str,
    kind: BatchKind,
    subjects: Sequence[str],
    *,
    params: Mapping[str, Any],
    reason: str,
    by: str,
    now: datetime,
) -> str:
    """Write the order with all its items and return its id."""
    batch_id = new_id()
    row: dict[str, Any] = {"id": batch_id, "tenant": tenant, "kind": kind, "params": dict(params)}
    row |= {"reason": reason, "by": by, "status": BatchStatus.RUNNING, "total": len(subjects)}
    connection.execute(sa.insert(batch), row | {"created_at": now})
    common = {"batch_id": batch_id, "tenant": tenant, "status": ItemStatus.PENDING}
    rows = [{**common, "position": at, "subject": one} for at, one in enumerate(subjects, 1)]
    connection.execute(sa.insert(batch_item), rows)
    return batch_id


def load(connection: sa.Connection, tenant: str, batch_id: str) -> sa.Row[Any]:
    """Return the row of a batch; raises NotFoundError, for another tenant's as well."""
    found = connection.execute(
        sa.select(batch).where(batch.c.id == batch_id, batch.c.tenant == tenant)
    ).one_or_none()
    if found is None:
        raise NotFoundError("Diese Sammelaktion gibt es bei diesem Mandanten nicht.")
    return found


def pending(connection: sa.Connection, batch_id: str, at_most: int) -> Sequence[Any]:
    """Return the next items to do."""
    return connection.execute(_NEXT, {"of_batch": batch_id, "at_most": at_most}).all()


def mark(
    connection: sa.Connection,
    batch_id: str,
    position: int,
    status: ItemStatus,
    text: str,
    now: datetime,
) -> bool:
    """Note what became of an item; False when it has its outcome already, or was stopped."""
    values = {"of_batch": batch_id, "of_position": position}
    values |= {"status": status, "text": text[:1000], "at": now}
    return connection.execute(_MARK, values).rowcount == 1


def end(connection: sa.Connection, batch_id: str, status: BatchStatus, now: datetime) -> bool:
    """Note that the batch has ended; False when it had before."""
    values = {"of_batch": batch_id, "status": status, "ended_at": now}
    return connection.execute(_END, values).rowcount == 1


def view(connection: sa.Connection, row: sa.Row[Any]) -> BatchView:
    """Return the batch with its counts."""
    query = sa.select(batch_item.c.status, sa.func.count().label("number"))
    query = query.where(batch_item.c.batch_id == row.id).group_by(batch_item.c.status)
    counts = Counter({one.status: one.number for one in connection.execute(query)})
    return BatchView(
        id=row.id,
        kind=BatchKind(row.kind),
        reason=row.reason,
        by=row.by,
        status=BatchStatus(row.status),
        created_at=row.created_at,
        ended_at=row.ended_at,
        total=row.total,
        done=counts[ItemStatus.DONE],
        refused=counts[ItemStatus.REFUSED],
        failed=counts[ItemStatus.FAILED],
    )


def views(connection: sa.Connection, tenant: str) -> list[BatchView]:
    """Return the tenant's batches, the newest first; at most 200."""
    query = sa.select(batch).where(batch.c.tenant == tenant)
    rows = connection.execute(query.order_by(batch.c.id.desc()).limit(ROWS_MAX)).all()
    return [view(connection, row) for row in rows]


def items(
    connection: sa.Connection, batch_id: str, status: ItemStatus | None = None
) -> list[ItemView]:
    """Return the items in their order, or those of one status; at most 200."""
    query = sa.select(batch_item).where(batch_item.c.batch_id == batch_id)
    if status is not None:
        query = query.where(batch_item.c.status == status)
    return [
        ItemView(
            position=row.position,
            subject=row.subject,
            status=ItemStatus(row.status),
            text_de=row.text,
        )
        for row in connection.execute(query.order_by(batch_item.c.position).limit(ROWS_MAX))
    ]
