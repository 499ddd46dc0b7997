"""Rules about the drawing: every element is reached and leads somewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.graph import Graph, Walk, attached_to
from laufzettel.engine.model.rules.table import Hit, rule
from laufzettel.engine.model.source import Node, Place
from laufzettel.engine.model.vocabulary import ACTIVITIES, GATEWAYS


def _scopes(graph: Graph) -> Iterator[Place]:
    """Yield the process and its subprocesses."""
    yield graph.process
    yield from (node for node in graph.process.nodes if node.tag == "subProcess")


@rule(
    "no-start",
    Severity.ERROR,
    de="{what} hat kein Startereignis.",
    en="{what} has no start event.",
    remedy_de="Zeichnen Sie ein Startereignis und verbinden Sie es mit dem ersten Schritt.",
    remedy_en="Draw a start event and connect it with the first activity.",
)
def no_start(bundle: Bundle) -> Iterator[Hit]:
    """Every process and subprocess begins with a start event."""
    for graph in bundle.graphs:
        yield from (Hit(at=each) for each in _scopes(graph) if not graph.starts(each.id))


@rule(
    "several-starts",
    Severity.ERROR,
    de="{what} hat {count} einfache Startereignisse; bei welchem es beginnt, wäre offen.",
    en="{what} has {count} plain start events; at which of them it begins would be open.",
    remedy_de="Lassen Sie ein einfaches Startereignis stehen. Ein Prozess kann daneben solche mit "
    "Nachricht, Zeit oder Signal haben, ein Teilprozess hat nur eines.",
    remedy_en="Keep one plain start event. A process may have others with a message, timer or signal, "
    "a subprocess has one only.",
)
def several_starts(bundle: Bundle) -> Iterator[Hit]:
    """What begins by itself begins at one place (BPMN 2.0.2 § 13.2.2)."""
    for graph in bundle.graphs:
        for each in _scopes(graph):
            starts = graph.starts(each.id)
            plain = [one for one in starts if not one.events or each is not graph.process]
            if len(plain) > 1:
                yield Hit(at=each, values={"count": str(len(plain))})


@rule(
    "typed-inner-start",
    Severity.ERROR,
    de="{what} beginnt einen Teilprozess; dort gibt es nur ein einfaches Startereignis.",
    en="{what} begins a subprocess, which takes a plain start event only.",
    remedy_de="Verwenden Sie ein einfaches Startereignis und warten Sie dahinter auf die "
    "Nachricht.",
    remedy_en="Use a plain start event and wait for the message behind it.",
)
def typed_inner_start(bundle: Bundle) -> Iterator[Hit]:
    """A subprocess starts with its activity, not by a message."""
    for graph, node in bundle.nodes("startEvent"):
        outer = graph.nodes.get(node.scope)
        if node.events and outer is not None and not outer.triggered:
            yield Hit(at=node)


@rule(
    "no-end",
    Severity.ERROR,
    de="{what} hat kein Endereignis.",
    en="{what} has no end event.",
    remedy_de="Zeichnen Sie ein Endereignis und verbinden Sie den letzten Schritt damit.",
    remedy_en="Draw an end event and connect the last activity with it.",
)
def no_end(bundle: Bundle) -> Iterator[Hit]:
    """Every process and subprocess ends with an end event."""
    for graph in bundle.graphs:
        for each in _scopes(graph):
            if not any(node.tag == "endEvent" for node in graph.inner.get(each.id, ())):
                yield Hit(at=each)


@rule(
    "dangling-flow",
    Severity.ERROR,
    de="{what} ist nicht an beiden Enden mit einem Element verbunden.",
    en="{what} is not connected with an element at both ends.",
    remedy_de="Ziehen Sie den Pfeil neu oder löschen Sie ihn.",
    remedy_en="Draw the flow again or delete it.",
)
def dangling_flow(bundle: Bundle) -> Iterator[Hit]:
    """A sequence flow has a source and a target."""
    for graph, flow in bundle.flows():
        if flow.source not in graph.nodes or flow.target not in graph.nodes:
            yield Hit(at=flow)


@rule(
    "flow-across-border",
    Severity.ERROR,
    de="{what} führt über die Grenze eines Teilprozesses.",
    en="{what} crosses the border of a subprocess.",
    remedy_de="Verbinden Sie den Teilprozess selbst; innen führen Pfeile nur von Schritt zu "
    "Schritt.",
    remedy_en="Connect the subprocess itself; inside, flows lead from activity to activity only.",
)
def flow_across_border(bundle: Bundle) -> Iterator[Hit]:
    """A sequence flow stays inside one process or subprocess."""
    for graph, flow in bundle.flows():
        ends = [graph.nodes.get(flow.source), graph.nodes.get(flow.target)]
        scopes = {each.scope for each in ends if each is not None} | {flow.scope}
        if None not in ends and len(scopes) > 1:
            yield Hit(at=flow)


@rule(
    "twin-flows",
    Severity.ERROR,
    de="{what} verbindet dieselben Elemente wie ein anderer Pfeil.",
    en="{what} connects the same elements as another flow.",
    remedy_de="Lassen Sie einen Pfeil stehen; zwei Bedingungen verbindet man mit „or“.",
    remedy_en="Keep one flow; two conditions are joined by “or”.",
)
def twin_flows(bundle: Bundle) -> Iterator[Hit]:
    """Two elements are connected by one flow at most."""
    for graph in bundle.graphs:
        seen: Counter[tuple[str, str]] = Counter()
        for flow in graph.process.flows:
            seen[flow.source, flow.target] += 1
            if seen[flow.source, flow.target] == 2 and flow.source in graph.nodes:
                yield Hit(at=flow)


@rule(
    "unreachable",
    Severity.ERROR,
    de="{what} wird nie erreicht: kein Weg führt vom Start dorthin.",
    en="{what} is never reached: no path leads there from the start.",
    remedy_de="Verbinden Sie das Element mit einem Schritt davor oder löschen Sie es.",
    remedy_en="Connect the element with an activity before it, or delete it.",
)
def unreachable(bundle: Bundle) -> Iterator[Hit]:
    """Every element lies on a path from the start."""
    for graph in bundle.graphs:
        if graph.starts(graph.process.id):
            reached = Walk(graph, joins=False).run(graph.entries(graph.process.id)).reached
            # Inside a subprocess without start or end every element would be named again.
            open_scopes = {each.id for each in _scopes(graph) if not graph.starts(each.id)}
            for node in graph.process.nodes:
                if node.id and node.id not in reached and node.scope not in open_scopes:
                    yield Hit(at=node)


@rule(
    "dead-end",
    Severity.ERROR,
    de="Nach „{name}“ geht es nicht weiter.",
    en="Nothing follows “{name}”.",
    remedy_de="Verbinden Sie {it} mit dem nächsten Schritt oder mit einem Endereignis.",
    remedy_en="Connect {it} with the next activity or an end event.",
)
def dead_end(bundle: Bundle) -> Iterator[Hit]:
    """Every element but an end event leads on."""
    for graph, node in bundle.nodes():
        leads_on = graph.outgoing.get(node.id) or _is_link(node) or node.triggered
        if node.tag != "endEvent" and not leads_on:
            yield Hit(at=node, values={"name": node.name or node.id})


def _is_link(node: Node) -> bool:
    """Say whether a throwing link leads on, or is named by its own rule."""
    event = node.event
    throws = node.tag == "intermediateThrowEvent"
    return throws and event is not None and event.tag == "linkEventDefinition"


@rule(
    "flow-into-start",
    Severity.ERROR,
    de="In „{name}“ führt ein Pfeil; Start- und Randereignisse haben keinen Eingang.",
    en="A flow leads into “{name}”; start and boundary events have no entry.",
    remedy_de="Führen Sie den Pfeil zum ersten Schritt dahinter.",
    remedy_en="Lead the flow to the first activity behind it.",
)
def flow_into_start(bundle: Bundle) -> Iterator[Hit]:
    """Start events and boundary events have no incoming flow."""
    for graph, node in bundle.nodes("startEvent", "boundaryEvent"):
        if graph.incoming.get(node.id):
            yield Hit(at=node, values={"name": node.name or node.id})


@rule(
    "flow-out-of-end",
    Severity.ERROR,
    de="Aus „{name}“ führt ein Pfeil; ein Endereignis hat keinen Ausgang.",
    en="A flow leads out of “{name}”; an end event has no exit.",
    remedy_de="Löschen Sie den Pfeil oder verwenden Sie ein Zwischenereignis.",
    remedy_en="Delete the flow or use an intermediate event.",
)
def flow_out_of_end(bundle: Bundle) -> Iterator[Hit]:
    """End events have no outgoing flow."""
    for graph, node in bundle.nodes("endEvent"):
        if graph.outgoing.get(node.id):
            yield Hit(at=node, values={"name": node.name or node.id})


@rule(
    "dangling-boundary",
    Severity.ERROR,
    de="{what} hängt an keinem Schritt.",
    en="{what} is attached to no activity.",
    remedy_de="Ziehen Sie das Ereignis auf den Rand eines Schritts oder Teilprozesses.",
    remedy_en="Drag the event onto the border of an activity or subprocess.",
)
def dangling_boundary(bundle: Bundle) -> Iterator[Hit]:
    """A boundary event hangs on an activity of its own scope."""
    for graph, node in bundle.nodes("boundaryEvent"):
        host = graph.nodes.get(attached_to(node))
        if host is None or host.tag not in ACTIVITIES or host.scope != node.scope:
            yield Hit(at=node)


@rule(
    "implicit-split",
    Severity.INFO,
    de="Aus {to} führen {count} Pfeile; alle Wege werden zugleich gegangen.",
    en="{count} flows leave {it}; all paths are taken at once.",
    remedy_de="Wenn nur einer gemeint ist, setzen Sie ein exklusives Gateway dazwischen; sonst "
    "zeigt ein paralleles Gateway die Absicht.",
    remedy_en="If one is meant, put an exclusive gateway between; otherwise a parallel gateway "
    "shows the intent.",
)
def implicit_split(bundle: Bundle) -> Iterator[Hit]:
    """Several flows out of an activity are a parallel split, as BPMN says."""
    for graph, node in bundle.nodes():
        flows = graph.outgoing.get(node.id, ())
        plain = all(flow.condition is None for flow in flows)
        if len(flows) > 1 and node.tag not in GATEWAYS and plain:
            yield Hit(at=node, values={"count": str(len(flows))})
