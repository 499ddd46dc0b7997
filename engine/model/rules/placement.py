"""Rules about marks in the wrong place: what nobody would read is an error, not a silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules.table import Hit, rule
from laufzettel.engine.model.source import Place
from laufzettel.engine.model.vocabulary import DIALECTS, EXTENSION_PLACES

_BOUND: Final = ("formDefinition",)


def _places(bundle: Bundle) -> Iterator[Place]:
    for graph in bundle.graphs:
        yield graph.process
        yield from graph.process.nodes
        yield from graph.process.flows


@rule(
    "extension-out-of-place",
    Severity.ERROR,
    de="{what} trägt „zeebe:{tag}“; das hat dort keine Wirkung.",
    en="{what} carries “zeebe:{tag}”, which has no effect there.",
    remedy_de="Entfernen Sie die Angabe, oder ändern Sie die Art des Elements im Modeler.",
    remedy_en="Remove it, or change the kind of the element in the Modeler.",
)
def extension_out_of_place(bundle: Bundle) -> Iterator[Hit]:
    """An extension stands where it is read."""
    for place in _places(bundle):
        for each in place.extensions:
            tag = each.tag.removeprefix("zeebe:")
            places = EXTENSION_PLACES.get(tag)
            if places is not None and place.tag not in places:
                yield Hit(at=place, line=each.line, values={"tag": tag})


@rule(
    "two-implementations",
    Severity.ERROR,
    de="{what} nennt einen Handler und dazu einen Ausdruck oder eine Entscheidung.",
    en="{what} names a handler and an expression or decision besides.",
    remedy_de="Lassen Sie eines von beiden stehen.",
    remedy_en="Keep one of them.",
)
def two_implementations(bundle: Bundle) -> Iterator[Hit]:
    """A task does one thing."""
    for _, node in bundle.nodes("scriptTask", "businessRuleTask"):
        other = node.first("script") or node.first("calledDecision")
        if node.first("taskDefinition") and other:
            yield Hit(at=node)


@rule(
    "fixed-binding",
    Severity.ERROR,
    de="{what} verlangt eine bestimmte Fassung (versionTag); das wird noch nicht ausgeführt.",
    en="{what} asks for a certain version (versionTag), which is not executed yet.",
    remedy_de="Wählen Sie als „Binding“ „deployment“: es gilt, was mit dem Modell ausgeliefert wird.",
    remedy_en="Choose “deployment” as binding: what is deployed with the model holds.",
)
def fixed_binding(bundle: Bundle) -> Iterator[Hit]:
    """No form is bound to a version that is not in the bundle."""
    yield from _bound(bundle, "versionTag")


@rule(
    "latest-binding",
    Severity.WARNING,
    de="{what} bindet die jeweils neueste Fassung; es gilt die, die mit dem Modell ausgeliefert "
    "wird.",
    en="{what} binds the latest version; the one that is deployed with the model holds.",
    remedy_de="Wählen Sie als „Binding“ „deployment“.",
    remedy_en="Choose “deployment” as binding.",
)
def latest_binding(bundle: Bundle) -> Iterator[Hit]:
    """A form comes with the bundle."""
    yield from _bound(bundle, "latest")


def _bound(bundle: Bundle, binding: str) -> Iterator[Hit]:
    for _, node in bundle.nodes():
        for tag in _BOUND:
            for each in node.every(tag):
                if each.get("bindingType") == binding:
                    yield Hit(at=node, line=each.line)


@rule(
    "other-dialect",
    Severity.ERROR,
    de="{what} trägt Angaben für {engine}; sie werden hier nicht ausgeführt.",
    en="{what} carries settings for {engine}, which are not executed here.",
    remedy_de="Übertragen Sie die Angaben in ein „Camunda 8“-Diagramm und entfernen Sie sie hier.",
    remedy_en="Move the settings into a “Camunda 8” diagram and remove them here.",
)
def other_dialect(bundle: Bundle) -> Iterator[Hit]:
    """Marks of other engines carry behaviour and are refused by name."""
    for place in _places(bundle):
        names = [*place.foreign, *(each.tag for each in place.extensions)]
        for namespace in sorted({each.partition("}")[0].lstrip("{") for each in names}):
            if namespace in DIALECTS:
                yield Hit(at=place, values={"engine": DIALECTS[namespace]})


@rule(
    "token-quantity",
    Severity.ERROR,
    de="{what} verlangt oder erzeugt mehr als eine Marke (startQuantity, completionQuantity).",
    en="{what} takes or makes more than one token (startQuantity, completionQuantity).",
    remedy_de="Zeichnen Sie die Vervielfachung mit Gateways.",
    remedy_en="Draw the multiplication with gateways.",
)
def token_quantity(bundle: Bundle) -> Iterator[Hit]:
    """An activity takes one token and gives one."""
    for _, node in bundle.nodes():
        quantities = (node.attributes.get(each, "1") for each in _QUANTITIES)
        if any(each.strip() != "1" for each in quantities):
            yield Hit(at=node)


_QUANTITIES: Final = ("startQuantity", "completionQuantity")
