"""The hand of an operator inside a case: a step that only looks, or one that is written.

Unlike other steps it may also be taken on a suspended case, which then stays suspended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution.case_rows import STANDING, CaseStatus
from laufzettel.engine.execution.case_run import GoneError
from laufzettel.engine.execution.step import Loaded, Steps
from laufzettel.engine.operations import suspend
from laufzettel.engine.operations.acts import Act
from laufzettel.errors import ConflictError

#: Moves the case in memory; raises where that must not be.
Change = Callable[[sa.Connection, Loaded], Loaded]
#: Says what of the change is to be written besides the step: columns of the case, events.
Written = Callable[[Loaded], tuple[Mapping[str, Any], Sequence[Event]]]


class MovedMeanwhileError(ConflictError):
    """Der Vorgang hat sich geändert, seit Sie ihn angesehen haben. Bitte noch einmal prüfen."""


class Hand:
    """Takes an operator's steps."""

    def __init__(self, db: Database, steps: Steps) -> None:
        self._db = db
        self._steps = steps

    def look(self, act: Act, change: Change) -> Loaded:
        """Return the case as it would stand after the change; nothing is written.

        Raises ConflictError for a case that is over or being ended, NotFoundError.
        """
        with self._db.read() as connection:
            return self._changed(connection, act, change)

    def take(
        self, act: Act, change: Change, written: Written, *, seen: int | None = None
    ) -> Loaded:
        """Change the case in one step and return it; raises as ``look``.

        ``seen`` is the version of the case that the operator has looked at: with another one
        nothing happens, MovedMeanwhileError.
        """
        done: list[Loaded] = []

        def once() -> None:
            loaded = self.look(act, change)
            if seen is not None and loaded.row.version != seen:
                raise MovedMeanwhileError
            self._commit(act, loaded, written)
            done.append(loaded)

        self._steps.repeat(act.case_id, once)
        return done[-1]

    def _changed(self, connection: sa.Connection, act: Act, change: Change) -> Loaded:
        act.check(connection)
        try:
            loaded = self._steps.load(connection, act.actor, act.case_id, STANDING)
        except GoneError as gone:
            raise ConflictError("Der Vorgang ist schon beendet oder wird abgebrochen.") from gone
        changed = change(connection, loaded)
        changed.run.settle()
        return changed

    def _commit(self, act: Act, loaded: Loaded, written: Written) -> None:
        columns, events = written(loaded)
        rests = loaded.row.status == CaseStatus.SUSPENDED
        stays = {"status": CaseStatus.SUSPENDED} if rests and not loaded.run.is_done else {}

        def before(connection: sa.Connection) -> None:
            if rests:  # the step finds its tasks and waits as in any other case
                suspend.show(connection, act.case_id)
            act.finish(connection)

        def after(connection: sa.Connection) -> None:
            if stays:
                suspend.hide(connection, act.case_id)

        self._steps.commit(
            loaded, within=[before], events=events, also={**stays, **columns}, after=after
        )
