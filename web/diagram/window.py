"""Which part of a model is drawn: all of it, or what lies around some elements."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from laufzettel.web.diagram import frames, neighbours
from laufzettel.web.diagram.edges import Way
from laufzettel.web.diagram.geometry import Box, Point, around, crossing
from laufzettel.web.diagram.labels import Label, beside_edge, beside_shape
from laufzettel.web.diagram.outline import docked
from laufzettel.web.diagram.sheet import Edge, Plane, Shape, Sheet
from laufzettel.web.diagram.vocabulary import BEHIND

#: Largest part around some elements: half a page beside the invoice, text in its full size.
PART_WIDTH: Final = 600
PART_HEIGHT: Final = 420
#: Space around all of it, and around a part, whose lines run out of it.
_MARGIN: Final = 14
_PART_MARGIN: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is drawn."""

    box: Box
    frames: tuple[Shape, ...]  # pools, lanes, groups, open sub-processes; the outer ones first
    shapes: tuple[Shape, ...]
    ways: tuple[Way, ...]
    labels: tuple[Label, ...]

    @property
    def ids(self) -> set[str]:
        """The elements that are seen."""
        return {shape.element.id for shape in (*self.frames, *self.shapes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A plane with everything about it that takes some computing."""

    shapes: Mapping[str, Shape]
    names: Mapping[str, Label]  # of shapes
    ways: tuple[Way, ...]
    way_names: Mapping[str, Label]


def plane_of(sheet: Sheet, wanted: Collection[str]) -> Plane | None:
    """Return the drawing that shows most of the wanted elements, else the first, if any."""

    def shown(plane: Plane) -> int:
        return sum(shape.element.id in wanted for shape in plane.shapes)

    return max(sheet.planes, key=shown, default=None)


def view(sheet: Sheet, plane: Plane, wanted: Collection[str]) -> View:
    """Return the whole plane, or what lies around the wanted elements."""
    placed = _placed(plane)
    chosen = [ident for ident in wanted if ident in placed.shapes]
    return _part(sheet, placed, chosen) if chosen else _whole(placed)


def _placed(plane: Plane) -> _Placed:
    shapes = {shape.element.id: shape for shape in plane.shapes}
    names = {shape.element.id: beside_shape(shape) for shape in plane.shapes}
    edges = {edge.line.id: beside_edge(edge) for edge in plane.edges}
    return _Placed(
        shapes=shapes,
        names={ident: label for ident, label in names.items() if label},
        ways=tuple(_way(edge, shapes) for edge in plane.edges),
        way_names={ident: label for ident, label in edges.items() if label},
    )


def _way(edge: Edge, shapes: Mapping[str, Shape]) -> Way:
    source, target = shapes.get(edge.line.source), shapes.get(edge.line.target)
    return Way(line=edge.line, points=docked(edge, source, target))


def _whole(placed: _Placed) -> View:
    labels = (*placed.names.values(), *placed.way_names.values())
    boxes = [shape.box for shape in placed.shapes.values()] + [label.box for label in labels]
    boxes += [Box(point.x, point.y, 0, 0) for way in placed.ways for point in way.points]
    box = around(boxes) or Box(0, 0, 1, 1)
    return View(
        box=box.grown(_MARGIN),
        frames=_frames(placed.shapes.values()),
        shapes=tuple(shape for shape in placed.shapes.values() if not _is_frame(shape)),
        ways=placed.ways,
        labels=labels,
    )


def _is_frame(shape: Shape) -> bool:
    return shape.is_open or shape.element.form in BEHIND


def _frames(shapes: Iterable[Shape]) -> tuple[Shape, ...]:
    frames = [shape for shape in shapes if _is_frame(shape)]
    return tuple(sorted(frames, key=lambda each: -each.box.width * each.box.height))


def _part(sheet: Sheet, placed: _Placed, wanted: list[str]) -> View:
    core = _core(sheet, placed, wanted)
    box = core.grown(_PART_MARGIN)
    inner = core.grown(_MARGIN)
    shapes = {
        ident: shape
        for ident, shape in placed.shapes.items()
        if ident in wanted or inner.holds(shape.box)
    }
    ways = tuple(_seen(placed.ways, shapes, box.grown(-18)))
    around_it = _frames(shape for shape in placed.shapes.values() if shape.box.meets(box))
    seen, titles = frames.titled(around_it, box)
    return View(
        box=seen,
        frames=around_it,
        shapes=tuple(shape for shape in shapes.values() if not _is_frame(shape)),
        ways=ways,
        labels=(
            *titles,
            *_in_sight(placed.names, shapes, box),
            *_in_sight(placed.way_names, {way.line.id for way in ways}, box),
        ),
    )


def _core(sheet: Sheet, placed: _Placed, wanted: list[str]) -> Box:
    """Return the box around the wanted elements and as many neighbours as have room in it."""
    core = around(box for ident in wanted for box in _boxes(placed, ident))
    assert core is not None  # noqa: S101 - wanted is never empty
    taken = set(wanted)
    for near in neighbours.by_distance(sheet, wanted):
        if near.through not in taken or near.id not in placed.shapes:
            continue
        larger = around([core, *_boxes(placed, near.id)])
        if larger is not None and _has_room(larger, core):
            core = larger
            taken.add(near.id)
    return core


def _has_room(larger: Box, core: Box) -> bool:
    """Tell whether the box may grow so: within the part, or where it is larger already."""
    wide = max(PART_WIDTH - 2 * _PART_MARGIN, core.width)
    high = max(PART_HEIGHT - 2 * _PART_MARGIN, core.height)
    return larger.width <= wide and larger.height <= high


def _boxes(placed: _Placed, ident: str) -> list[Box]:
    label = placed.names.get(ident)
    return [placed.shapes[ident].box, *([label.box] if label else [])]


def _in_sight(names: Mapping[str, Label], drawn: Collection[str], box: Box) -> Iterator[Label]:
    """Yield the names of what is drawn; one that would be cut is left to the list of steps."""
    return (
        label for ident, label in names.items() if ident in drawn and box.grown(-2).holds(label.box)
    )


def _seen(ways: Iterable[Way], shapes: Mapping[str, Shape], box: Box) -> Iterator[Way]:
    """Yield the lines between the shapes, and the beginnings of those that lead elsewhere."""
    for way in ways:
        from_here, to_here = way.line.source in shapes, way.line.target in shapes
        if from_here and to_here and all(box.grown(14).has(point) for point in way.points):
            yield way
            continue
        if way.line.tag != "sequenceFlow" and not (from_here and to_here):
            continue
        if from_here:
            yield from _stub(way, _inside(way.points, box), goes_out=True)
        if to_here:
            back = _inside(way.points[::-1], box)
            yield from _stub(way, back[::-1], goes_out=False)


def _stub(way: Way, points: tuple[Point, ...], *, goes_out: bool) -> Iterator[Way]:
    if len(points) > 1:
        yield Way(line=way.line, points=points, goes_out=goes_out, comes_in=not goes_out)


def _inside(points: tuple[Point, ...], box: Box) -> tuple[Point, ...]:
    """Return the way from its beginning to where it leaves the box.

    >>> _inside((Point(5, 5), Point(50, 5), Point(50, 9)), Box(0, 0, 10, 10))
    (Point(x=5, y=5), Point(x=10.0, y=5.0))
    """
    kept = [points[0]]
    for start, end in itertools.pairwise(points):
        if not box.has(end):
            corners = box.corners
            pairs = zip(corners, (*corners[1:], corners[0]), strict=True)
            hits = [crossing(start, end, *pair) for pair in pairs]
            leaving = max((hit for hit in hits if hit), key=start.distance, default=None)
            return (*kept, leaving) if leaving and leaving != start else tuple(kept)
        kept.append(end)
    return tuple(kept)
