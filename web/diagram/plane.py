"""Reading BPMN DI: where shapes and edges lie on the planes of a model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from laufzettel.web.diagram.geometry import Box, Point
from laufzettel.web.diagram.places import reference
from laufzettel.web.diagram.sheet import Edge, Element, Line, Plane, Shape
from laufzettel.web.diagram.vocabulary import BPMNDI, DC, DI, Form

#: Farthest place of a drawing from its origin; farther ones are left out.
REACH_MAX: Final = 50_000
#: Most bends of one edge.
POINTS_MAX: Final = 200
#: Most drawings of one model.
PLANES_MAX: Final = 200

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})?")
#: A sub-process larger than this that does not say whether it is open shows its inside.
_CLOSED_MAX: Final = (150, 110)


def read_planes(
    root: etree._Element, elements: Mapping[str, Element], lines: Mapping[str, Line]
) -> tuple[Plane, ...]:
    """Return the planes on which something can be drawn, in their order."""
    planes = [
        Plane(shapes=tuple(_shapes(plane, elements)), edges=tuple(_edges(plane, lines)))
        for plane, _ in zip(root.iter(f"{BPMNDI}BPMNPlane"), range(PLANES_MAX), strict=False)
    ]
    return tuple(plane for plane in planes if plane.shapes)


def _shapes(plane: etree._Element, elements: Mapping[str, Element]) -> Iterator[Shape]:
    seen: set[str] = set()
    for shape in plane.iterfind(f"{BPMNDI}BPMNShape"):
        element = elements.get(reference(shape.get("bpmnElement")))
        box = _box(shape)
        # Twice the same is what an attacker draws, a thousand times.
        if element is None or box is None or element.id in seen:
            continue
        seen.add(element.id)
        yield Shape(
            element=element,
            box=box,
            label=_label(shape),
            expanded=_is_expanded(shape, element.form, box),
            upright=shape.get("isHorizontal") == "false",
            marked=shape.get("isMarkerVisible") != "false",
        )


def _is_expanded(shape: etree._Element, form: Form, box: Box) -> bool:
    said = shape.get("isExpanded")
    if said is None and form is Form.SCOPE:
        return box.width > _CLOSED_MAX[0] and box.height > _CLOSED_MAX[1]
    return said == "true"


def _edges(plane: etree._Element, lines: Mapping[str, Line]) -> Iterator[Edge]:
    seen: set[str] = set()
    for edge in plane.iterfind(f"{BPMNDI}BPMNEdge"):
        line = lines.get(reference(edge.get("bpmnElement")))
        if line is None or line.id in seen:
            continue
        points = tuple(_points(edge))
        if len(points) > 1:
            seen.add(line.id)
            yield Edge(line=line, points=points, label=_label(edge))


def _points(edge: etree._Element) -> Iterator[Point]:
    """Yield the places of the edge, none twice in a row."""
    last = None
    for place in edge.findall(f"{DI}waypoint")[:POINTS_MAX]:
        x, y = _coordinate(place.get("x")), _coordinate(place.get("y"))
        if x is not None and y is not None and (x, y) != last:
            last = (x, y)
            yield Point(x, y)


def _label(drawn: etree._Element) -> Box | None:
    label = drawn.find(f"{BPMNDI}BPMNLabel")
    return None if label is None else _box(label)


def _box(drawn: etree._Element) -> Box | None:
    """Return the bounds, None where there are none that can be drawn."""
    bounds = drawn.find(f"{DC}Bounds")
    if bounds is None:
        return None
    x, y, width, height = (_coordinate(bounds.get(n)) for n in ("x", "y", "width", "height"))
    if x is None or y is None or width is None or height is None:
        return None
    return Box(x, y, width, height) if width > 0 and height > 0 else None


def _coordinate(text: str | None) -> float | None:
    """Return the number, None for what is none or lies too far away.

    >>> _coordinate("12.50"), _coordinate("NaN"), _coordinate("1e9")
    (12.5, None, None)
    """
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    number = float(text)
    return number if abs(number) <= REACH_MAX else None
