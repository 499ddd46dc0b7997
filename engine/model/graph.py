"""A process as a graph: who follows whom, and what a token can reach.

Works on ``source`` nodes, whether the model is right or not: what points nowhere is left
out here and reported by the lint.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from laufzettel.engine.model.source import Flow, Node, Process


class Graph:
    """The nodes and valid flows of one process, indexed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.nodes: dict[str, Node] = {each.id: each for each in process.nodes if each.id}
        self.outgoing: dict[str, list[Flow]] = defaultdict(list)
        self.incoming: dict[str, list[Flow]] = defaultdict(list)
        self.boundaries: dict[str, list[Node]] = defaultdict(list)
        self.inner: dict[str, list[Node]] = defaultdict(list)
        for flow in process.flows:
            if flow.source in self.nodes and flow.target in self.nodes:
                self.outgoing[flow.source].append(flow)
                self.incoming[flow.target].append(flow)
        for node in process.nodes:
            self.inner[node.scope].append(node)
            if node.tag == "boundaryEvent":
                self.boundaries[attached_to(node)].append(node)

    def starts(self, scope: str) -> list[Node]:
        """Return the start events of a process or subprocess."""
        return [each for each in self.inner.get(scope, ()) if each.tag == "startEvent"]

    def armed(self, scope: str) -> list[list[Node]]:
        """Return, for each event subprocess of a scope, its start events."""
        inner = self.inner.get(scope, ())
        return [self.starts(each.id) for each in inner if each.triggered]

    def entries(self, scope: str) -> list[Node]:
        """Return where tokens may begin in a scope: its start, and its event subprocesses."""
        return self.starts(scope) + [each for each in self.inner.get(scope, ()) if each.triggered]

    def links(self, node: Node) -> list[Node]:
        """Return the catching ends of a throwing link event."""
        name = _link(node)
        if node.tag != "intermediateThrowEvent" or not name:
            return []
        return [
            each
            for each in self.inner.get(node.scope, ())
            if each.tag == "intermediateCatchEvent" and _link(each) == name
        ]

    def after(self, node: Node) -> list[Node]:
        """Return the nodes that a token goes to when ``node`` is completed."""
        flows = self.outgoing.get(node.id, ())
        return [self.nodes[flow.target] for flow in flows] + self.links(node)

    def onward(self, node: Node) -> list[Node]:
        """Return where a token may go next: behind the node or over its boundary."""
        return self.after(node) + self.boundaries.get(node.id, [])

    def before(self, node: Node) -> list[Node]:
        """Return the nodes that a token may come from: the other way of ``onward``."""
        flows = self.incoming.get(node.id, ())
        scope = self.inner.get(node.scope, ()) if _link(node) else ()
        throwing = [each for each in scope if node in self.links(each)]
        host = self.nodes.get(attached_to(node))
        found = [self.nodes[flow.source] for flow in flows] + throwing
        return found if host is None else [*found, host]

    def within(self, scope: str) -> Iterable[Node]:
        """Yield every node inside a scope, at any depth."""
        todo = list(self.inner.get(scope, ()))
        seen: set[str] = set()
        while todo:
            node = todo.pop()
            if node.id not in seen:
                seen.add(node.id)
                yield node
                todo.extend(self.inner.get(node.id, ()))

    def around(self, node: Node) -> Iterable[Node]:
        """Yield the subprocesses around a node, innermost first."""
        seen: set[str] = set()
        scope = node.scope
        while scope in self.nodes and scope not in seen:
            seen.add(scope)
            yield self.nodes[scope]
            scope = self.nodes[scope].scope


def attached_to(node: Node) -> str:
    """Return the id of the activity that a boundary event hangs on."""
    return node.attributes.get("attachedToRef", "").strip()


def _link(node: Node) -> str:
    event = node.event
    return event.link if event is not None and event.tag == "linkEventDefinition" else ""


def always(node: Node) -> bool:
    """Say that every node is completed once it is reached."""
    return True


