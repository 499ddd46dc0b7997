"""Doing a batch: a few items at a time, each exactly once however often it is interrupted.

An item is marked in the transaction of its own act. So a killed worker, a second one, or the
command line at work beside it neither repeat an act nor leave one out.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.jobs.port import Job, Jobs
from laufzettel.engine.operations import batch, selection
from laufzettel.engine.operations.acts import Act
from laufzettel.engine.operations.batch import BatchKind, BatchStatus, BatchView, ItemStatus
from laufzettel.engine.operations.forecast import Forecast
from laufzettel.engine.operations.selection import ITEMS_MAX, Selection
from laufzettel.errors import ConflictError, InputError, LaufzettelError
from laufzettel.identity import Actor, Right

log = logging.getLogger(__name__)

#: The kind of the job that does a batch; its key is the batch's id.
JOB: Final = "batch"
#: Items of one run of the job; then others have their turn.
PORTION: Final = 10
#: Below everything else of the tenant.
PRIORITY: Final = -10
#: Cases that a preview looks at one by one.
PREVIEW_MAX: Final = 200
#: Where the audit tells of batches.
STREAM: Final = "batches"

#: Does the act of a batch on one item.
Do = Callable[[Act, Mapping[str, Any]], object]
#: Says what it would do.
Look = Callable[[Act, Mapping[str, Any]], Forecast]


class _TakenError(ConflictError):
    """Jemand anderes hat diesen Teil der Sammelaktion gerade erledigt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a batch would do."""

    total: int
    looked_at: int  # of these, the cases that were looked at one by one
    possible: int
    refusals_de: Mapping[str, int]  # why not -> how often


class Batches:
    """Orders batches and does them."""

    def __init__(
        self,
        db: Database,
        jobs: Jobs,
        does: Mapping[BatchKind, Do],
        looks: Mapping[BatchKind, Look],
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._does = does
        self._looks = looks
        jobs.handler(JOB, self._run, lease_s=120)

    def preview(
        self, actor: Actor, kind: BatchKind, wanted: Selection, params: Mapping[str, Any]
    ) -> Preview:
        """Return what the batch would do; changes nothing."""
        subjects = self._subjects(actor, kind, wanted)
        look, reasons, possible = self._looks.get(kind), Counter[str](), 0
        looked_at = subjects[:PREVIEW_MAX] if look is not None else []
        for subject in looked_at:
            refused = self._refused(look, Act(actor=actor, case_id=subject, reason=""), params)
            possible += not refused
            reasons.update([refused] if refused else [])
        return Preview(
            total=len(subjects),
            looked_at=len(looked_at),
            possible=possible,
            refusals_de=dict(reasons.most_common()),
        )

    def order(
        self,
        actor: Actor,
        kind: BatchKind,
        wanted: Selection,
        params: Mapping[str, Any],
        reason: str,
    ) -> str:
        """Write the batch and see to its being done; return its id.

        Raises InputError for a selection of nothing, of everything or of too many.
        """
        subjects = self._subjects(actor, kind, wanted)
        with self._db.write() as connection:
            now = self._db.now(connection)
            batch_id = batch.insert(
                connection,
                actor.tenant,
                kind,
                subjects,
                params=params,
                reason=reason,
                by=actor.label,
                now=now,
            )
            self._jobs.submit(connection, JOB, batch_id, tenant=actor.tenant, priority=PRIORITY)
            data = {"batch": batch_id, "kind": str(kind), "items": len(subjects)}
            self._tell(connection, actor.tenant, "batch.ordered", actor.label, data, reason)
        return batch_id

    def advance(self, tenant: str, batch_id: str) -> BatchView:
        """Do a portion in this thread, and return how far the batch is."""
        with self._db.read() as connection:
            row = batch.load(connection, tenant, batch_id)
        if row.status == BatchStatus.RUNNING and not self._portion(row):
            self._end(row, None)
        with self._db.read() as connection:
            return batch.view(connection, batch.load(connection, tenant, batch_id))

    def stop(self, actor: Actor, batch_id: str, reason: str) -> None:
        """Leave undone what is pending; raises ConflictError for a batch that has ended."""
        with self._db.write() as connection:
            batch.load(connection, actor.tenant, batch_id)
            if not batch.end(connection, batch_id, BatchStatus.STOPPED, self._db.now(connection)):
                raise ConflictError("Diese Sammelaktion ist schon zu Ende.")
            self._jobs.cancel(connection, JOB, batch_id)
            data = {"batch": batch_id}
            self._tell(connection, actor.tenant, "batch.stopped", actor.label, data, reason)

    # --- doing it ------------------------------------------------------------------------

    def _run(self, job: Job) -> None:
        with self._db.read() as connection:
            row = batch.load(connection, job.tenant, job.key)
        if row.status == BatchStatus.RUNNING and self._portion(row):
            with self._db.write() as connection:
                job.again(connection, self._db.now(connection))
            return
        self._end(row, job)

    def _portion(self, row: sa.Row[Any]) -> bool:
        """Do the next items; False when none was left."""
        with self._db.read() as connection:
            items = batch.pending(connection, row.id, PORTION)
        for item in items:
            self._one(row, item)
        return bool(items)

    def _one(self, row: sa.Row[Any], item: sa.Row[Any]) -> None:
        def mark(connection: sa.Connection) -> None:
            now = self._db.now(connection)
            if not batch.mark(connection, row.id, item.position, ItemStatus.DONE, "", now):
                raise _TakenError

        act = Act(actor=_actor(row), case_id=item.subject, reason=row.reason, also=(mark,))
        try:
            self._does[BatchKind(row.kind)](act, row.params)
        except _TakenError:
            return
        except LaufzettelError as error:
            self._mark(row, item, ItemStatus.REFUSED, str(error))
        except Exception as error:  # the batch goes on with the others
            log.exception("batch %s, item %s", row.id, item.subject)
            text = f"Programmfehler: {type(error).__name__}"
            self._mark(row, item, ItemStatus.FAILED, text)

    def _mark(self, row: sa.Row[Any], item: sa.Row[Any], status: ItemStatus, text: str) -> None:
        with self._db.write() as connection:
            now = self._db.now(connection)
            batch.mark(connection, row.id, item.position, status, text, now)

    def _end(self, row: sa.Row[Any], job: Job | None) -> None:
        with self._db.write() as connection:
            now = self._db.now(connection)
            if batch.end(connection, row.id, BatchStatus.DONE, now):
                found = batch.view(connection, row)
                data = {"batch": row.id, "done": found.done, "refused": found.refused}
                data |= {"failed": found.failed}
                self._tell(connection, row.tenant, "batch.ended", row.by, data, "")
            if job is None:
                self._jobs.cancel(connection, JOB, row.id)
            else:
                job.done(connection)

    # --- helpers -------------------------------------------------------------------------

    def _subjects(self, actor: Actor, kind: BatchKind, wanted: Selection) -> list[str]:
        wanted.check()
        find = selection.incidents if kind is BatchKind.RETRY else selection.cases
        with self._db.read() as connection:
            found = find(connection, actor, wanted)
        if not found:
            raise InputError("Dazu passt nichts; es gibt nichts zu tun.")
        if len(found) > ITEMS_MAX:
            raise InputError(f"Das sind mehr als {ITEMS_MAX}. Bitte enger auswählen.")
        return found

    def _refused(self, look: Look | None, act: Act, params: Mapping[str, Any]) -> str:
        if look is None:
            return ""
        try:
            return next(iter(look(act, params).refusals_de), "")
        except LaufzettelError as error:
            return str(error)

    def _tell(
        self,
        connection: sa.Connection,
        tenant: str,
        kind: str,
        by: str,
        data: Mapping[str, Any],
        reason: str,
    ) -> None:
        texts = {"reason": reason} if reason else {}
        event = Event(kind=kind, actor=by, data=data, texts=texts)
        now = self._db.now(connection)
        append(connection, tenant=tenant, stream=STREAM, at=now, events=[event])


def _actor(row: sa.Row[Any]) -> Actor:
    """Return who has ordered the batch, by the name that the audit has; it signs nothing.

    What it may look at was settled then.
    """
    rights = frozenset({Right.OPERATE, Right.READ})
    return Actor(tenant=row.tenant, machine=row.by, rights=rights)
