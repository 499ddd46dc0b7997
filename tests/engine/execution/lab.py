"""A case in memory, run twice in step: straight, and saved and reloaded after every move.

Both must show the same waits, variables and activations at all times; every test that
drives a ``Lab`` therefore tests the state's round trip as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from tests.engine.execution import lab_handlers
from tests.engine.execution.draw import compiled

from laufzettel.engine.execution import codec
from laufzettel.engine.execution.case_run import CaseRun, Frame
from laufzettel.engine.execution.changes import Changes, WaitKind
from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.execution.port import Executor
from laufzettel.engine.execution.spiff import SpiffExecutor
from laufzettel.engine.handler import BpmnError, Handlers, Services
from laufzettel.engine.model.definition import Definition
from laufzettel.identity import system

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def handlers() -> Handlers:
    """Return the handlers that the models of these tests may name."""
    return Handlers([lab_handlers], Services())


class Lab:
    """One case in memory; elements are named as the model does."""

    def __init__(
        self,
        model: str | Definition,
        *,
        now: datetime = NOW,
        blob: bytes | None = None,  # the stored state of a case to go on with
        watch: Callable[[Executor], Executor] = lambda executor: executor,  # the straight run's
        **variables: Any,
    ) -> None:
        self._handlers = handlers()
        known = self._handlers.contracts
        self.definition = compiled(model, known) if isinstance(model, str) else model
        self._executor = SpiffExecutor(self.definition)
        self.now = now
        self._due: dict[str, datetime] = {}  # activation of a timer -> when it fires
        self._straight, self._reloaded = (
            self._run(None if blob is None else codec.decode(blob), executor)
            for executor in (watch(self._executor), self._executor)
        )
        self.changes = Changes()  # of the last move
        self.writes = 0  # of business records in the last move
        self._both(lambda run: run.variables.scopes[""].update(variables))

    def _run(self, state: dict[str, Any] | None, executor: Executor | None = None) -> CaseRun:
        frame = Frame(
            tenant="t",
            case_id="c",
            business_key="object:1",
            actor=system("t"),
            now=self.now,
            connection=cast(sa.Connection, None),
        )
        return CaseRun(self.definition, executor or self._executor, self._handlers, frame, state)

    def _both(self, act: Any) -> Lab:
        """Move both cases and compare what they look like."""
        self._straight.changes = Changes()
        self._straight.records = Pending("t", None)
        for run in (self._straight, self._reloaded):
            act(run)
            run.settle()
        self.changes = self._straight.changes
        self._due |= {timer.activation: timer.due for timer in self.changes.timers}
        self.writes = len(self._straight.records.writes)
        assert self.writes == len(self._reloaded.records.writes)
        assert self.changes == self._reloaded.changes
        assert _shown(self._straight) == _shown(self._reloaded)
        if not self.ended:
            self._reloaded = self._run(codec.decode(codec.encode(self._reloaded.state())))
            assert _shown(self._straight) == _shown(self._reloaded)
        return self

    # --- what happens ------------------------------------------------------------------

    def complete(self, element: str, **result: Any) -> Lab:
        """Let the first waiting activity of that element be done."""
        activation = self.activation(element)
        return self._both(lambda run: run.complete(activation, result))

    def fire(self, element: str, **payload: Any) -> Lab:
        activation = self.activation(element)
        return self._both(lambda run: run.fire(activation, payload))

    def fail(self, element: str, code: str) -> Lab:
        activation = self.activation(element)
        return self._both(lambda run: run.fail(activation, BpmnError(code, "Nein.")))

    def retry(self, element: str) -> Lab:
        activation = self.activation(element)
        return self._both(lambda run: run.retry(activation))

    def set(self, **values: Any) -> Lab:
        """Mend variables, as a person would do before a retry."""
        return self._both(lambda run: run.variables.scopes[""].update(values))

    def later(self, by: timedelta) -> Lab:
        """Let time pass; what falls due on the way fires in its order."""
        until = self.now + by
        while due := self._next_timer(until):
            self._set_clock(due[0])
            self._both(lambda run, activation=due[1]: run.fire(activation))
        self._set_clock(until)
        return self

    def _next_timer(self, until: datetime) -> tuple[datetime, str] | None:
        seen = self._straight.state()["seen"]
        due = ((self._due[one], one) for one, row in seen.items() if row[0] == WaitKind.TIMER)
        return min((one for one in due if one[0] <= until), default=None)

    def _set_clock(self, now: datetime) -> None:
        self.now = now
        for run in (self._straight, self._reloaded):
            run._frame = replace(run._frame, now=now)

    def go_on(self) -> Lab:
        """Do what the job of an unfinished step does."""
        return self._both(lambda run: None)

    def blob(self) -> bytes:
        """The state as it is stored."""
        return codec.encode(self._reloaded.state())

    # --- what is seen ------------------------------------------------------------------

    @property
    def waits(self) -> list[str]:
        """The elements at which tokens wait, in the order of their arrival."""
        seen = self._straight.state()["seen"].values()
        return [row[1] for row in seen if row[0] != WaitKind.SPENT]

    def activation(self, element: str) -> str:
        seen: dict[str, Any] = self._straight.state()["seen"]
        return next(activation for activation, row in seen.items() if row[1] == element)

    @property
    def variables(self) -> Mapping[str, Any]:
        return self._straight.variables.scopes[""]

    @property
    def scopes(self) -> int:
        """How many sets of variables the case keeps."""
        return len(self._straight.variables.scopes)

    @property
    def ended(self) -> bool:
        return self._straight.is_done

    @property
    def end(self) -> str:
        return self._straight.end

    @property
    def causes(self) -> list[str]:
        """The causes of what was held in the last move."""
        return [trouble.cause for trouble in self.changes.troubles]

    def kept_tasks(self) -> int:
        """How many of SpiffWorkflow's tasks the stored state holds."""
        return sum(len(part) for part in self._reloaded.state()["run"] if isinstance(part, list))


def _shown(run: CaseRun) -> Any:
    state = run.state()
    return (state["scopes"], state["seen"], state["loops"], state["cycles"], run.is_done, run.end)
