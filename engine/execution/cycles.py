"""The timers of a case that fire again: how often still, and from when the next is counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from laufzettel.engine.execution import timing
from laufzettel.engine.execution.changes import NewTimer


class Cycles:
    """By activation, in the form in which the codec stores them: [due, every, left]."""

    def __init__(self, stored: dict[str, list[Any]]) -> None:
        self.stored = stored

    def begin(self, timers: Iterable[NewTimer]) -> None:
        """Keep those of the timers that fire again."""
        for timer in timers:
            if timer.cycle is not None:
                due, *rest = timer.cycle
                self.stored[timer.activation] = [due.isoformat(), *rest]

    def fired(self, activation: str, element: str) -> timing.Cycle | None:
        """Return the next firing after this one; None where there is none."""
        row = self.stored.pop(activation, None)
        if row is None:
            return None
        cycle = timing.Cycle(datetime.fromisoformat(row[0]), *row[1:])
        return timing.again(cycle, element=element)

    def forget(self, activation: str) -> None:
        """Let a timer fire no more."""
        self.stored.pop(activation, None)
