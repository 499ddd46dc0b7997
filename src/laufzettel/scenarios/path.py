"""The way a case took: every element and sequence flow, in order.

The engine keeps no history of tokens, so that a step costs the same at any age. Scenarios
listen at the executor's port instead: what waits, what is completed, which conditions hold.
Gateways and flows in between follow from the model. What a step computed but did not commit
(a refused signature, a lost race) leaves no trace.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.execution.case_run import CaseRun
from laufzettel.engine.execution.port import (
    After,
    Executor,
    ExecutorFactory,
    Host,
    Run,
    Scope,
    Waiting,
)
from laufzettel.engine.model.definition import Definition, Element, Flow, Kind
from laufzettel.engine.model.normalise import is_drawn

_GATEWAYS: Final = frozenset({Kind.EXCLUSIVE, Kind.INCLUSIVE, Kind.PARALLEL, Kind.EVENT_GATEWAY})


@dataclass(slots=True)
class Way:
    """What was visited: elements and flows, in order."""

    elements: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)


class Recorder:
    """Collects the ways of all cases of one scenario; outlives every composition."""

    def __init__(self, definition: Definition) -> None:
        self.graph = Graph(definition)
        self.ways: dict[str, Way] = defaultdict(Way)
        self._arrivals: dict[tuple[str, str], int] = defaultdict(int)
        self._left: dict[str, list[Element]] = {}  # case -> where an early ending step stopped
        self._pending: list[Trip] = []

    def watch(self, db: Database) -> None:
        """Keep a step's way when its transaction commits, forget it when it is rolled back.

        Not by listening to the engine: one listener makes every statement take SQLAlchemy's
        long way (``db.prepared``), which was half of a scenario's time.
        """
        transaction = db._transaction

        @contextmanager
        def heard(is_durable: bool) -> Iterator[sa.Connection]:
            try:
                with transaction(is_durable) as connection:
                    yield connection
            except BaseException:
                self._pending = []
                raise
            self._commit()

        db._transaction = heard  # type: ignore[method-assign]

    def wrap(self, factory: ExecutorFactory) -> ExecutorFactory:
        """Return a factory whose runs are recorded."""

        def make(definition: Definition) -> Executor:
            return _Executor(factory(definition), self, definition.main)

        return make

    def begin(self, host: Host) -> Trip:
        """Return the trip of the step that starts now; an earlier one came to nothing."""
        case_id = host._frame.case_id if isinstance(host, CaseRun) else ""
        trip = Trip(
            graph=self.graph,
            case_id=case_id,
            arrivals=dict(self._arrivals),
            left=list(self._left.get(case_id, ())),
        )
        self._pending = [trip]
        return trip

    def _commit(self) -> None:
        for trip in self._pending:
            way = self.ways[trip.case_id]
            way.elements += trip.way.elements
            way.flows += trip.way.flows
            self._arrivals.update(trip.arrivals)
            self._left[trip.case_id] = trip.left
        self._pending = []


class Graph:
    """The elements and flows of a definition, to be walked."""

    def __init__(self, definition: Definition) -> None:
        processes = definition.processes.values()
        self.definition = definition
        self.elements: dict[str, Element] = {k: v for p in processes for k, v in p.elements.items()}
        self.flows: dict[str, Flow] = {k: v for p in processes for k, v in p.flows.items()}

    def out(self, element: Element) -> list[Flow]:
        """Return the outgoing flows in their order."""
        return [self.flows[name] for name in element.outgoing]

    def starts(self, scope: str) -> list[Element]:
        """Return the start events of a process or subprocess."""
        return [e for e in self.elements.values() if e.kind is Kind.START and e.scope == scope]

    def gate_before(self, element: Element) -> Flow | None:
        """Return the flow by which an event-based gateway leads to this event."""
        for name in element.incoming:
            source = self.elements.get(self.flows[name].source)
            if source is not None and source.kind is Kind.EVENT_GATEWAY:
                return self.flows[name]
        return None


@dataclass(slots=True, kw_only=True)
class Trip:
    """The way of one step, while it is computed."""

    graph: Graph
    case_id: str
    arrivals: dict[tuple[str, str], int]  # (case, parallel join) -> tokens that wait there
    way: Way = field(default_factory=Way)
    decisions: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    left: list[Element] = field(default_factory=list)  # to be followed after the next advance

    def visit(self, element: Element) -> None:
        """Note the element; what the normaliser added is nothing that anybody drew."""
        if is_drawn(element.id):
            self.way.elements.append(element.id)

    def leave(self, element_id: str) -> None:
        """A token goes on from the element."""
        if element_id in self.graph.elements:
            self.left.append(self.graph.elements[element_id])

    def happen(self, element_id: str) -> None:
        """An event happened: a boundary event or one behind a gateway is visited only now."""
        element = self.graph.elements[element_id]
        gate = self.graph.gate_before(element)
        if gate is not None:
            self.way.flows.append(gate.id)
        if gate is not None or element.kind in (Kind.BOUNDARY, Kind.ARMED):
            self.visit(element)
        self.leave(element_id)

    def follow(self) -> None:
        """Walk from everything that was left, as far as the conditions were asked."""
        while self.left:
            element = self.left.pop(0)
            for flow in self._taken(element):
                self.way.flows.append(flow.id)
                self._arrive(self.graph.elements[flow.target])

    def _arrive(self, element: Element) -> None:
        if element.kind is Kind.PARALLEL and not self._is_joined(element):
            return
        self.visit(element)
        if element.kind in _GATEWAYS:
            self.left.append(element)
        elif element.kind in (Kind.SUBPROCESS, Kind.CALL):
            scope = element.id if element.kind is Kind.SUBPROCESS else element.called
            for start in self.graph.starts(scope):
                self.visit(start)
                self.left.append(start)

    def _is_joined(self, element: Element) -> bool:
        key = (self.case_id, element.id)
        self.arrivals[key] = (self.arrivals.get(key, 0) + 1) % len(element.incoming)
        return self.arrivals[key] == 0

    def _taken(self, element: Element) -> list[Flow]:
        flows = self.graph.out(element)
        if element.kind is Kind.EVENT_GATEWAY:
            return []  # the event that happens shows which
        if not any(flow.condition for flow in flows):
            return flows
        asked = [flow for flow in flows if self.decisions.get(flow.id)]
        holding = [flow for flow in asked if self.decisions[flow.id].pop(0)]
        if element.kind is not Kind.EXCLUSIVE:
            holding += [flow for flow in flows if not flow.condition and _is_open(element, flow)]
        if holding:
            return holding
        if len(asked) < sum(bool(flow.condition) for flow in flows):
            return []  # held: an expression could not be evaluated; a retry comes by again
        return [flow for flow in flows if flow.id == element.default_flow]


def _is_open(element: Element, flow: Flow) -> bool:
    """Say whether the flow is taken whatever the conditions say."""
    return flow.id != element.default_flow


class _Executor:
    """Records every run of the executor behind it."""

    def __init__(self, inner: Executor, recorder: Recorder, main: str) -> None:
        self._inner = inner
        self._recorder = recorder
        self._main = main

    def new(self, host: Host) -> Run:
        """Return a recorded run that begins at the start event."""
        trip = self._recorder.begin(host)
        for start in self._recorder.graph.starts(self._main):
            trip.visit(start)
            trip.leave(start.id)
        heard = _Host(host, trip)
        return heard.bound(self._inner.new(heard))

    def load(self, state: Any, host: Host) -> Run:
        """Return a recorded run that goes on where it stood."""
        heard = _Host(host, self._recorder.begin(host))
        return heard.bound(self._inner.load(state, heard))

    def adopt(self, state: Any, origin: Executor, names: Mapping[str, str]) -> Any:
        """Return the state that a case of the other executor has here."""
        inner = origin._inner if isinstance(origin, _Executor) else origin
        return self._inner.adopt(state, inner, names)


class _Host:
    """Hears which conditions hold."""

    def __init__(self, inner: Host, trip: Trip) -> None:
        self._inner = inner
        self._trip = trip
        self._run: Run | None = None

    def bound(self, run: Run) -> _Run:
        """Return the run, recorded, whose subprocesses are known here from now on."""
        self._run = run
        return _Run(run, self._trip)

    def decide(self, flow: str, scope: str) -> bool:
        """Note what the host says."""
        holds = self._inner.decide(flow, scope)
        self._trip.decisions[flow].append(holds)
        return holds

    def leave(self, scope: str) -> After:
        """Let the host take over; the activity of the subprocess is left then."""
        self._trip.follow()
        activity = self._run.scope(scope).element if self._run is not None else ""
        after = self._inner.leave(scope)
        self._trip.leave(activity)
        return after

    def repeat(self, element: str, scope: str) -> int:
        """Let the host count the items."""
        return self._inner.repeat(element, scope)


class _Run:
    """A run that notes what happens in it and does nothing else."""

    def __init__(self, inner: Run, trip: Trip) -> None:
        self._inner = inner
        self._trip = trip
        self._elements: dict[str, str] = {}

    def advance(self, limit: int) -> int:
        left = self._inner.advance(limit)
        self._trip.follow()
        return left

    def waiting(self) -> list[Waiting]:
        found = self._inner.waiting()
        self._elements |= {wait.activation: wait.element for wait in found}
        return found

    def complete(self, activation: str, after: After = After.NOTHING) -> None:
        element = self._element(activation)
        self._inner.complete(activation, after)
        self._trip.leave(element)

    def fire(self, activation: str) -> None:
        element = self._element(activation)
        self._inner.fire(activation)
        self._trip.happen(element)

    def catcher(self, activation: str, matches: Callable[[str], bool]) -> Waiting | None:
        found = self._inner.catcher(activation, matches)
        if found is not None:
            self._elements[found.activation] = found.element
        return found

    def stop(self) -> None:
        self._inner.stop()

    def retry(self, activation: str) -> None:
        element = self._element(activation)
        self._inner.retry(activation)
        self._trip.leave(element)

    def scope(self, name: str) -> Scope:
        return self._inner.scope(name)

    def scopes(self) -> set[str]:
        return self._inner.scopes()

    def place(self, element: str, scope: str) -> None:
        self._inner.place(element, scope)
        self._trip.visit(self._trip.graph.elements[element])

    def drop(self, token: str) -> None:
        self._inner.drop(token)

    def strand(self) -> bool:
        return self._inner.strand()

    def starving(self) -> set[str]:
        return self._inner.starving()

    @property
    def is_done(self) -> bool:
        return self._inner.is_done

    @property
    def end(self) -> str:
        return self._inner.end

    def dump(self) -> Any:
        return self._inner.dump()

    def _element(self, activation: str) -> str:
        if activation not in self._elements:
            self.waiting()
        return self._elements.get(activation, "")
