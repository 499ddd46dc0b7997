"""Rules about events: messages with their keys, timers, conditions, links, boundary events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.contract import HandlerKind
from laufzettel.engine.model.expressions import as_feel, parsed
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.graph import Graph, attached_to
from laufzettel.engine.model.rules.table import Hit, listed, rule
from laufzettel.engine.model.source import EventDefinition, Node
from laufzettel.engine.model.vocabulary import NAMED

#: ISO 8601 durations that FEEL knows: days and time, or years and months.
_DURATION: Final = re.compile(
    r"P(?=[0-9T])(([0-9]{1,4}Y)?([0-9]{1,4}M)?"
    r"|([0-9]{1,5}D)?(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,7}M)?([0-9]{1,9}(\.[0-9]{1,6})?S)?)?)",
    re.ASCII,
)
_CATCHING: Final = ("receiveTask", "intermediateCatchEvent", "boundaryEvent")


def is_duration(text: str) -> bool:
    """Say whether a text is an ISO 8601 duration.

    >>> is_duration("P3D"), is_duration("PT1H30M"), is_duration("P"), is_duration("3 Tage")
    (True, True, False, False)
    """
    return _DURATION.fullmatch(text) is not None


def is_moment(text: str) -> bool:
    """Say whether a text is a date and time with its zone.

    >>> is_moment("2026-12-31T12:00:00+01:00"), is_moment("2026-12-31")
    (True, False)
    """
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def is_cycle(text: str) -> bool:
    """Say whether a text is an ISO 8601 repeating interval.

    >>> is_cycle("R3/PT1H"), is_cycle("R/2026-12-01T08:00:00+01:00/P1D"), is_cycle("0 9 * * *")
    (True, True, False)
    """
    number, *rest = text.split("/")
    counts = re.fullmatch(r"R([1-9][0-9]{0,3})?", number, re.ASCII) is not None
    starts = len(rest) == 1 or (len(rest) == 2 and is_moment(rest[0]))
    return counts and starts and is_duration(rest[-1])


_TIMER_SYNTAX: Final = {
    "timeDate": is_moment,
    "timeDuration": is_duration,
    "timeCycle": is_cycle,
}


def definitions(bundle: Bundle, tag: str) -> Iterator[tuple[Graph, Node, EventDefinition]]:
    """Yield every event definition of that kind, with its element and process."""
    for graph, node in bundle.nodes():
        for event in node.events:
            if event.tag == tag:
                yield graph, node, event


@rule(
    "no-message",
    Severity.ERROR,
    de="{what} nennt keine Nachricht.",
    en="{what} names no message.",
    remedy_de="Wählen Sie unter „Message“ eine Nachricht mit Namen.",
    remedy_en="Choose a message with a name under “Message”.",
)
def no_message(bundle: Bundle) -> Iterator[Hit]:
    """Whoever waits for a message says for which one."""
    for _, node, event in definitions(bundle, "messageEventDefinition"):
        message = bundle.message(node)
        waits = node.tag in _CATCHING or node.tag == "startEvent"
        if waits and (not event.ref or (message is not None and not message.name)):
            yield Hit(at=node)
    yield from (Hit(at=node) for _, node in bundle.nodes("receiveTask") if not node.events)


@rule(
    "dangling-reference",
    Severity.ERROR,
    de="{what} verweist auf „{ref}“; das gibt es in der Datei nicht.",
    en="{what} refers to “{ref}”, which is not in the file.",
    remedy_de="Wählen Sie Nachricht, Signal, Fehler oder Eskalation am Element neu aus.",
    remedy_en="Choose the message, signal, error or escalation at the element again.",
)
def dangling_reference(bundle: Bundle) -> Iterator[Hit]:
    """What events name exists."""
    for _, node, event in definitions(bundle, "messageEventDefinition"):
        if event.ref and bundle.message(node) is None:
            yield Hit(at=node, line=event.line, values={"ref": event.ref})
    for tag in NAMED:
        for _, node, event in definitions(bundle, tag):
            if event.ref and bundle.named(node) is None:
                yield Hit(at=node, line=event.line, values={"ref": event.ref})


@rule(
    "computed-message",
    Severity.ERROR,
    de="Die Nachricht {of} hat einen berechneten Namen ({name}).",
    en="The message of {it} has a computed name ({name}).",
    remedy_de="Tragen Sie den Namen wörtlich ein; unterschieden wird mit dem Zuordnungsschlüssel.",
    remedy_en="Enter the name literally; the correlation key tells cases apart.",
)
def computed_message(bundle: Bundle) -> Iterator[Hit]:
    """The name of a message is a literal."""
    for _, node, _ in definitions(bundle, "messageEventDefinition"):
        message = bundle.message(node)
        if message is not None and message.name.startswith("="):
            yield Hit(at=node, values={"name": message.name})


@rule(
    "no-correlation-key",
    Severity.ERROR,
    de="{what} wartet auf die Nachricht „{message}“ ohne Zuordnungsschlüssel; sie könnte zum "
    "falschen Vorgang kommen.",
    en="{what} waits for the message “{message}” without a correlation key; it could reach the "
    "wrong case.",
    remedy_de="Tragen Sie an der Nachricht unter „Subscription correlation key“ ein, woran der "
    "Vorgang erkannt wird, zum Beispiel: =order_id",
    remedy_en="Enter under “Subscription correlation key” of the message what tells the case, for "
    "example: =order_id",
)
def no_correlation_key(bundle: Bundle) -> Iterator[Hit]:
    """A waiting message names the key of its case."""
    for graph, node, event in definitions(bundle, "messageEventDefinition"):
        message = bundle.message(node)
        outer = graph.nodes.get(node.scope)
        catches = node.tag in _CATCHING or (outer is not None and outer.triggered)
        if catches and message is not None and not message.correlation_key:
            yield Hit(at=node, line=event.line, values={"message": message.name})


@rule(
    "no-timer",
    Severity.ERROR,
    de="{what} sagt nicht, wann es eintritt.",
    en="{what} does not say when it happens.",
    remedy_de="Wählen Sie Dauer oder Zeitpunkt und tragen Sie sie ein, zum Beispiel P3D für drei "
    "Tage.",
    remedy_en="Choose duration or date and enter it, for example P3D for three days.",
)
def no_timer(bundle: Bundle) -> Iterator[Hit]:
    """A timer has a time."""
    for _, node, event in definitions(bundle, "timerEventDefinition"):
        if not event.text or event.text == "=":
            yield Hit(at=node, line=event.line)


@rule(
    "timer-syntax",
    Severity.ERROR,
    de="Die Zeitangabe „{text}“ {of} ist nicht lesbar.",
    en="The timer “{text}” of {it} cannot be read.",
    remedy_de="Dauer: P3D oder PT2H. Zeitpunkt: 2026-12-31T12:00:00+01:00. Wiederholung: R3/PT1H "
    "oder R/P1D. Ausdrücke beginnen mit =.",
    remedy_en="Duration: P3D or PT2H. Date: 2026-12-31T12:00:00+01:00. Repetition: R3/PT1H or "
    "R/P1D. Expressions begin with =.",
)
def timer_syntax(bundle: Bundle) -> Iterator[Hit]:
    """A literal timer is a valid ISO 8601 text."""
    for _, node, event in definitions(bundle, "timerEventDefinition"):
        check = _TIMER_SYNTAX.get(event.timer)
        if event.text and not event.text.startswith("=") and check and not check(event.text):
            yield Hit(at=node, line=event.line, values={"text": event.text})


@rule(
    "timer-cycle",
    Severity.ERROR,
    de="{what} wiederholt sich; das können nur der Start eines Prozesses und ein Zeitereignis, das "
    "nicht unterbricht.",
    en="{what} repeats, which only the start of a process can, and a timer that does not "
    "interrupt.",
    remedy_de="Verwenden Sie eine Dauer oder einen Zeitpunkt, oder machen Sie daraus ein nicht "
    "unterbrechendes Randereignis.",
    remedy_en="Use a duration or a date, or make it a non-interrupting boundary event.",
)
def timer_cycle(bundle: Bundle) -> Iterator[Hit]:
    """What ends with its first firing does not repeat."""
    for _, node, event in definitions(bundle, "timerEventDefinition"):
        beside = node.tag in ("boundaryEvent", "startEvent") and not node.interrupting
        repeats = beside or not node.is_awaited
        if event.timer == "timeCycle" and not repeats:
            yield Hit(at=node, line=event.line)


@rule(
    "start-timer-variable",
    Severity.ERROR,
    de="{what} startet Vorgänge zu einer Zeit, die von „{names}“ abhängt; vor dem Start gibt es "
    "keine Variablen.",
    en="{what} starts cases at a time that depends on “{names}”; before the start there are no "
    "variables.",
    remedy_de="Tragen Sie die Zeit ohne Variablen ein, zum Beispiel R/2026-12-01T06:00:00+01:00/P1D "
    "oder R/P1D.",
    remedy_en="Enter the time without variables, for example R/2026-12-01T06:00:00+01:00/P1D or "
    "R/P1D.",
)
def start_timer_variable(bundle: Bundle) -> Iterator[Hit]:
    """When a process starts is known when it is deployed."""
    for _, node, event in definitions(bundle, "timerEventDefinition"):
        names = parsed(as_feel(event.text)).names if event.text.startswith("=") else frozenset()
        if not node.is_awaited and names:
            yield Hit(at=node, line=event.line, values={"names": listed(names)})


@rule(
    "no-condition",
    Severity.ERROR,
    de="{what} sagt nicht, auf welche Bedingung gewartet wird.",
    en="{what} does not say which condition is waited for.",
    remedy_de="Tragen Sie die Bedingung ein, zum Beispiel: =amount > 1000",
    remedy_en="Enter the condition, for example: =amount > 1000",
)
def no_condition(bundle: Bundle) -> Iterator[Hit]:
    """A conditional event has a condition."""
    for _, node, event in definitions(bundle, "conditionalEventDefinition"):
        if not event.text.removeprefix("=").strip():
            yield Hit(at=node, line=event.line)


@rule(
    "conditional-event",
    Severity.INFO,
    de="{what} wartet auf eine Bedingung. Das wird ausgeführt, ist aber in Camunda 8.8 nicht "
    "vorgesehen.",
    en="{what} waits for a condition. It is executed, but Camunda 8.8 does not provide for it.",
    remedy_de="Für eigene Modelle verwenden Sie ein exklusives Gateway oder eine Nachricht.",
    remedy_en="In models of your own use an exclusive gateway or a message.",
)
def conditional_event(bundle: Bundle) -> Iterator[Hit]:
    """Conditional events are for imported models (DESIGN decision 1)."""
    for _, node, event in definitions(bundle, "conditionalEventDefinition"):
        yield Hit(at=node, line=event.line)


@rule(
    "interrupts-blind-effect",
    Severity.ERROR,
    de="{what} unterbricht „{host}“, während „{effect}“ nach außen unterwegs sein kann und sein "
    "Ausgang sich nicht erfragen lässt.",
    en="{what} interrupts “{host}” while “{effect}” may be on its way out and cannot be asked "
    "for its outcome.",
    remedy_de="Machen Sie das Ereignis nicht unterbrechend, oder verwenden Sie einen Handler, der den "
    "Ausgang beim Empfänger erfragen kann.",
    remedy_en="Make the event non-interrupting, or use a handler that can query the peer.",
)
def interrupts_blind_effect(bundle: Bundle) -> Iterator[Hit]:
    """No event interrupts an effect whose outcome could not be learnt afterwards."""
    for graph, node in bundle.nodes("boundaryEvent", "startEvent"):
        event = node.event
        raised = event is None or (event.tag in NAMED and event.tag != "signalEventDefinition")
        if node.interrupting and not raised:
            host, inside = _interrupted(graph, node)
            effects = [each for each in inside if _is_blind(bundle, each)]
            for effect in sorted(effects, key=lambda each: each.line)[:1]:
                values = {"host": host, "effect": effect.name or effect.id}
                yield Hit(at=node, values=values)


def _interrupted(graph: Graph, node: Node) -> tuple[str, list[Node]]:
    """Return what an interrupting event ends: its label, and every node in it."""
    if node.tag == "boundaryEvent":
        host = host_of(graph, node)
        return (host.name or host.id, [host, *graph.within(host.id)]) if host else ("", [])
    armed = graph.nodes.get(node.scope)
    if armed is None or not armed.triggered:
        return "", []  # the start of a process ends nothing
    around = graph.nodes.get(armed.scope, graph.process)
    own = {each.id for each in graph.within(armed.id)}
    inside = [each for each in graph.within(armed.scope) if each.id not in own]
    return around.name or around.id, inside


def host_of(graph: Graph, node: Node) -> Node | None:
    """Return the activity that a boundary event is attached to."""
    return graph.nodes.get(attached_to(node))


def _is_blind(bundle: Bundle, node: Node) -> bool:
    contract = bundle.contract(node)
    return contract is not None and contract.kind == HandlerKind.EFFECT and not contract.has_query


@rule(
    "link-without-target",
    Severity.ERROR,
    de="{what} hat als Link kein Gegenstück oder mehrere ({targets}).",
    en="{what} has no counterpart as a link, or several ({targets}).",
    remedy_de="Geben Sie genau einem eintretenden Link-Ereignis derselben Ebene denselben Namen.",
    remedy_en="Give exactly one catching link event of the same level the same name.",
)
def link_without_target(bundle: Bundle) -> Iterator[Hit]:
    """A link leads to exactly one place."""
    for graph, node, event in definitions(bundle, "linkEventDefinition"):
        targets = graph.links(node)
        throws = node.tag == "intermediateThrowEvent"
        if throws and (len(targets) != 1 or graph.outgoing.get(node.id)):
            values = {"targets": listed([each.id for each in targets])}
            yield Hit(at=node, line=event.line, values=values)


@rule(
    "flow-into-link",
    Severity.ERROR,
    de="In „{name}“ führt ein Pfeil; ein eintretendes Link-Ereignis hat keinen Eingang.",
    en="A flow leads into “{name}”; a catching link event has no entry.",
    remedy_de="Führen Sie den Pfeil zum Schritt dahinter.",
    remedy_en="Lead the flow to the activity behind it.",
)
def flow_into_link(bundle: Bundle) -> Iterator[Hit]:
    """A catching link is entered by its link alone."""
    for graph, node, _ in definitions(bundle, "linkEventDefinition"):
        if node.tag == "intermediateCatchEvent" and graph.incoming.get(node.id):
            yield Hit(at=node, values={"name": node.name or node.id})


@rule(
    "plain-catch",
    Severity.ERROR,
    de="{what} wartet auf nichts Bestimmtes.",
    en="{what} waits for nothing in particular.",
    remedy_de="Wählen Sie, worauf gewartet wird: Nachricht, Zeit, Signal oder Fehler.",
    remedy_en="Choose what is waited for: message, timer, signal or error.",
)
def plain_catch(bundle: Bundle) -> Iterator[Hit]:
    """A catching event says what it waits for."""
    for _, node in bundle.nodes("intermediateCatchEvent", "boundaryEvent"):
        if not node.events:
            yield Hit(at=node)
