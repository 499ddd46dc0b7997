"""How a process can come to rest: the game of tokens over all its decisions.

Tokens lie on sequence flows. Conditions are not looked at: each decision may go each way, each
event at an activity may occur. Tokens do not hinder each other but at joins, so one of them is
followed at a time, and what is left to look through are the combinations of decisions.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple

from laufzettel.engine.model.graph import Graph
from laufzettel.engine.model.source import Flow, Node

#: So many markings of a scope are looked through; what is larger is not judged.
_MARKINGS_MAX: Final = 3000
#: So many of them breadth first, which finds the shortest ways; then some are followed to the end.
_BREADTH_MAX: Final = 1000
#: So many tokens on one flow; a loop that makes ever more of them is not followed.
_TOKENS_MAX: Final = 2
#: So many flows of an inclusive split are combined.
_SPLIT_MAX: Final = 5
#: What ends its scope, whatever else is in it.
_ENDING_ALL: Final = frozenset({"terminateEventDefinition", "errorEventDefinition"})


@dataclass(frozen=True, slots=True)
class Rest:
    """A join at which a token waits for others that never come."""

    join: Node
    lacks: tuple[Node, ...]  # from which nothing comes
    decisions: tuple[tuple[Node, Flow], ...]  # what was decided on the way there


class _Way(NamedTuple):
    """What a node gives: tokens on flows, and the flow that tells which way it was."""

    gives: tuple[str, ...]
    told: Flow | None = None
    at: Node | None = None
    is_all: bool = False  # the scope has ended


class _Step(NamedTuple):
    """A way that was gone, and the one before it."""

    before: _Step | None
    way: _Way


_Marking = tuple[str, ...]


def rests(graph: Graph, scope: str) -> list[Rest]:
    """Return each join of the scope at which tokens can wait in vain, with the shortest way."""
    found: dict[str, Rest] = {}
    game = _Game(graph)
    for start in graph.starts(scope):
        for rest in game.rests(start):
            found.setdefault(rest.join.id, rest)
    return list(found.values())


class _Game:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._flows = {flow.id: flow for flows in graph.outgoing.values() for flow in flows}
        self._ways: dict[str, list[_Way]] = {}

    def rests(self, start: Node) -> Iterator[Rest]:
        """Play everything that can happen from a start event on."""
        first = _sorted(flow.id for flow in self._graph.outgoing.get(start.id, ()))
        seen: set[_Marking] = {first}
        todo: deque[tuple[_Marking, _Step | None]] = deque([(first, None)])
        while todo and len(seen) < _MARKINGS_MAX:
            marking, step = todo.popleft() if len(seen) < _BREADTH_MAX else todo.pop()
            moves = self._moves(marking)
            if not moves:
                yield from self._waiting(marking, step)
            for taken, way in moves:
                left = Counter(marking)
                left.subtract(taken)
                left.update(way.gives)
                after = () if way.is_all else _sorted(left.elements())
                if after not in seen and all(left[one] <= _TOKENS_MAX for one in way.gives):
                    seen.add(after)
                    todo.append((after, _Step(step, way) if way.told else step))

    def _moves(self, marking: _Marking) -> list[tuple[_Marking, _Way]]:
        """Return what one node can do: the first that is no join, or a join that may pass."""
        targets = {flow: self._graph.nodes[self._flows[flow].target] for flow in marking}
        for flow, node in targets.items():
            if not self._joins(node):
                return [((flow,), way) for way in self._ways_of(node)]
        joins = {node.id: node for node in targets.values()}
        for tag in ("parallelGateway", "inclusiveGateway"):
            for node in joins.values():
                taken = self._taken(node, marking) if node.tag == tag else ()
                if taken:
                    return [(taken, way) for way in self._ways_of(node)]
        return []

    def _joins(self, node: Node) -> bool:
        several = len(self._graph.incoming.get(node.id, ())) > 1
        return several and node.tag in ("parallelGateway", "inclusiveGateway")

    def _taken(self, join: Node, marking: _Marking) -> _Marking:
        """Return the flows of which a join takes a token, none while it waits."""
        entering = [flow.id for flow in self._graph.incoming[join.id]]
        filled = tuple(flow for flow in entering if flow in marking)
        if len(filled) == len(entering):
            return filled
        if join.tag == "parallelGateway":
            return ()
        to_empty = self._before([one for one in entering if one not in filled], join)
        to_filled = self._before(filled, join)
        coming = {flow for flow in marking if flow not in filled}
        return () if (coming & to_empty) - to_filled else filled

    def _before(self, flows: Sequence[str], stop: Node) -> set[str]:
        """Return the flows from which a path leads to one of these, not through the join."""
        nodes: set[str] = set()
        todo = [self._graph.nodes[self._flows[flow].source] for flow in flows]
        while todo:
            node = todo.pop()
            if node is not stop and node.id not in nodes:
                nodes.add(node.id)
                todo += self._graph.before(node)
        return {*flows, *(flow.id for each in nodes for flow in self._graph.incoming.get(each, ()))}

    def _waiting(self, marking: _Marking, step: _Step | None) -> Iterator[Rest]:
        decisions: list[tuple[Node, Flow]] = []
        while step is not None:
            if step.way.at is not None and step.way.told is not None:
                decisions.insert(0, (step.way.at, step.way.told))
            step = step.before
        targets = {node.id: node for node in map(self._target, marking)}
        for join in filter(self._joins, targets.values()):  # else other rules say what is missing
            entering = self._graph.incoming[join.id]
            lacks = [self._graph.nodes[one.source] for one in entering if one.id not in marking]
            yield Rest(join, tuple(lacks), tuple(decisions))

    def _target(self, flow: str) -> Node:
        return self._graph.nodes[self._flows[flow].target]

    # --- what a node gives ---------------------------------------------------------------

    def _ways_of(self, node: Node) -> list[_Way]:
        if node.id not in self._ways:
            self._ways[node.id] = list(self._possible(node))
        return self._ways[node.id]

    def _possible(self, node: Node) -> Iterator[_Way]:
        if any(event.tag in _ENDING_ALL for event in node.events) and node.tag == "endEvent":
            yield _Way((), is_all=True)
            return
        events = self._graph.boundaries.get(node.id, [])
        beside = [event for event in events if not event.interrupting]
        for way in self._leaving(node):
            yield way
            for event in beside:  # one at a time: what they give goes its own way
                yield _Way((*way.gives, *self._given(event)), *self._told(event))
        for event in events:
            if event.interrupting:
                yield _Way(self._given(event), *self._told(event))

    def _leaving(self, node: Node) -> Iterator[_Way]:
        """Yield the ways out of a node that has been completed."""
        flows = self._graph.outgoing.get(node.id, [])
        if node.tag in ("exclusiveGateway", "eventBasedGateway") and len(flows) > 1:
            yield from (_Way((flow.id,), flow, node) for flow in flows)
            return
        default = node.attributes.get("default", "").strip()
        decided = [flow for flow in flows if flow.condition is not None and flow.id != default]
        always = [flow.id for flow in flows if flow not in decided and flow.id != default]
        if node.tag == "parallelGateway" or not (decided or default):
            yield _Way(self._given(node))
            return
        for number in range(min(len(decided), _SPLIT_MAX), 0, -1):
            for some in combinations(decided[:_SPLIT_MAX], number):
                yield _Way((*always, *(flow.id for flow in some)), some[0], node)
        if default in self._flows:
            yield _Way((*always, default), self._flows[default], node)
        elif always:
            yield _Way(tuple(always))

    def _given(self, node: Node) -> tuple[str, ...]:
        """Return all flows out of a node, those behind its link too."""
        nodes = [node, *self._graph.links(node)]
        return tuple(flow.id for one in nodes for flow in self._graph.outgoing.get(one.id, ()))

    def _told(self, event: Node) -> tuple[Flow | None, Node]:
        flows = self._graph.outgoing.get(event.id, [])
        return (flows[0] if flows else None), event


def _sorted(flows: Iterator[str]) -> _Marking:
    return tuple(sorted(flows))
