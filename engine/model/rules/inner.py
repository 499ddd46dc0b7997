"""Rules about event subprocesses and repeated activities."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from laufzettel.engine.model.bundle import Bundle, called_process, calls_handler, is_bound_late
from laufzettel.engine.model.contract import HandlerKind
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.graph import Graph
from laufzettel.engine.model.rules.table import Hit, listed, rule
from laufzettel.engine.model.source import Loop, Node
from laufzettel.engine.model.vocabulary import (
    ACTIVITIES,
    ARMED_EVENTS,
    CASE,
    MULTI_INSTANCE,
    OWN,
    STANDARD_LOOP,
)

_WAITING_TAGS: Final = frozenset({"userTask", "receiveTask", "subProcess", "callActivity"})


@rule(
    "event-subprocess-start",
    Severity.ERROR,
    de="{what} ist ein Ereignis-Teilprozess und braucht genau ein Startereignis mit genau einem "
    "Ereignis.",
    en="{what} is an event subprocess and needs exactly one start event with exactly one event.",
    remedy_de="Geben Sie dem Startereignis darin eine Nachricht, eine Zeit, ein Signal, einen "
    "Fehler, eine Eskalation oder eine Bedingung.",
    remedy_en="Give the start event inside a message, timer, signal, error, escalation or "
    "condition.",
)
def event_subprocess_start(bundle: Bundle) -> Iterator[Hit]:
    """An event subprocess is started by one event (BPMN 2.0.2 § 10.3.5)."""
    for graph, node in _triggered(bundle):
        starts = graph.starts(node.id)
        events = [event.tag for start in starts for event in start.events]
        if starts and (len(starts) != 1 or len(events) != 1 or events[0] not in ARMED_EVENTS):
            yield Hit(at=node)


@rule(
    "event-subprocess-connected",
    Severity.ERROR,
    de="{what} ist ein Ereignis-Teilprozess; mit ihm ist „{other}“ verbunden, und er ist oder wird "
    "nie auf diesem Weg erreicht.",
    en="{what} is an event subprocess; “{other}” is connected with it, though it is never "
    "reached that way.",
    remedy_de="Entfernen Sie Pfeile, Randereignisse und Wiederholung; der Teilprozess beginnt durch "
    "sein Startereignis.",
    remedy_en="Remove flows, boundary events and repetition; the subprocess begins by its start "
    "event.",
)
def event_subprocess_connected(bundle: Bundle) -> Iterator[Hit]:
    """Neither flows nor boundary events touch an event subprocess (BPMN 2.0.2 § 10.3.5)."""
    for graph, node in _triggered(bundle):
        flows = [*graph.incoming.get(node.id, ()), *graph.outgoing.get(node.id, ())]
        others = [*flows, *graph.boundaries.get(node.id, ())]
        names = [each.name or each.id for each in others]
        names += [node.loop.tag] if node.loop else []
        if names:
            yield Hit(at=node, values={"other": listed(names)})


def _triggered(bundle: Bundle) -> Iterator[tuple[Graph, Node]]:
    return ((graph, node) for graph, node in bundle.nodes("subProcess") if node.triggered)


@rule(
    "twin-catch",
    Severity.ERROR,
    de="{what} fängt „{code}“ wie ein zweites Ereignis an derselben Stelle; welches von beiden "
    "gilt, wäre Zufall.",
    en="{what} catches “{code}” as does a second event at the same place; which one acts would be "
    "chance.",
    remedy_de="Lassen Sie eines stehen, oder geben Sie ihnen verschiedene Codes.",
    remedy_en="Keep one of them, or give them different codes.",
)
def twin_catch(bundle: Bundle) -> Iterator[Hit]:
    """An error or escalation is caught by one event at each place."""
    seen: Counter[tuple[str, ...]] = Counter()
    for graph, node in bundle.nodes("boundaryEvent", "startEvent"):
        event = node.event
        if event is None or event.tag not in ("errorEventDefinition", "escalationEventDefinition"):
            continue
        found = bundle.named(node)
        code = found.key if found else ""
        outer = graph.nodes.get(node.scope)
        place = node.attributes.get("attachedToRef", outer.scope if outer else "")
        key = (graph.process.id, node.tag, place, event.tag, code)
        seen[key] += 1
        if seen[key] > 1:
            yield Hit(at=node, values={"code": code or "*"})


@rule(
    "no-collection",
    Severity.ERROR,
    de="{what} wird mehrfach ausgeführt, aber es steht nicht da, für welche Liste.",
    en="{what} is repeated, but for which list is not said.",
    remedy_de="Tragen Sie unter „Input collection“ die Liste ein, zum Beispiel: =positions",
    remedy_en="Enter the list under “Input collection”, for example: =positions",
)
def no_collection(bundle: Bundle) -> Iterator[Hit]:
    """A multi-instance activity names the list of its items."""
    for node, loop in _loops(bundle, MULTI_INSTANCE):
        if not loop.get("inputCollection").removeprefix("=").strip():
            yield Hit(at=node, line=loop.line)


@rule(
    "half-output",
    Severity.ERROR,
    de="{what} nennt von Ausgabeliste und Ausgabewert nur eines.",
    en="{what} names only one of output collection and output element.",
    remedy_de="Tragen Sie beides ein (in welche Liste, welcher Wert je Eintrag), oder keines.",
    remedy_en="Enter both (into which list, which value of each item), or none.",
)
def half_output(bundle: Bundle) -> Iterator[Hit]:
    """The outputs of the items are collected by list and value."""
    for node, loop in _loops(bundle, MULTI_INSTANCE):
        if bool(loop.get("outputCollection")) != bool(loop.get("outputElement")):
            yield Hit(at=node, line=loop.line)


@rule(
    "loop-part",
    Severity.ERROR,
    de="Die Wiederholung {of} enthält „{part}“; das wird nicht ausgeführt.",
    en="The repetition of {it} contains “{part}”, which is not executed.",
    remedy_de="Entfernen Sie es. Eine Mehrfachausführung hat eine Liste („Input collection“) und, "
    "wo nötig, ein Ende („Completion condition“), eine Schleife eine Bedingung (loopCondition) und "
    "eine Höchstzahl (loopMaximum).",
    remedy_en="Remove it. A multi-instance activity has a list (“Input collection”) and, where "
    "needed, an end (“Completion condition”), a loop a condition (loopCondition) and a maximum "
    "(loopMaximum).",
)
def loop_part(bundle: Bundle) -> Iterator[Hit]:
    """What a repetition would silently ignore is refused by name."""
    for node, loop in _loops(bundle):
        for part in loop.foreign:
            yield Hit(at=node, line=loop.line, values={"part": part})


@rule(
    "loop-out-of-place",
    Severity.ERROR,
    de="{what} trägt die Marke einer Wiederholung; wiederholt werden nur Aufgaben, Teilprozesse "
    "und Aufrufe.",
    en="{what} carries the marker of a repetition; only tasks, subprocesses and calls are "
    "repeated.",
    remedy_de="Entfernen Sie die Marke.",
    remedy_en="Remove the marker.",
)
def loop_out_of_place(bundle: Bundle) -> Iterator[Hit]:
    """Only activities are repeated."""
    for node, loop in _loops(bundle):
        if node.tag not in ACTIVITIES:
            yield Hit(at=node, line=loop.line)


@rule(
    "own-case-loop",
    Severity.ERROR,
    de="{what} ruft für jeden Eintrag einen eigenen Vorgang auf und nennt dazu „{part}“; das wird "
    "nicht ausgeführt.",
    en="{what} calls a case of its own for each item and names “{part}” besides, which is not "
    "executed.",
    remedy_de="Entfernen Sie die Angabe; der Aufruf endet, wenn alle Vorgänge beendet sind.",
    remedy_en="Remove it; the call ends when all cases have ended.",
)
def own_case_loop(bundle: Bundle) -> Iterator[Hit]:
    """A call whose cases are its own ends with the last of them."""
    for node, loop in _loops(bundle):
        graph = bundle.processes.get(called_process(node)) if node.tag == "callActivity" else None
        is_own = graph is not None and graph.process.properties.get(CASE) == OWN
        if is_own or is_bound_late(node):
            parts = ["completionCondition"] if loop.completion else []
            parts += [loop.tag] if loop.tag == STANDARD_LOOP else []
            if parts:
                yield Hit(at=node, line=loop.line, values={"part": parts[0]})


@rule(
    "standard-loop",
    Severity.INFO,
    de="{what} trägt eine Schleifenmarke. Sie wird ausgeführt, ist aber in Camunda 8 nicht "
    "vorgesehen.",
    en="{what} carries a loop marker. It is executed, but Camunda 8 does not provide for it.",
    remedy_de="Für eigene Modelle zeichnen Sie die Schleife mit einem exklusiven Gateway.",
    remedy_en="In models of your own draw the loop with an exclusive gateway.",
)
def standard_loop(bundle: Bundle) -> Iterator[Hit]:
    """Standard loops are for imported models (DESIGN decision 1)."""
    yield from (Hit(at=node, line=loop.line) for node, loop in _loops(bundle, STANDARD_LOOP))


@rule(
    "endless-marker",
    Severity.ERROR,
    de="{what} trägt eine Schleifenmarke ohne {missing}.",
    en="{what} carries a loop marker without {missing_en}.",
    remedy_de="Tragen Sie ein, solange was gilt wiederholt wird (loopCondition) und, wenn der "
    "Schritt nicht wartet, wie oft höchstens (loopMaximum, eine ganze Zahl).",
    remedy_en="Enter while what is true it is repeated (loopCondition) and, if the activity does "
    "not wait, how often at most (loopMaximum, a whole number).",
)
def endless_marker(bundle: Bundle) -> Iterator[Hit]:
    """A standard loop says when it ends."""
    for node, loop in _loops(bundle, STANDARD_LOOP):
        if not loop.condition:
            values = {"missing": "Bedingung", "missing_en": "condition"}
            yield Hit(at=node, line=loop.line, values=values)
        bad = loop.maximum and not re.fullmatch("[1-9][0-9]{0,5}", loop.maximum)
        if bad or (not loop.maximum and not _waits(bundle, node)):
            values = {"missing": "brauchbare Höchstzahl", "missing_en": "a usable maximum"}
            yield Hit(at=node, line=loop.line, values=values)


def _waits(bundle: Bundle, node: Node) -> bool:
    """Say whether each round gives others their turn."""
    if calls_handler(node):
        contract = bundle.contract(node)
        return contract is None or contract.kind != HandlerKind.INLINE
    return node.tag in _WAITING_TAGS


def _loops(bundle: Bundle, tag: str = "") -> Iterator[tuple[Node, Loop]]:
    for _, node in bundle.nodes():
        if node.loop is not None and tag in ("", node.loop.tag):
            yield node, node.loop
