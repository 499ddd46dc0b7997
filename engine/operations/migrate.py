"""Moving a case to another version of its process.

Every token keeps its activation, and with it its task (claim, draft), timer, subscription or
job. What has no counterpart, another kind of step, another handler, or a signature whose task
would be lost is refused by name; what merely differs is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution.bundles import Bundle, Bundles
from laufzettel.engine.execution.port import Unmovable
from laufzettel.engine.execution.step import Loaded, Steps
from laufzettel.engine.operations import duties_ahead, migrate_rows
from laufzettel.engine.operations.acts import Act
from laufzettel.engine.operations.forecast import Forecast, compare, places
from laufzettel.engine.operations.hand import Hand
from laufzettel.engine.operations.migrate_check import Comparison
from laufzettel.engine.tables import bundle as table
from laufzettel.engine.work import cancelling
from laufzettel.errors import ConflictError, InputError, NotFoundError
from laufzettel.identity import SHARED


class Migration:
    """One case, to be moved to a bundle; ``names`` has the new element for each renamed one."""

    def __init__(
        self, bundles: Bundles, steps: Steps, bundle_id: str, names: Mapping[str, str]
    ) -> None:
        self._bundles = bundles
        self._steps = steps
        self._target = bundle_id
        self._names = dict(names)
        self._forecast: Forecast | None = None
        self._comparison: Comparison | None = None
        self._event_data: dict[str, Any] = {}

    def look(self, hand: Hand, act: Act) -> Forecast:
        """Return what the migration would do; raises InputError for one that makes no sense."""
        try:
            hand.look(act, self._change)
        except _RefusedError as refused:
            return refused.forecast
        return self._found()

    def take(self, hand: Hand, act: Act, *, seen: int | None) -> Forecast:
        """Move the case in one step; raises ConflictError with the first refusal."""

        def change(connection: sa.Connection, loaded: Loaded) -> Loaded:
            changed = self._change(connection, loaded)
            if refused := self._found().refusals_de:
                raise ConflictError(refused[0])
            return changed

        def rows(connection: sa.Connection) -> None:
            if self._comparison is not None:
                migrate_rows.rename(connection, act.case_id, self._comparison)

        def written(loaded: Loaded) -> tuple[Mapping[str, Any], Sequence[Event]]:
            return {"bundle_id": self._target}, [act.event("case.migrated", self._event_data)]

        try:
            hand.take(replace(act, also=(rows, *act.also)), change, written, seen=seen)
        except _RefusedError as refused:
            raise ConflictError(refused.forecast.refusals_de[0]) from refused
        return self._found()

    def _found(self) -> Forecast:
        if self._forecast is None:
            raise RuntimeError("nothing was looked at")
        return self._forecast

    def _change(self, connection: sa.Connection, loaded: Loaded) -> Loaded:
        row = loaded.row
        old = self._bundles.load(connection, row.bundle_id, row.process_id)
        new = self._to(connection, row)
        found = Comparison(old.definition, new.definition, self._names)
        before = places(loaded.run, found.old)
        refused = [
            *_on_the_way(connection, row.id),
            *found.waits(loaded.run),
            *found.signed(migrate_rows.signatures(connection, row.id)),
        ]
        try:
            state = self._state(loaded, old, new, found)
        except Unmovable as problem:
            refused.append(f"„{problem.element}“: {problem}")
            here = Forecast(case_id=row.id, version=row.version, stays=tuple(before.values()))
            raise _RefusedError(replace(here, refusals_de=tuple(refused))) from problem
        changed = self._steps.remade(loaded, new, state)
        changed.run.settle()
        refused += duties_ahead.refusals(connection, row, new.definition, changed.run)
        forecast = compare(before, changed, found.new)
        notes = (*found.notes(loaded.run), *forecast.notes_de)
        self._comparison = found
        self._forecast = replace(forecast, refusals_de=tuple(refused), notes_de=notes)
        return changed

    def _to(self, connection: sa.Connection, row: sa.Row[Any]) -> Bundle:
        """Return the bundle to move to; raises NotFoundError, InputError."""
        query = sa.select(table.c.id, table.c.tenant, table.c.process_id, *_TOLD)
        rows = {
            one.id: one
            for one in connection.execute(
                query.where(table.c.id.in_([row.bundle_id, self._target]))
            )
        }
        target = rows.get(self._target)
        if target is None or target.tenant not in (row.tenant, SHARED):
            raise NotFoundError("Diese Fassung des Modells gibt es nicht.")
        origin = rows[row.bundle_id]
        if target.process_id != origin.process_id:
            raise InputError(
                f"Der Vorgang läuft nach „{origin.process_id}“, diese Fassung gehört zu "
                f"„{target.process_id}“."
            )
        if target.id == row.bundle_id:
            raise ConflictError("Der Vorgang läuft schon nach dieser Fassung.")
        self._event_data = {
            "from": origin.sha256,
            "from_number": origin.number,
            "to": target.sha256,
            "to_number": target.number,
            "names": self._names,
        }
        found = self._bundles.load(connection, target.id)
        if row.process_id not in found.definition.processes:
            raise InputError(f"Diese Fassung hat keinen Prozess „{row.process_id}“.")
        return self._bundles.load(connection, target.id, row.process_id)

    def _state(self, loaded: Loaded, old: Bundle, new: Bundle, found: Comparison) -> dict[str, Any]:
        state = loaded.run.state()
        seen = {
            activation: [kind, found.named(element), local, scope]
            for activation, (kind, element, local, scope) in state["seen"].items()
        }
        run = new.executor.adopt(state["run"], old.executor, found.names)
        return {**state, "run": run, "seen": seen}


_TOLD = (table.c.sha256, table.c.number)


class _RefusedError(ConflictError):
    """Der Vorgang passt nicht auf diese Fassung."""

    def __init__(self, forecast: Forecast) -> None:
        super().__init__()
        self.forecast = forecast


def _on_the_way(connection: sa.Connection, case_id: str) -> Sequence[str]:
    return [
        f"„{key}“ ist gerade unterwegs. Der Vorgang kann erst umgestellt werden, wenn feststeht, "
        "was daraus geworden ist."
        for key in cancelling.on_the_way(connection, case_id)
    ]
