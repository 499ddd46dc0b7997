"""Pools, lanes, groups and open sub-processes, also where a drawing shows only a part of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from laufzettel.web.diagram import nodes, surroundings
from laufzettel.web.diagram.geometry import Box
from laufzettel.web.diagram.labels import Label, size_of
from laufzettel.web.diagram.sheet import Shape, StepState
from laufzettel.web.diagram.text import wrapped

#: How far the border of a frame that goes on lies outside the drawing.
_BEYOND: Final = 30
#: Height of the strip with the names of frames that are cut at the top.
_STRIP: Final = 22


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


def titled(frames: Iterable[Shape], box: Box) -> tuple[Box, list[Label]]:
    """Return what is seen, and the names of the frames that go on outside of it.

    Those whose names would stand at the top share one line there, the outer ones first, in a
    strip that is added for it; each other stands at its own upper left corner.
    """
    named = [frame for frame in frames if frame.element.name]
    at_top = [each for each in named if each.box.y < box.y + _STRIP and not box.holds(each.box)]
    seen = Box(box.x, box.y - _STRIP, box.width, box.height + _STRIP) if at_top else box
    cut = [frame for frame in named if not seen.holds(frame.box)]
    line = " · ".join(frame.element.name for frame in cut if frame in at_top)
    labels = [_label(each.element.name, each.box, seen) for each in cut if each not in at_top]
    return seen, [_label(line, seen, seen), *labels] if line else labels


def _label(name: str, box: Box, seen: Box) -> Label:
    shown = box.common(seen)
    lines = wrapped(name, max(shown.width - 16, 40), 1)
    return Label(lines=lines, box=Box(shown.x + 8, shown.y + 4, *size_of(lines)))
