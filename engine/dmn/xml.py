"""Small steps over the XML of a DMN file, whatever the version of its namespace."""

from __future__ import annotations

from lxml import etree

from laufzettel.engine.dmn.source import Slot


def local(element: etree._Element) -> str:
    """Return the element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def line_of(element: etree._Element) -> int:
    """Return the line on which the element starts."""
    line: object = element.sourceline  # the stubs do not know its type
    return line if isinstance(line, int) else 0


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child of that name, of whatever version of DMN."""
    return next((each for each in element if local(each) == name), None)


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the children of that name."""
    return [each for each in element if local(each) == name]


def attribute(element: etree._Element, name: str) -> str:
    """Return an attribute without surrounding blanks, or the empty text."""
    return str(element.get(name, "")).strip()


def text_in(element: etree._Element, name: str = "text") -> str:
    """Return the text of a child element as it was written."""
    found = child(element, name)
    return "".join(str(part) for part in found.itertext()) if found is not None else ""


def slot(element: etree._Element) -> Slot:
    """Return the named place that an element declares; blanks in names count once."""
    return Slot(
        name=" ".join(attribute(element, "name").split()),
        type_ref=attribute(element, "typeRef"),
        line=line_of(element),
    )
