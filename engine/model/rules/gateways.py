"""Rules about decisions: conditions, default flows, event-based gateways."""

from __future__ import annotations

from collections.abc import Iterator

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules.table import Hit, rule
from laufzettel.engine.model.source import Flow, Node
from laufzettel.engine.model.vocabulary import ACTIVITIES, DECIDING


def _default(node: Node) -> str:
    return node.attributes.get("default", "").strip()


def _decides(node: Node, flows: list[Flow]) -> bool:
    """Say whether the conditions of these flows are evaluated."""
    conditions = [flow for flow in flows if flow.condition is not None]
    if node.tag in DECIDING:
        return len(flows) > 1 or bool(conditions)
    return node.tag in ACTIVITIES and bool(conditions)


@rule(
    "no-default-flow",
    Severity.ERROR,
    de="{what} hat keinen Standardpfad; trifft keine Bedingung zu, bliebe der Vorgang stehen.",
    en="{what} has no default flow; if no condition holds, the case would stop.",
    remedy_de="Bestimmen Sie einen ausgehenden Pfeil zum Standardpfad („Default flow“).",
    remedy_en="Make one of its outgoing flows the default flow.",
)
def no_default_flow(bundle: Bundle) -> Iterator[Hit]:
    """A decision always has a way out."""
    for graph, node in bundle.nodes():
        flows = graph.outgoing.get(node.id, [])
        unconditional = node.tag in ACTIVITIES and any(f.condition is None for f in flows)
        if _decides(node, flows) and not _default(node) and not unconditional:
            yield Hit(at=node)


@rule(
    "dangling-default",
    Severity.ERROR,
    de="Der Standardpfad {of} ist kein Pfeil, der aus ihm führt.",
    en="The default flow of {it} is not one of its outgoing flows.",
    remedy_de="Bestimmen Sie einen ausgehenden Pfeil neu zum Standardpfad.",
    remedy_en="Choose one of the outgoing flows as default flow again.",
)
def dangling_default(bundle: Bundle) -> Iterator[Hit]:
    """A default flow leaves the element that names it."""
    for graph, node in bundle.nodes():
        ids = {flow.id for flow in graph.outgoing.get(node.id, ())}
        if _default(node) and _default(node) not in ids:
            yield Hit(at=node)


@rule(
    "flow-without-condition",
    Severity.ERROR,
    de="{what} führt aus „{gateway}“ ohne Bedingung und ist nicht der Standardpfad.",
    en="{what} leaves “{gateway}” without a condition and is not its default flow.",
    remedy_de="Geben Sie dem Pfeil eine Bedingung, zum Beispiel: =amount > 100",
    remedy_en="Give the flow a condition, for example: =amount > 100",
)
def flow_without_condition(bundle: Bundle) -> Iterator[Hit]:
    """Each flow out of a decision says when it is taken."""
    for graph, node in bundle.nodes(*DECIDING):
        flows = graph.outgoing.get(node.id, [])
        for flow in flows:
            is_default = flow.id == _default(node)
            if _decides(node, flows) and flow.condition is None and not is_default:
                yield Hit(at=flow, values={"gateway": node.name or node.id})


@rule(
    "condition-on-default",
    Severity.WARNING,
    de="{what} ist der Standardpfad von „{gateway}“; seine Bedingung wird nicht ausgewertet.",
    en="{what} is the default flow of “{gateway}”; its condition is not evaluated.",
    remedy_de="Löschen Sie die Bedingung.",
    remedy_en="Delete the condition.",
)
def condition_on_default(bundle: Bundle) -> Iterator[Hit]:
    """A default flow has no condition."""
    for graph, node in bundle.nodes():
        for flow in graph.outgoing.get(node.id, ()):
            if flow.id == _default(node) and flow.condition is not None:
                yield Hit(at=flow, values={"gateway": node.name or node.id})


@rule(
    "condition-out-of-place",
    Severity.ERROR,
    de="{what} hat eine Bedingung, aber „{name}“ wertet keine Bedingungen aus.",
    en="{what} has a condition, but “{name}” evaluates none.",
    remedy_de="Setzen Sie ein exklusives oder inklusives Gateway dazwischen.",
    remedy_en="Put an exclusive or inclusive gateway between.",
)
def condition_out_of_place(bundle: Bundle) -> Iterator[Hit]:
    """Only gateways that decide, and activities, have conditions on their flows."""
    for graph, node in bundle.nodes():
        for flow in graph.outgoing.get(node.id, ()):
            if flow.condition is not None and node.tag not in DECIDING | ACTIVITIES:
                yield Hit(at=flow, values={"name": node.name or node.id})


