"""Pools, lanes, groups and open sub-processes, also where a drawing shows only a part of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from laufzettel.web.diagram import nodes, surroundings
from laufzettel.web.diagram.geometry import Box
from laufzettel.web.diagram.labels import Label, size_of
from laufzettel.web.diagram.sheet import Shape, StepState
from laufzettel.web.diagram.text import LEADING, wrapped

#: How far the border of a frame that goes on lies outside the drawing.
_BEYOND = 30


def draw(frame: Shape, state: StepState | None, seen: Box) -> str:
    """Return the frame, without its name where it goes on outside of what is seen."""
    if seen.holds(frame.box):
        shown = frame
    else:
        element = replace(frame.element, name="", opaque=True)
        box = frame.box.common(seen.grown(_BEYOND))
        shown = replace(frame, element=element, box=box)
    if shown.element.is_node:
        return nodes.draw(shown, state)
    return surroundings.draw(shown)


def names(frames: Iterable[Shape], seen: Box) -> list[Label]:
    """Return the names of frames that go on outside, each at its upper left corner in sight."""
    found: list[Label] = []
    for frame in frames:
        if frame.element.name and not seen.holds(frame.box):
            found.append(_name(frame, seen, found))
    return found


def _name(frame: Shape, seen: Box, others: list[Label]) -> Label:
    shown = frame.box.common(seen)
    lines = wrapped(frame.element.name, max(shown.width - 16, 40), 1)
    box = Box(shown.x + 8, shown.y + 5, *size_of(lines))
    while any(other.box.meets(box) for other in others) and box.bottom < seen.bottom:
        box = box.moved(0, LEADING + 2)
    return Label(lines=lines, box=box)
