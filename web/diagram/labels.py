"""Names in the drawing: those inside a shape, and those beside a shape or a line."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

from laufzettel.web.diagram import text
from laufzettel.web.diagram.geometry import Box, Point
from laufzettel.web.diagram.sheet import Edge, Shape
from laufzettel.web.diagram.svg import PAPER, shape, texts
from laufzettel.web.diagram.text import LEADING, wrapped
from laufzettel.web.diagram.vocabulary import Form

#: Least room of a name beside its shape, whatever the model says; bpmn.io takes the same.
ROOM: Final = 90
#: Most lines beside a shape.
LINES_MAX: Final = 4
#: Widest room that a long word, or a name that was drawn on one line, makes for itself.
_ROOM_MAX: Final = 130
#: Distance between a line and its name.
_GAP: Final = 4

_OUTSIDE: Final = frozenset({Form.EVENT, Form.GATEWAY, Form.DATA, Form.STORE, Form.GROUP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Lines of text, and the box that they fill."""

    lines: tuple[str, ...]
    box: Box

    def draw(self) -> str:
        """Return the text, in the middle of its box."""
        return texts(self.lines, Point(self.box.center.x, self.box.y))

    def plate(self) -> str:
        """Return what keeps lines from running through the text."""
        return shape(
            self.box.grown(1), radius=2, cls="diagram-paper", fill=PAPER, fill_opacity=0.85
        )


def beside_shape(drawn: Shape) -> Label | None:
    """Return the name that stands outside its shape, None where it stands inside."""
    if not drawn.element.name or drawn.element.form not in _OUTSIDE:
        return None
    given = drawn.label or _below(drawn.box)
    lines = wrapped(drawn.element.name, _room(drawn.element.name, given), _most_lines(given))
    width, height = size_of(lines)
    return Label(
        lines=lines,
        box=Box(
            _beside(given.x, given.width, width, drawn.box.x, drawn.box.right),
            _beside(given.y, given.height, height, drawn.box.y, drawn.box.bottom),
            width,
            height,
        ),
    )


def _below(box: Box) -> Box:
    return Box(box.center.x - ROOM / 2, box.bottom + _GAP, ROOM, LEADING)


def _room(name: str, given: Box) -> float:
    """Return how wide the lines may be: as in the model, but no word is broken without need."""
    longest = max(map(text.width, name.split(" ")))
    whole = text.width(name) if given.height < 1.5 * LEADING else 0
    wishes = (each for each in (longest, whole) if each <= _ROOM_MAX)
    return max(given.width, ROOM, *wishes)


def _most_lines(given: Box) -> int:
    return max(LINES_MAX, min(round(given.height / LEADING), 12))


def size_of(lines: tuple[str, ...]) -> tuple[float, float]:
    """Return width and height of the lines."""
    return max((text.width(each) for each in lines), default=0), len(lines) * LEADING


def _beside(start: float, given: float, needed: float, low: float, high: float) -> float:
    """Return where text begins that needs more or less than it was given.

    It keeps its distance from the shape between low and high, and its middle where it lies
    over or under the shape.
    """
    middle = start + given / 2
    if middle > high:
        return start + max(given - needed, 0) / 2
    if middle < low:
        return start + given - needed - max(given - needed, 0) / 2
    return middle - needed / 2


def beside_edge(edge: Edge) -> Label | None:
    """Return the name of a line, None where it has none."""
    if not edge.line.name:
        return None
    given = edge.label
    room = _room(edge.line.name, given or Box(0, 0, ROOM, LEADING))
    lines = wrapped(edge.line.name, room, LINES_MAX)
    width, height = size_of(lines)
    if given is None:
        return Label(lines=lines, box=_over(edge.points, width, height))
    middle = given.center
    box = Box(middle.x - width / 2, middle.y - height / 2, width, height)
    return Label(lines=lines, box=_clear_of(edge.points, box))


def _over(points: tuple[Point, ...], width: float, height: float) -> Box:
    """Return the place over, or beside, the longest part of the line."""
    pairs = itertools.pairwise(points)
    start, end = max(pairs, key=lambda pair: pair[0].distance(pair[1]))
    x, y = (start.x + end.x) / 2, (start.y + end.y) / 2
    if abs(end.x - start.x) >= abs(end.y - start.y):
        return Box(x - width / 2, y - height - _GAP, width, height)
    return Box(x + _GAP, y - height / 2, width, height)


def _clear_of(points: tuple[Point, ...], box: Box) -> Box:
    """Return the box moved off the upright and level parts of its own line."""
    for start, end in itertools.pairwise(points):
        reach = Box(
            min(start.x, end.x), min(start.y, end.y), abs(end.x - start.x), abs(end.y - start.y)
        ).grown(_GAP - 1)
        if not reach.meets(box):
            continue
        middle = box.center
        if start.x == end.x:
            right = middle.x >= start.x
            box = Box(start.x + _GAP if right else start.x - _GAP - box.width, *_rest(box))
        elif start.y == end.y:
            lower = middle.y >= start.y
            y = start.y + _GAP - 1 if lower else start.y - _GAP + 1 - box.height
            box = Box(box.x, y, box.width, box.height)
    return box


def _rest(box: Box) -> tuple[float, float, float]:
    return box.y, box.width, box.height


def inside(name: str, box: Box, *, head: float = 0, foot: float = 0) -> str:
    """Return the name in the middle of the box, below its head and above its foot.

    A name that needs all the room goes up beside the head.
    """
    room = Box(box.x + 4, box.y + 3, max(box.width - 8, 20), max(box.height - 6 - foot, LEADING))
    lines = wrapped(name, room.width, int(room.height // LEADING))
    height = len(lines) * LEADING
    top = max(box.center.y - height / 2, box.y + head)
    return texts(lines, Point(room.center.x, max(min(top, room.bottom - height), room.y)))