@rule(
    "condition-on-task-flow",
    Severity.WARNING,
    de="{what} führt mit einer Bedingung unmittelbar aus „{name}“; der Modeler lehnt das ab.",
    en="{what} leaves “{name}” directly with a condition, which the Modeler refuses.",
    remedy_de="Setzen Sie ein exklusives oder inklusives Gateway dazwischen.",
    remedy_en="Put an exclusive or inclusive gateway between.",
)
def condition_on_task_flow(bundle: Bundle) -> Iterator[Hit]:
    """Conditions on flows from activities run, but are outside the profile."""
    for graph, node in bundle.nodes(*ACTIVITIES):
        for flow in graph.outgoing.get(node.id, ()):
            if flow.condition is not None:
                yield Hit(at=flow, values={"name": node.name or node.id})


@rule(
    "event-gateway-few",
    Severity.ERROR,
    de="{what} wartet auf {count} Ereignis; es braucht mindestens zwei.",
    en="{what} waits for {count} event; it needs at least two.",
    remedy_de="Verbinden Sie es mit mindestens zwei Ereignissen, oder warten Sie ohne Gateway.",
    remedy_en="Connect it with at least two events, or wait without a gateway.",
)
def event_gateway_few(bundle: Bundle) -> Iterator[Hit]:
    """An event-based gateway waits for the first of several events."""
    for graph, node in bundle.nodes("eventBasedGateway"):
        count = len(graph.outgoing.get(node.id, ()))
        if count < 2:
            yield Hit(at=node, values={"count": str(count)})


@rule(
    "event-gateway-target",
    Severity.ERROR,
    de="Auf {it} folgt „{target}“; möglich sind nur eintretende Nachrichten, Zeitereignisse, "
    "Signale und Bedingungen und Empfangsaufgaben ohne Randereignis.",
    en="{what} is followed by “{target}”; only catching messages, timers, signals and conditions "
    "and receive tasks without boundary events are possible.",
    remedy_de="Setzen Sie das Ereignis, auf das gewartet wird, unmittelbar hinter das Gateway.",
    remedy_en="Put the event that is waited for directly behind the gateway.",
)
def event_gateway_target(bundle: Bundle) -> Iterator[Hit]:
    """Behind an event-based gateway stand events alone."""
    for graph, node in bundle.nodes("eventBasedGateway"):
        for flow in graph.outgoing.get(node.id, ()):
            target = graph.nodes[flow.target]
            if not _may_follow(target) or graph.boundaries.get(target.id):
                yield Hit(at=node, values={"target": target.name or target.id})


def _may_follow(target: Node) -> bool:
    if target.tag == "receiveTask":
        return True
    event = target.event
    waits = (
        "messageEventDefinition",
        "timerEventDefinition",
        "signalEventDefinition",
        "conditionalEventDefinition",
    )
    return target.tag == "intermediateCatchEvent" and event is not None and event.tag in waits


@rule(
    "event-gateway-shared-target",
    Severity.ERROR,
    de="In {it} führt außer dem Pfeil vom ereignisbasierten Gateway noch ein anderer.",
    en="Besides the flow from the event-based gateway another one leads into {it}.",
    remedy_de="Führen Sie den anderen Pfeil zum Gateway, oder zeichnen Sie ein zweites Ereignis.",
    remedy_en="Lead the other flow to the gateway, or draw a second event.",
)
def event_gateway_shared_target(bundle: Bundle) -> Iterator[Hit]:
    """An event behind an event-based gateway has no other entry."""
    for graph, node in bundle.nodes("intermediateCatchEvent", "receiveTask"):
        sources = [graph.nodes[flow.source].tag for flow in graph.incoming.get(node.id, ())]
        if len(sources) > 1 and "eventBasedGateway" in sources:
            yield Hit(at=node)


@rule(
    "instantiating-gateway",
    Severity.ERROR,
    de="{what} soll einen Vorgang starten; das wird nicht ausgeführt.",
    en="{what} is to start a case, which is not executed.",
    remedy_de="Beginnen Sie mit einem Startereignis für die Nachricht.",
    remedy_en="Begin with a start event for the message.",
)
def instantiating_gateway(bundle: Bundle) -> Iterator[Hit]:
    """Cases begin at start events alone."""
    for _, node in bundle.nodes("eventBasedGateway", "receiveTask"):
        if node.attributes.get("instantiate", "").strip() in ("true", "1"):
            yield Hit(at=node)


@rule(
    "parallel-event-gateway",
    Severity.ERROR,
    de="{what} soll auf alle Ereignisse warten; ausgeführt wird nur das Warten auf das erste.",
    en="{what} is to wait for all events; only waiting for the first is executed.",
    remedy_de="Verwenden Sie ein paralleles Gateway mit einem Ereignis je Weg.",
    remedy_en="Use a parallel gateway with one event on each path.",
)
def parallel_event_gateway(bundle: Bundle) -> Iterator[Hit]:
    """An event-based gateway takes the first event."""
    for _, node in bundle.nodes("eventBasedGateway"):
        if node.attributes.get("eventGatewayType", "Exclusive").strip() != "Exclusive":
            yield Hit(at=node)