class Walk:
    """What a token can reach when only some nodes are ever completed.

    A parallel join goes on only when all its incoming flows have been reached, because it
    waits for all of them; with ``joins=False`` one is enough.
    """

    def __init__(
        self, graph: Graph, *, completes: Callable[[Node], bool] = always, joins: bool = True
    ) -> None:
        self._graph = graph
        self._completes = completes
        self._joins = joins
        self._arrived: dict[str, set[str]] = defaultdict(set)
        self.reached: set[str] = set()
        self.ended: set[str] = set()  # scopes whose end was reached

    def run(self, roots: Iterable[Node]) -> Walk:
        """Follow the tokens from ``roots`` until nothing new is reached."""
        todo = list(roots)
        while todo:
            node = todo.pop()
            if node.id and node.id not in self.reached:
                self.reached.add(node.id)
                todo.extend(self._entered(node))
                inside = node.tag == "subProcess" and not node.may_be_empty
                if self._completes(node) and not inside:
                    todo.extend(self._left(node))
        return self

    def _entered(self, node: Node) -> list[Node]:
        boundaries = self._graph.boundaries.get(node.id, [])
        inner = self._graph.entries(node.id) if node.tag == "subProcess" else []
        return [*boundaries, *inner]

    def _left(self, node: Node) -> list[Node]:
        if node.tag == "endEvent":
            return self._end(node)
        following = [
            self._graph.nodes[flow.target]
            for flow in self._graph.outgoing.get(node.id, ())
            if self._may_enter(flow)
        ]
        return following + self._graph.links(node)

    def _end(self, node: Node) -> list[Node]:
        event = node.event
        if event is not None and event.tag == "errorEventDefinition":
            return []  # it leaves by the boundary, which was reached on entering
        return self._end_of(node.scope)

    def _end_of(self, scope: str) -> list[Node]:
        if scope in self.ended:
            return []
        self.ended.add(scope)
        outer = self._graph.nodes.get(scope)
        if outer is None or outer.tag != "subProcess" or not self._completes(outer):
            return []
        if outer.triggered:  # if it has interrupted what is around it, that ends with it
            interrupts = any(each.interrupting for each in self._graph.starts(scope))
            return self._end_of(outer.scope) if interrupts else []
        return self._left(outer)

    def _may_enter(self, flow: Flow) -> bool:
        target = self._graph.nodes[flow.target]
        if not self._joins or target.tag != "parallelGateway":
            return True
        self._arrived[target.id].add(flow.id)
        return self._arrived[target.id] >= {
            each.id for each in self._graph.incoming.get(target.id, ())
        }


def cycles(graph: Graph, nodes: Iterable[Node]) -> list[list[Node]]:
    """Return the groups of ``nodes`` that lie on a common cycle made of these nodes alone."""
    inside = _trimmed(graph, {node.id: node for node in nodes})
    left = dict(inside)
    found: list[list[Node]] = []
    for start in inside.values():
        if start.id in left:
            group = _group(graph, start, inside)
            for node in group or [start]:
                left.pop(node.id, None)
            if group:
                found.append(group)
    return found


def _trimmed(graph: Graph, inside: dict[str, Node]) -> dict[str, Node]:
    """Return the nodes without those that nothing leads to, again and again.

    What has no cycle is gone after that, which makes the usual model cheap.
    """
    inside = dict(inside)
    count = {
        key: sum(each.id in inside for each in graph.before(node)) for key, node in inside.items()
    }
    todo = [key for key, number in count.items() if number == 0]
    while todo:
        node = inside.pop(todo.pop())
        for each in graph.onward(node):
            if each.id in inside:
                count[each.id] -= 1
                if count[each.id] == 0:
                    todo.append(each.id)
    return inside


def _group(graph: Graph, start: Node, inside: dict[str, Node]) -> list[Node]:
    """Return the nodes that ``start`` reaches and that reach ``start``, if it is on a cycle."""
    ahead = _closure(start.id, inside, graph.onward)
    if start.id not in ahead:
        return []
    behind = _closure(start.id, inside, graph.before)
    return [node for key, node in inside.items() if key in ahead and key in behind]


def _closure(start: str, inside: dict[str, Node], step: Callable[[Node], list[Node]]) -> set[str]:
    reached: set[str] = set()
    todo = [inside[start]]
    while todo:
        for node in step(todo.pop()):
            if node.id in inside and node.id not in reached:
                reached.add(node.id)
                todo.append(node)
    return reached
