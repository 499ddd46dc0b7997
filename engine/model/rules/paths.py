"""Rules about what tokens can do: endless loops, waiting in vain, writing the same variable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from laufzettel.engine.model.bundle import Bundle, called_process, calls_handler
from laufzettel.engine.model.contract import HandlerKind
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.graph import Graph, Walk, attached_to, cycles
from laufzettel.engine.model.marking import rests
from laufzettel.engine.model.rules.table import Hit, listed, rule
from laufzettel.engine.model.source import Flow, Node, Place
from laufzettel.engine.model.variables import COMPLETED_BY, Variables, variables_of

_WAITING: Final = frozenset({"userTask", "receiveTask", "eventBasedGateway"})
#: Most branches that are compared with each other.
_BRANCHES_MAX: Final = 12


@rule(
    "endless-loop",
    Severity.ERROR,
    de="{what} liegt auf einer Schleife, in der nie gewartet wird: {nodes}.",
    en="{what} lies on a loop that never waits: {nodes}.",
    remedy_de="Setzen Sie in die Schleife eine Benutzeraufgabe, eine Nachricht, eine Zeit oder "
    "eine Service-Aufgabe, die als Auftrag läuft.",
    remedy_en="Put a user task, a message, a timer or a service task that runs as a job into the "
    "loop.",
)
def endless_loop(bundle: Bundle) -> Iterator[Hit]:
    """Every loop waits somewhere, so that no step runs for ever."""
    waits = _Waits(bundle)
    for graph in bundle.graphs:
        running = [node for node in graph.process.nodes if not waits.at(graph, node)]
        for group in cycles(graph, running):
            names = [node.name or node.id for node in group]
            yield Hit(at=group[0], values={"nodes": listed(names)})


class _Waits:
    """Where every token that passes has to wait; each scope is looked through once."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        # True while a scope is looked through: what contains itself is named by other rules.
        self._scopes: dict[str, bool] = {}

    def at(self, graph: Graph, node: Node) -> bool:
        """Say whether every token that passes a node waits there."""
        if node.tag in ("intermediateCatchEvent", "boundaryEvent"):
            at_once = ("linkEventDefinition", "errorEventDefinition")
            return node.event is None or node.event.tag not in at_once
        if calls_handler(node):
            contract = self._bundle.contract(node)
            return contract is None or contract.kind != HandlerKind.INLINE
        if node.tag == "subProcess":
            return self._through(graph, node.id)
        if node.tag == "callActivity":
            called = self._bundle.processes.get(called_process(node))
            return called is None or self._through(called, called.process.id)
        return node.tag in _WAITING

    def _through(self, graph: Graph, scope: str) -> bool:
        """Say whether no token goes from a scope's start to its end without waiting."""
        if scope not in self._scopes:
            self._scopes[scope] = True
            inside = {each.id for each in graph.within(scope)}

            def completes(node: Node) -> bool:
                return node.id in inside and not self.at(graph, node)

            walk = Walk(graph, completes=completes).run(graph.entries(scope))
            self._scopes[scope] = scope not in walk.ended
        return self._scopes[scope]


@rule(
    "waits-in-vain",
    Severity.WARNING,
    de="{what} kann vergeblich warten: von {lacks} kommt nichts, {when}.",
    en="{what} may wait in vain: nothing comes from {lacks}, {when_en}.",
    remedy_de="Führen Sie mit derselben Art von Gateway zusammen, mit der sich die Wege verzweigt "
    "haben; was nur manchmal kommt, mit einem inklusiven.",
    remedy_en="Join paths by the kind of gateway that split them; what comes only sometimes, by an "
    "inclusive one.",
)
def waits_in_vain(bundle: Bundle) -> Iterator[Hit]:
    """Whatever is decided, a token at a join is met by the others."""
    for graph in bundle.graphs:
        for scope in graph.inner:
            for rest in rests(graph, scope):
                ways = [f"{_named(at)} → {_way(graph, flow)}" for at, flow in rest.decisions[-3:]]
                when = f"wenn so entschieden wird: {', '.join(ways)}" if ways else "wie auch immer"
                when_en = f"when decided: {', '.join(ways)}" if ways else "in any case"
                lacks = listed([_named(each) for each in rest.lacks])
                yield Hit(at=rest.join, values={"lacks": lacks, "when": when, "when_en": when_en})


def _way(graph: Graph, flow: Flow) -> str:
    return flow.name or _named(graph.nodes[flow.target])


def _named(place: Place) -> str:
    return place.name or place.id


@rule(
    "parallel-writes",
    Severity.WARNING,
    de="Hinter {to} schreiben gleichzeitige Wege dieselbe Variable ({names}); es gilt, wer "
    "zuletzt kommt.",
    en="Behind {it} concurrent paths write the same variable ({names}); the last one wins.",
    remedy_de="Geben Sie den Ergebnissen der Wege verschiedene Namen.",
    remedy_en="Give the results of the paths different names.",
)
def parallel_writes(bundle: Bundle) -> Iterator[Hit]:
    """Concurrent paths write different variables."""
    variables = variables_of(bundle)
    for graph in bundle.graphs:
        for at, branches in _concurrent(graph):
            names = _conflicts(graph, variables, branches)
            if names:
                yield Hit(at=at, values={"names": listed(names)})


def _concurrent(graph: Graph) -> Iterator[tuple[Node, list[set[str]]]]:
    """Yield each place where tokens part, with what each of them reaches."""
    for node in graph.process.nodes:
        flows = graph.outgoing.get(node.id, [])
        if len(flows) > 1 and node.tag not in ("exclusiveGateway", "eventBasedGateway"):
            targets = [graph.nodes[flow.target] for flow in flows[:_BRANCHES_MAX]]
            yield node, [_reach(graph, node, [each]) for each in targets]
        if node.tag == "boundaryEvent" and not node.interrupting:
            host = graph.nodes.get(attached_to(node))
            if host is not None:
                main = _reach(graph, host, graph.after(host)) | {host.id}
                yield node, [_reach(graph, node, graph.after(node)), main]


def _reach(graph: Graph, stop: Node, roots: Iterable[Node]) -> set[str]:
    walk = Walk(graph, completes=lambda node: node.id != stop.id, joins=False)
    return walk.run(roots).reached


def _conflicts(graph: Graph, variables: Variables, branches: list[set[str]]) -> set[str]:
    """Return the names that two branches write before they meet."""
    found: set[str] = set()
    for index, one in enumerate(branches):
        for other in branches[index + 1 : _BRANCHES_MAX]:
            found |= _written(graph, variables, one - other) & _written(
                graph, variables, other - one
            )
    return found


def _written(graph: Graph, variables: Variables, ids: set[str]) -> set[str]:
    """Return the names that the nodes write; who completed a task only where it is mapped.

    Every user task without outputs leaves ``completed_by``, which says of two concurrent tasks
    nothing that anybody could rely on or mend.
    """
    nodes = (graph.nodes[each] for each in ids)
    names = {(name, bool(node.outputs)) for node in nodes for name in variables.written(node)}
    return {name for name, is_mapped in names if is_mapped or name != COMPLETED_BY}
