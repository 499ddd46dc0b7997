"""The lines between shapes: flows of the process, messages, data, and links to notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from laufzettel.web.diagram.geometry import Point
from laufzettel.web.diagram.sheet import Line
from laufzettel.web.diagram.svg import INK, PAPER, line, number, polygon, tag

#: Length and half the width of an arrowhead.
_HEAD: Final = (10.0, 4.5)
#: Roundness of bends.
_BEND: Final = 6.0

_DASHES: Final = {"sequenceFlow": None, "messageFlow": "7 5"}
_DOTS: Final = "1.5 4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A line, or what is seen of it where the drawing ends."""

    line: Line
    points: tuple[Point, ...]
    comes_in: bool = False  # its beginning lies outside the drawing
    goes_out: bool = False  # its end lies outside the drawing


def draw(way: Way, *, conditional_mark: bool) -> str:
    """Return the line with its ends."""
    kind = way.line.tag
    points = _shortened(way.points) if _has_head(way) else way.points
    return "".join(
        (
            line(path(points), stroke_dasharray=_DASHES.get(kind, _DOTS)),
            "" if way.comes_in else _beginning(way, conditional_mark),
            "" if way.goes_out else _ending(way),
            _more(way.points[1], way.points[0]) if way.comes_in else "",
            _more(way.points[-2], way.points[-1]) if way.goes_out else "",
        )
    )


def path(points: tuple[Point, ...]) -> str:
    """Return the way through the points, its bends rounded.

    >>> path((Point(0, 0), Point(20, 0), Point(20, 20)))
    'M 0 0 L 14 0 Q 20 0 20 6 L 20 20'
    """
    parts = [f"M {_at(points[0])}"]
    for before, bend, after in zip(points, points[1:], points[2:], strict=False):
        room = min(_BEND, before.distance(bend) / 2, bend.distance(after) / 2)
        begin, end = bend.toward(before, room), bend.toward(after, room)
        parts.append(f"L {_at(begin)} Q {_at(bend)} {_at(end)}")
    parts.append(f"L {_at(points[-1])}")
    return " ".join(parts)


def _at(point: Point) -> str:
    return f"{number(point.x)} {number(point.y)}"


def _has_head(way: Way) -> bool:
    return way.line.tag in _DASHES and not way.goes_out


def _shortened(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return the points so that the line ends within its arrowhead, not at its tip."""
    before, end = points[-2], points[-1]
    length = min(_HEAD[0] / 2, before.distance(end) / 2)
    return (*points[:-1], end.toward(before, length))


def _beginning(way: Way, conditional_mark: bool) -> str:
    first, second = way.points[0], way.points[1]
    if way.line.tag == "messageFlow":
        middle = first.toward(second, 4)
        return tag(
            "circle",
            cls="diagram-shape",
            cx=middle.x,
            cy=middle.y,
            r=4,
            fill=PAPER,
            stroke=INK,
            stroke_width=1.5,
        )
    if way.line.tag == "association" and way.line.direction == "both":
        return _open_head(second, first)
    if way.line.tag != "sequenceFlow":
        return ""
    if way.line.is_default:
        return _slash(first, second)
    return _condition(first, second) if way.line.is_conditional and conditional_mark else ""


def _ending(way: Way) -> str:
    before, end = way.points[-2], way.points[-1]
    kind = way.line.tag
    if kind == "sequenceFlow":
        return polygon(_head(before, end), cls="diagram-ink", fill=INK)
    if kind == "messageFlow":
        return polygon(
            _head(before, end), cls="diagram-shape", fill=PAPER, stroke=INK, stroke_width=1.5
        )
    if kind != "association" or way.line.direction in ("one", "both"):
        return _open_head(before, end)
    return ""


def _head(before: Point, tip: Point) -> tuple[Point, Point, Point]:
    """Return tip and feet of an arrowhead that comes from before.

    >>> _head(Point(0, 0), Point(20, 0))
    (Point(x=20, y=0), Point(x=10.0, y=-4.5), Point(x=10.0, y=4.5))
    """
    length, half = _HEAD
    foot = tip.toward(before, length)
    return tip, _aside(foot, tip, half), _aside(foot, tip, -half)


def _aside(foot: Point, tip: Point, by: float) -> Point:
    """Return the place beside foot, seen in the direction of tip."""
    whole = foot.distance(tip) or 1
    return Point(
        foot.x + (tip.y - foot.y) / whole * by + 0.0, foot.y - (tip.x - foot.x) / whole * by
    )


def _open_head(before: Point, tip: Point) -> str:
    _, left, right = _head(before, tip)
    return line(f"M {_at(left)} L {_at(tip)} L {_at(right)}")


def _slash(first: Point, second: Point) -> str:
    """Return the stroke across a default flow."""
    low, high = first.toward(second, 4), first.toward(second, 9)
    return line(f"M {_at(_aside(low, high, 4.5))} L {_at(_aside(high, low, 4.5))}")


def _condition(first: Point, second: Point) -> str:
    """Return the diamond of a flow that leaves an activity under a condition."""
    middle, end = first.toward(second, 8), first.toward(second, 16)
    corners = (first, _aside(middle, end, 5), end, _aside(middle, end, -5))
    return polygon(corners, cls="diagram-shape", fill=PAPER, stroke=INK, stroke_width=1.5)


def _more(before: Point, end: Point) -> str:
    """Return three dots: the line goes on where the drawing does not."""
    length = before.distance(end)
    return "".join(
        tag("circle", cls="diagram-ink", cx=dot.x, cy=dot.y, r=1.6, fill=INK)
        for dot in (before.toward(end, length + step) for step in (5, 10, 15))
    )
