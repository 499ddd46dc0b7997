"""The verbs about many cases at once; a part of ``engine.api.Engine``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laufzettel.db import Database
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.step import Steps
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.operations import batch
from laufzettel.engine.operations.acts import Act, reason_of
from laufzettel.engine.operations.batch import BatchKind, BatchView, ItemStatus, ItemView
from laufzettel.engine.operations.batch_run import Batches, Preview
from laufzettel.engine.operations.edit import Edit, value_of
from laufzettel.engine.operations.migrate import Migration
from laufzettel.engine.operations.modify import Move
from laufzettel.engine.operations.selection import Selection
from laufzettel.engine.operations.verbs import OperationVerbs
from laufzettel.engine.tasks.verbs import need
from laufzettel.errors import InputError
from laufzettel.identity import Actor, Right

#: What each kind of batch must be told; text, but for the mapping of elements.
_PARAMS: Mapping[BatchKind, tuple[str, ...]] = {
    BatchKind.EDIT: ("name", "value"),
    BatchKind.MOVE: ("source", "target"),
    BatchKind.MIGRATE: ("bundle_id",),
}


class BatchVerbs(OperationVerbs):
    """Ordering, watching and stopping batches."""

    def __init__(self, db: Database, bundles: Bundles, steps: Steps, jobs: Jobs) -> None:
        super().__init__(db, bundles, steps, jobs)
        self._operating = db
        does = {
            BatchKind.RETRY: self._retry_one,
            BatchKind.SUSPEND: lambda act, _: self._acts.suspend(act),
            BatchKind.RESUME: lambda act, _: self._acts.resume(act),
            BatchKind.CANCEL: lambda act, _: self._acts.cancel(act),
            BatchKind.EDIT: self._edit_one,
            BatchKind.MOVE: lambda act, params: self._move(params).take(self._hand, act, seen=None),
            BatchKind.MIGRATE: lambda act, params: self._migration(params).take(
                self._hand, act, seen=None
            ),
        }
        looks = {
            BatchKind.MOVE: lambda act, params: self._move(params).look(self._hand, act),
            BatchKind.MIGRATE: lambda act, params: self._migration(params).look(self._hand, act),
        }
        self._batches = Batches(db, jobs, does, looks)

    def preview_batch(
        self, actor: Actor, kind: BatchKind, wanted: Selection, params: Mapping[str, Any]
    ) -> Preview:
        """Return how many items a batch would have, and what speaks against which.

        Up to 200 cases are looked at one by one where they are moved or migrated.
        """
        need(actor, Right.OPERATE)
        _check(kind, params)
        return self._batches.preview(actor, kind, wanted, params)

    def order_batch(
        self,
        actor: Actor,
        kind: BatchKind,
        wanted: Selection,
        reason: str,
        params: Mapping[str, Any] | None = None,
    ) -> str:
        """Do an act to all that are selected, in small portions by a job; return its id.

        Raises InputError for a selection of nothing, of everything, or of more than 10,000,
        and for missing params (``edit``: name, value; ``move``: source, target; ``migrate``:
        bundle_id, optionally names).
        """
        need(actor, Right.OPERATE)
        _check(kind, params or {})
        return self._batches.order(actor, kind, wanted, params or {}, reason_of(reason))

    def batches(self, actor: Actor) -> list[BatchView]:
        """Return the tenant's batches with their progress, the newest first; at most 200."""
        need(actor, Right.OPERATE, Right.READ)
        with self._operating.read() as connection:
            return batch.views(connection, actor.tenant)

    def batch(self, actor: Actor, batch_id: str) -> BatchView:
        """Return one batch with its progress; raises NotFoundError."""
        need(actor, Right.OPERATE, Right.READ)
        with self._operating.read() as connection:
            return batch.view(connection, batch.load(connection, actor.tenant, batch_id))

    def batch_items(
        self, actor: Actor, batch_id: str, status: ItemStatus | None = None
    ) -> list[ItemView]:
        """Return the items of a batch with their outcome, at most 200."""
        need(actor, Right.OPERATE, Right.READ)
        with self._operating.read() as connection:
            batch.load(connection, actor.tenant, batch_id)
            return batch.items(connection, batch_id, status)

    def advance_batch(self, actor: Actor, batch_id: str) -> BatchView:
        """Do the next portion in this thread, beside the job, and return the progress."""
        need(actor, Right.OPERATE)
        return self._batches.advance(actor.tenant, batch_id)

    def stop_batch(self, actor: Actor, batch_id: str, reason: str) -> None:
        """Leave undone what is pending; what is done stays done."""
        need(actor, Right.OPERATE)
        self._batches.stop(actor, batch_id, reason_of(reason))

    # --- one item --------------------------------------------------------------------------

    def _retry_one(self, act: Act, params: Mapping[str, Any]) -> None:
        self._incidents.retry(act.actor, act.case_id, act.also)

    def _edit_one(self, act: Act, params: Mapping[str, Any]) -> None:
        name, value, at = params["name"], params["value"], params.get("at", "")
        edit = Edit(lambda c, bundle: self._of.load(c, bundle).definition, name, value, at)
        edit.take(self._hand, act, seen=None)

    def _move(self, params: Mapping[str, Any]) -> Move:
        return Move(self._of, params["source"], params["target"])

    def _migration(self, params: Mapping[str, Any]) -> Migration:
        names = params.get("names") or {}
        return Migration(self._of, self._stepping, params["bundle_id"], names)


def _check(kind: BatchKind, params: Mapping[str, Any]) -> None:
    missing = [name for name in _PARAMS.get(kind, ()) if not params.get(name)]
    if missing:
        raise InputError(f"Für diese Sammelaktion fehlt: {', '.join(missing)}.")
    if kind is BatchKind.EDIT:
        value_of(params["value"])
