"""Reading a model for drawing: the elements, the lines, and where BPMN DI places them.

What cannot be drawn (a shape without an element, a coordinate that is no number) is left out;
a model beyond the limits is refused, so that no page waits for a drawing that nobody can read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from lxml import etree

from laufzettel import safe_xml
from laufzettel.errors import InputError
from laufzettel.web.diagram.places import Places, reference
from laufzettel.web.diagram.plane import read_planes
from laufzettel.web.diagram.sheet import Element, Line, Sheet
from laufzettel.web.diagram.text import cleaned
from laufzettel.web.diagram.vocabulary import BPMN, EVENTS, FORMS, LINES, Form

#: Largest file that is drawn, in bytes.
SOURCE_MAX: Final = 4 * 1024 * 1024
#: Most elements, and most lines, of a drawing; our own model has 65 and 71.
ELEMENTS_MAX: Final = 5_000
LINES_MAX: Final = 10_000

_BEGINNING: Final = frozenset({"receiveTask", "eventBasedGateway"})


@lru_cache(maxsize=8)  # a page draws a model and lists its steps
def read(source: bytes) -> Sheet:
    """Return the model.

    Raises InputError, in German, for what is no BPMN or too large to be drawn.
    """
    root = safe_xml.parse(source, size_max=SOURCE_MAX)
    if root.tag != f"{BPMN}definitions":
        raise InputError("Die Datei ist kein BPMN-Modell und lässt sich nicht zeichnen.")
    _check_size(root)
    elements = _elements(root)
    lines = _lines(root, elements)
    planes = read_planes(root, elements, {line.id: line for line in lines})
    return Sheet(elements=elements, lines=lines, planes=planes)


def _check_size(root: etree._Element) -> None:
    for tags, most, things in (
        (FORMS, ELEMENTS_MAX, "Elemente"),
        (LINES, LINES_MAX, "Verbindungen"),
    ):
        count = sum(1 for _ in _every(root, tags))
        if count > most:
            raise InputError(
                f"Das Modell hat {count} {things}; gezeichnet werden höchstens {most}. "
                "Bitte teilen Sie es auf mehrere Prozesse auf."
            )


def _every(root: etree._Element, tags: Iterable[str]) -> Iterator[etree._Element]:
    return root.iter(*(f"{BPMN}{tag}" for tag in sorted(tags)))


def _elements(root: etree._Element) -> dict[str, Element]:
    """Return the elements by id; of two with one id the first counts."""
    places = Places.of(root)
    found: dict[str, Element] = {}
    for node in _every(root, FORMS):
        ident = node.get("id", "")
        if ident and ident not in found:
            found[ident] = _element(node, ident, places)
    return found


def _element(node: etree._Element, ident: str, places: Places) -> Element:
    tag = etree.QName(node).localname
    return Element(
        id=ident,
        tag=tag,
        name=_name(node, tag, places),
        scope=_id_of(node.getparent()),
        event=_event(node) if FORMS[tag] is Form.EVENT else "",
        interrupting=_is_on(node, "cancelActivity", default=True)
        and _is_on(node, "isInterrupting", default=True),
        attached_to=reference(node.get("attachedToRef")),
        loop=_loop(node),
        by_event=_is_on(node, "triggeredByEvent"),
        compensates=_is_on(node, "isForCompensation"),
        many=_is_many(node),
        begins=tag in _BEGINNING and _is_on(node, "instantiate"),
        opaque=tag == "participant" and reference(node.get("processRef")) not in places.filled,
        place=places.of_node(node),
    )


def _name(node: etree._Element, tag: str, places: Places) -> str:
    if tag == "textAnnotation":
        return cleaned(node.findtext(f"{BPMN}text") or "")
    if tag == "group":
        return places.categories.get(reference(node.get("categoryValueRef")), "")
    return cleaned(node.get("name", ""))


def _id_of(node: etree._Element | None) -> str:
    return "" if node is None else node.get("id", "")


def _is_on(node: etree._Element, name: str, *, default: bool = False) -> bool:
    value = node.get(name)
    return default if value is None else value.strip() in ("true", "1")


def _event(node: etree._Element) -> str:
    """Return the short name of the event, "multiple" or "parallel" for several, else ""."""
    tags = [etree.QName(child).localname for child in node]
    kinds = [EVENTS[tag][0] for tag in tags if tag in EVENTS]
    kinds += [tag for tag in tags if tag == "eventDefinitionRef"]
    if len(kinds) > 1:
        return "parallel" if _is_on(node, "parallelMultiple") else "multiple"
    return kinds[0] if kinds and kinds[0] != "eventDefinitionRef" else ""


def _loop(node: etree._Element) -> str:
    if node.find(f"{BPMN}standardLoopCharacteristics") is not None:
        return "loop"
    several = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if several is None:
        return ""
    return "sequential" if _is_on(several, "isSequential") else "parallel"


def _is_many(node: etree._Element) -> bool:
    several = node.find(f"{BPMN}participantMultiplicity") is not None
    return several or _is_on(node, "isCollection")


def _lines(root: etree._Element, elements: Mapping[str, Element]) -> tuple[Line, ...]:
    defaults = {reference(node.get("default")) for node in root.iter() if node.get("default")}
    return tuple(_line(node, defaults, elements) for node in _every(root, LINES))


def _line(node: etree._Element, defaults: set[str], elements: Mapping[str, Element]) -> Line:
    tag, ident = etree.QName(node).localname, node.get("id", "")
    source, target = _ends(node, tag)
    return Line(
        id=ident,
        tag=tag,
        source=source,
        target=target,
        # The list of steps names a line with its ends; what it cannot name is not drawn either.
        name=cleaned(node.get("name", "")) if source in elements and target in elements else "",
        is_default=ident in defaults,
        is_conditional=node.find(f"{BPMN}conditionExpression") is not None,
        direction=node.get("associationDirection", "none").lower() if tag == "association" else "",
    )


def _ends(node: etree._Element, tag: str) -> tuple[str, str]:
    """Return what the line connects; data comes to and from the step around its element."""
    if tag == "dataInputAssociation":
        return reference(node.findtext(f"{BPMN}sourceRef")), _id_of(node.getparent())
    if tag == "dataOutputAssociation":
        return _id_of(node.getparent()), reference(node.findtext(f"{BPMN}targetRef"))
    return reference(node.get("sourceRef")), reference(node.get("targetRef"))
