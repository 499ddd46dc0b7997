"""Points and boxes of a drawing, in units of the model (one unit is one pixel on the page)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot


@dataclass(frozen=True, slots=True)
class Point:
    """A place; y grows downwards."""

    x: float
    y: float

    def toward(self, other: Point, length: float) -> Point:
        """Return the place that lies ``length`` from here in the direction of the other.

        >>> Point(0, 0).toward(Point(30, 40), 10)
        Point(x=6.0, y=8.0)
        """
        whole = self.distance(other)
        if not whole:
            return self
        share = length / whole
        return Point(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)

    def distance(self, other: Point) -> float:
        """Return how far away the other is."""
        return hypot(self.x - other.x, self.y - other.y)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right border."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower border."""
        return self.y + self.height

    @property
    def center(self) -> Point:
        """The middle."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)

    @property
    def corners(self) -> tuple[Point, Point, Point, Point]:
        """The four corners, clockwise from the upper left."""
        return (
            Point(self.x, self.y),
            Point(self.right, self.y),
            Point(self.right, self.bottom),
            Point(self.x, self.bottom),
        )

    def grown(self, by: float) -> Box:
        """Return the box with that much more on every side.

        >>> Box(10, 10, 20, 20).grown(2)
        Box(x=8, y=8, width=24, height=24)
        """
        return Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)

    def moved(self, dx: float, dy: float) -> Box:
        """Return the box at another place."""
        return Box(self.x + dx, self.y + dy, self.width, self.height)

    def has(self, point: Point) -> bool:
        """Tell whether the point lies in the box or on its border."""
        return self.x <= point.x <= self.right and self.y <= point.y <= self.bottom

    def holds(self, other: Box) -> bool:
        """Tell whether the other lies wholly in this one."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def meets(self, other: Box) -> bool:
        """Tell whether the two share some area.

        >>> Box(0, 0, 10, 10).meets(Box(9, 9, 5, 5)), Box(0, 0, 10, 10).meets(Box(10, 0, 5, 5))
        (True, False)
        """
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def common(self, other: Box) -> Box:
        """Return what both share; without area where they do not meet."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(x, y, max(right - x, 0), max(bottom - y, 0))


def around(boxes: Iterable[Box]) -> Box | None:
    """Return the smallest box that holds all of them, None when there is none.

    >>> around([Box(0, 0, 10, 10), Box(20, 5, 10, 10)])
    Box(x=0, y=0, width=30, height=15)
    """
    known = list(boxes)
    if not known:
        return None
    x, y = min(box.x for box in known), min(box.y for box in known)
    right, bottom = max(box.right for box in known), max(box.bottom for box in known)
    return Box(x, y, right - x, bottom - y)


def crossing(start: Point, end: Point, first: Point, second: Point) -> Point | None:
    """Return where the way from start to end crosses the border from first to second.

    >>> crossing(Point(0, 0), Point(10, 0), Point(5, -5), Point(5, 5))
    Point(x=5.0, y=0.0)
    """
    ax, ay = end.x - start.x, end.y - start.y
    bx, by = second.x - first.x, second.y - first.y
    turn = ax * by - ay * bx
    if abs(turn) < 1e-9:
        return None  # parallel
    dx, dy = first.x - start.x, first.y - start.y
    along, across = (dx * by - dy * bx) / turn, (dx * ay - dy * ax) / turn
    if not (0 <= along <= 1 and 0 <= across <= 1):
        return None
    return Point(start.x + along * ax, start.y + along * ay)
