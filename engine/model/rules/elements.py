"""Rules about what is not executed: every such element is refused by its name."""

from __future__ import annotations

from collections.abc import Iterator

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules.table import Hit, at_file, rule
from laufzettel.engine.model.source import Place
from laufzettel.engine.model.vocabulary import (
    DIALECTS,
    EVENTS,
    EXTENSIONS_READ,
    REFUSED_ELEMENTS,
    REFUSED_EVENTS,
    REFUSED_EXTENSIONS,
    WITHOUT_EFFECT,
    Refusal,
)


def _values(refusal: Refusal) -> dict[str, str]:
    return {
        "name_de": refusal.name_de,
        "name_en": refusal.name_en,
        "hint_de": refusal.remedy_de,
        "hint_en": refusal.remedy_en,
    }


@rule(
    "unsupported-element",
    Severity.ERROR,
    de="{what} ist von der Art „{name_de}“; diese wird nicht ausgeführt.",
    en="{what} is of the kind “{name_en}”, which is not executed.",
    remedy_de="{hint_de}",
    remedy_en="{hint_en}",
)
def unsupported_element(bundle: Bundle) -> Iterator[Hit]:
    """Elements that are not executed are refused by name."""
    for _, node in bundle.nodes(*REFUSED_ELEMENTS):
        yield Hit(at=node, values=_values(REFUSED_ELEMENTS[node.tag]))


@rule(
    "unknown-element",
    Severity.ERROR,
    de="{what} enthält das unbekannte Element „{tag}“.",
    en="{what} contains the unknown element “{tag}”.",
    remedy_de="Entfernen Sie das Element oder ersetzen Sie es durch eines aus der Modellierhilfe.",
    remedy_en="Remove the element or replace it by one of the modelling guide.",
)
def unknown_element(bundle: Bundle) -> Iterator[Hit]:
    """What is not in the vocabulary is never skipped silently."""
    for place, tag, line in _strays(bundle):
        if tag not in WITHOUT_EFFECT:
            yield Hit(at=place, line=line, values={"tag": tag})


@rule(
    "without-effect",
    Severity.INFO,
    de="{what} enthält „{tag}“; das hat hier keine Wirkung.",
    en="{what} contains “{tag}”, which has no effect here.",
    remedy_de="Daten fließen über Ein- und Ausgaben, Zuständigkeiten über die Zuweisung.",
    remedy_en="Data flows by inputs and outputs, responsibility by the assignment.",
)
def without_effect(bundle: Bundle) -> Iterator[Hit]:
    """What only describes is named, so that nobody relies on it."""
    for place, tag, line in _strays(bundle):
        if tag in WITHOUT_EFFECT:
            yield Hit(at=place, line=line, values={"tag": tag})
    for file in bundle.files:
        for stray in file.unreferenced:
            yield Hit(at=at_file(file, line=stray.line), values={"tag": stray.tag})


def _strays(bundle: Bundle) -> Iterator[tuple[Place, str, int]]:
    for graph in bundle.graphs:
        process = graph.process
        yield from ((process, stray.tag, stray.line) for stray in process.strays)
        for node in process.nodes:
            yield from ((node, stray.tag, stray.line) for stray in node.strays)


@rule(
    "unsupported-event",
    Severity.ERROR,
    de="{what} verwendet „{name_de}“; das wird an dieser Stelle nicht ausgeführt.",
    en="{what} uses “{name_en}”, which is not executed at this place.",
    remedy_de="{hint_de}",
    remedy_en="{hint_en}",
)
def unsupported_event(bundle: Bundle) -> Iterator[Hit]:
    """Events that are not executed are refused by name."""
    for graph, node in bundle.nodes():
        outer = graph.nodes.get(node.scope)
        if node.tag == "startEvent" and outer is not None and outer.triggered:
            continue  # what may start an event subprocess is said by its own rule
        for event in node.events:
            accepted = (node.tag, event.tag) in EVENTS or node.tag.endswith("Task")
            if not accepted and event.tag in REFUSED_EVENTS:
                yield Hit(at=node, line=event.line, values=_values(REFUSED_EVENTS[event.tag]))


@rule(
    "unknown-event",
    Severity.ERROR,
    de="{what} verwendet das unbekannte Ereignis „{tag}“.",
    en="{what} uses the unknown event “{tag}”.",
    remedy_de="Verwenden Sie Nachricht, Zeit, Signal, Bedingung, Fehler oder Eskalation.",
    remedy_en="Use a message, timer, signal, condition, error or escalation.",
)
def unknown_event(bundle: Bundle) -> Iterator[Hit]:
    """An unknown event is never taken for a plain one."""
    for _, node in bundle.nodes():
        for event in node.events:
            if event.tag not in REFUSED_EVENTS:
                yield Hit(at=node, line=event.line, values={"tag": event.tag})


