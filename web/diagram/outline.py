"""The border of a shape, and where a line that was drawn carelessly meets it."""

from __future__ import annotations

from functools import lru_cache
from math import cos, pi, sin
from typing import Final

from laufzettel.web.diagram.geometry import Box, Point, crossing
from laufzettel.web.diagram.nodes import diamond
from laufzettel.web.diagram.sheet import Edge, Shape
from laufzettel.web.diagram.vocabulary import Form

#: How far off the border an end may lie and still be taken for lying on it.
_NEAR: Final = 1.0
#: How far a line is prolonged that ends before the border.
_REACH: Final = 25.0
_TURNS: Final = tuple((cos(2 * pi * n / 32), sin(2 * pi * n / 32)) for n in range(32))


def docked(edge: Edge, source: Shape | None, target: Shape | None) -> tuple[Point, ...]:
    """Return the points of the edge, its ends on the borders of what it connects."""
    points = list(edge.points)
    if source is not None:
        points[0] = _on_border(source, points[1], points[0])
    if target is not None:
        points[-1] = _on_border(target, points[-2], points[-1])
    return tuple(points)


def _on_border(shape: Shape, before: Point, end: Point) -> Point:
    """Return where the line from before to end, a little prolonged, meets the border first."""
    if _is_on_border(shape, end):
        return end
    length = before.distance(end)
    far = before.toward(end, length + _REACH) if not shape.box.has(end) else end
    corners = _corners(shape.element.form, shape.box)
    hits = (
        crossing(before, far, first, second)
        for first, second in zip(corners, (*corners[1:], corners[0]), strict=True)
    )
    return min((hit for hit in hits if hit), key=before.distance, default=end)


def _is_on_border(shape: Shape, end: Point) -> bool:
    box, form = shape.box, shape.element.form
    middle = box.center
    if form is Form.EVENT:
        return abs(middle.distance(end) - min(box.width, box.height) / 2) <= _NEAR
    if form is Form.GATEWAY:
        across = abs(end.x - middle.x) / box.width + abs(end.y - middle.y) / box.height
        return abs(across - 0.5) * min(box.width, box.height) <= _NEAR
    return box.grown(_NEAR).has(end) and not box.grown(-_NEAR).has(end)


@lru_cache(maxsize=512)
def _corners(form: Form, box: Box) -> tuple[Point, ...]:
    if form is Form.GATEWAY:
        return diamond(box)
    if form is not Form.EVENT:
        return box.corners
    middle, radius = box.center, min(box.width, box.height) / 2
    return tuple(Point(middle.x + radius * x, middle.y + radius * y) for x, y in _TURNS)
