"""Our side with state alone: port, codec and one UPDATE a wait; nothing else is written.

``Port`` decides conditions in Python and takes values as they are, as the rival does.
``Case`` is what the product runs in memory: FEEL conditions and mappings, scopes, offers of
tasks; only what handlers and tables do is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import CodeType
from typing import Any, Final

from bench._life import END, MODEL, ORDER_KEY, SERVICES, START, WAITS, Wait
from bench._rows import StateRows
from laufzettel import handlers as handler_package
from laufzettel.db import Database, schema
from laufzettel.engine.dmn import Library, read_library
from laufzettel.engine.execution import codec
from laufzettel.engine.execution.case_run import CaseRun, Frame
from laufzettel.engine.execution.deciding import Binding
from laufzettel.engine.execution.port import After, Run
from laufzettel.engine.execution.spiff import SpiffExecutor
from laufzettel.engine.handler import (
    Contents,
    Effect,
    Handler,
    Handlers,
    Inline,
    Parcel,
    Services,
    Values,
)
from laufzettel.engine.model.check import check
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.sources import load_folder
from laufzettel.identity import Actor

NOW: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)


def definition() -> Definition:
    """Return the model as compiled at deployment."""
    table = Handlers(handler_package.modules(), Services())
    checked = check(load_folder(MODEL), handlers=table.contracts)
    assert checked.definition is not None, checked.findings
    return checked.definition


class Port:
    """Lives over the port alone."""

    def __init__(
        self, file: str, conditions: Mapping[str, str], *, ballast: Mapping[str, str] | None = None
    ) -> None:
        self._begin = {**START, **(ballast or {})}
        compiled = definition()
        self._executor = SpiffExecutor(compiled)
        self._conditions = {flow: compile(text, flow, "eval") for flow, text in conditions.items()}
        self._rows = StateRows(file)

    def live(self) -> None:
        """Run one case from its start to its end."""
        host = _Host(dict(self._begin), self._conditions)
        run = self._executor.new(host)
        number = self._rows.insert(host.settle(run))
        for wait in WAITS:
            version, state = self._rows.read(number)
            loaded = codec.decode(state)
            host = _Host(loaded["scopes"][""], self._conditions)
            run = self._executor.load(loaded["run"], host)
            host.variables.update(wait.variables)
            host.move(run, wait)
            self._rows.update(number, version, host.settle(run))
        assert run.is_done and run.end == END, run.end

    def size(self) -> int:
        """Return the bytes of the longest state."""
        return self._rows.size()

    def close(self) -> None:
        """Close the database."""
        self._rows.close()


class _Host:
    """A case's data in Python."""

    def __init__(self, variables: dict[str, Any], conditions: Mapping[str, CodeType]) -> None:
        self.variables = variables
        self._conditions = conditions

    def decide(self, flow: str, scope: str) -> bool:
        return bool(eval(self._conditions[flow], {}, self.variables))

    def leave(self, scope: str) -> After:
        """The model has no subprocess."""
        return After.NOTHING

    def repeat(self, element: str, scope: str) -> int:
        """The model repeats nothing."""
        return 0

    def move(self, run: Run, wait: Wait) -> None:
        """Let happen what is waited for."""
        activation = next(each for each in run.waiting() if each.element == wait.element)
        if wait.message:
            run.fire(activation.activation)
        else:
            run.complete(activation.activation)

    def settle(self, run: Run) -> bytes | None:
        """Move on until the case waits for something from outside; return its state."""
        is_moving = True
        while is_moving:
            run.advance(500)
            is_moving = False
            for each in run.waiting():
                if each.element in _INSIDE:
                    self.variables.update(SERVICES.get(each.element, {}))
                    run.complete(each.activation)
                    is_moving = True
        if run.is_done:
            return None
        return codec.encode(
            {
                "run": run.dump(),
                "scopes": {"": self.variables},
                "seen": {},
                "loops": {},
                "cycles": {},
            }
        )


#: Elements that the stripped model lets wait and that go on by themselves.
_INSIDE: Final = {*SERVICES, END}


class Case:
    """Lives as ``engine.execution`` computes them, with handlers that give back constants."""

    def __init__(self, file: str) -> None:
        self._definition = definition()
        self._executor = SpiffExecutor(self._definition)
        self._handlers = _ConstantHandlers(self._definition)
        self._decisions = _OwnDecisions(self._definition)
        schema.upgrade(f"sqlite:///{file}")  # a step reads whether another token waits already
        self._rows = StateRows(file)
        self._reading = Database(f"sqlite:///{file}")
        self._connection = self._reading.engine.connect()

    def live(self) -> None:
        """Run one case from its start to its end."""
        run = self._run(None)
        run.variables.scopes[""].update(START)
        number = self._rows.insert(_settled(run))
        for wait in WAITS:
            version, state = self._rows.read(number)
            loaded = codec.decode(state)
            activation = next(
                name for name, seen in loaded["seen"].items() if seen[1] == wait.element
            )
            run = self._run(loaded)
            if wait.message:
                run.fire(activation, wait.result)
            else:
                run.complete(activation, wait.result)
            self._rows.update(number, version, _settled(run))
        assert run.is_done and run.end == END, run.end

    def _run(self, state: dict[str, Any] | None) -> CaseRun:
        frame = Frame(
            tenant="musterstadt",
            case_id="01jd8z4q6t3x7n2m5k9p0r1s2x",
            business_key="invoice:01jd8z4q6t3x7n2m5k9p0r1s2w",
            actor=Actor(tenant="musterstadt"),
            now=NOW,
            connection=self._connection,
            decisions=self._decisions,
        )
        return CaseRun(self._definition, self._executor, self._handlers, frame, state)

    def size(self) -> int:
        """Return the bytes of the longest state."""
        return self._rows.size()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
        self._reading.close()
        self._rows.close()


def _settled(run: CaseRun) -> bytes | None:
    run.settle()
    assert not run.changes.troubles, run.changes.troubles
    return None if run.is_done else codec.encode(run.state())


class _OwnDecisions:
    """The decisions that lie beside the model, read once."""

    def __init__(self, compiled: Definition) -> None:
        files = {name: xml.encode() for name, xml in compiled.decision_files.items()}
        self._library = read_library(files)

    def find(self, decision: str, binding: Binding, tag: str) -> Library:
        """Return them whatever is asked for."""
        return self._library


class _ConstantHandlers(Handlers):
    """The installed contracts, with functions that return the life's values and write nothing."""

    def __init__(self, compiled: Definition) -> None:
        super().__init__(handler_package.modules(), Services())
        elements = compiled.processes[compiled.main].elements.values()
        self._results = {one.handler: SERVICES.get(one.id, {}) for one in elements}

    def function(self, name: str) -> Handler:
        """Return a handler that gives back constants."""
        result = self._results[name]
        return Handler(contract=self.contracts[name], call=lambda step, **_: result)

    def effect(self, name: str) -> Effect:
        """Return an effect that prepares nothing."""
        return _ConstantEffect(self.services)


class _ConstantEffect(Effect):
    """An effect that is never sent."""

    name = "constant"
    channel = "hkr"

    def prepare(self, step: Inline, **parameters: Any) -> tuple[str, Mapping[str, Any]]:
        return ORDER_KEY, {}

    def pack(self, parcel: Parcel) -> Contents:
        raise NotImplementedError

    def send(self, parcel: Parcel) -> Values:
        raise NotImplementedError

    def query(self, parcel: Parcel) -> Values | None:
        raise NotImplementedError