@rule(
    "several-events",
    Severity.ERROR,
    de="{what} hat {count} Ereignisse zugleich (Mehrfach-Ereignis); das wird nicht ausgeführt.",
    en="{what} has {count} events at once (multiple event), which is not executed.",
    remedy_de="Zeichnen Sie je Ereignis ein eigenes Element, zum Beispiel hinter einem "
    "ereignisbasierten Gateway.",
    remedy_en="Draw one element for each event, for example behind an event-based gateway.",
)
def several_events(bundle: Bundle) -> Iterator[Hit]:
    """An event waits for exactly one thing."""
    for _, node in bundle.nodes():
        if len(node.events) > 1:
            yield Hit(at=node, values={"count": str(len(node.events))})


@rule(
    "for-compensation",
    Severity.ERROR,
    de="{what} ist nur für die Kompensation gedacht; diese wird nicht ausgeführt.",
    en="{what} is for compensation only, which is not executed.",
    remedy_de="Zeichnen Sie die Rücknahme als eigenen Weg mit eigener Unterschrift; "
    "eine Buchung wird nie selbsttätig zurückgenommen.",
    remedy_en="Draw the reversal as its own signed path; a booking is never undone automatically.",
)
def for_compensation(bundle: Bundle) -> Iterator[Hit]:
    """Compensation handlers are refused by name."""
    for _, node in bundle.nodes():
        if node.attributes.get("isForCompensation", "").strip() in ("true", "1"):
            yield Hit(at=node)


@rule(
    "unsupported-extension",
    Severity.ERROR,
    de="{what} verwendet „{name_de}“; das wird nicht ausgeführt.",
    en="{what} uses “{name_en}”, which is not executed.",
    remedy_de="{hint_de}",
    remedy_en="{hint_en}",
)
def unsupported_extension(bundle: Bundle) -> Iterator[Hit]:
    """Extension elements that carry behaviour are refused, not skipped."""
    for place, tag, line in _zeebe(bundle):
        if tag in REFUSED_EXTENSIONS:
            yield Hit(at=place, line=line, values=_values(REFUSED_EXTENSIONS[tag]))


@rule(
    "unknown-extension",
    Severity.ERROR,
    de="{what} verwendet die unbekannte Erweiterung „zeebe:{tag}“.",
    en="{what} uses the unknown extension “zeebe:{tag}”.",
    remedy_de="Entfernen Sie die Erweiterung; sie würde sonst stillschweigend nichts tun.",
    remedy_en="Remove the extension; it would silently do nothing.",
)
def unknown_extension(bundle: Bundle) -> Iterator[Hit]:
    """An extension element that nobody reads is an error."""
    for place, tag, line in _zeebe(bundle):
        if tag not in REFUSED_EXTENSIONS and tag not in EXTENSIONS_READ:
            yield Hit(at=place, line=line, values={"tag": tag})


def _zeebe(bundle: Bundle) -> Iterator[tuple[Place, str, int]]:
    for graph in bundle.graphs:
        for place in (graph.process, *graph.process.nodes, *graph.process.flows):
            for each in place.extensions:
                if each.tag.startswith("zeebe:"):
                    yield place, each.tag.removeprefix("zeebe:"), each.line


@rule(
    "foreign-extension",
    Severity.INFO,
    de="Die Datei enthält Erweiterungen von „{namespace}“; sie haben hier keine Wirkung.",
    en="The file contains extensions of “{namespace}”, which have no effect here.",
    remedy_de="Wenn sie etwas tun sollen, zeichnen Sie es mit den Mitteln der Modellierhilfe.",
    remedy_en="If they are to do something, draw it by the means of the modelling guide.",
)
def foreign_extension(bundle: Bundle) -> Iterator[Hit]:
    """Extensions of other tools are named once a file."""
    seen: set[tuple[str, str]] = set()
    for graph in bundle.graphs:
        for place in (graph.process, *graph.process.nodes, *graph.process.flows):
            for each in place.extensions:
                namespace = each.tag.partition("}")[0].lstrip("{")
                known = namespace in DIALECTS or not each.tag.startswith("{")
                if not known and (place.file, namespace) not in seen:
                    seen.add((place.file, namespace))
                    values = {"namespace": namespace}
                    at = Place(id="", line=each.line, file=place.file, tag="definitions")
                    yield Hit(at=at, values=values)
