"""The drawing of a model as SVG."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from html import escape
from typing import Final

from laufzettel.web.diagram import edges, frames, nodes, surroundings
from laufzettel.web.diagram.geometry import Box
from laufzettel.web.diagram.read import read
from laufzettel.web.diagram.sheet import Shape, StepState
from laufzettel.web.diagram.svg import INK, number, tag
from laufzettel.web.diagram.text import SIZE, cleaned
from laufzettel.web.diagram.vocabulary import Form
from laufzettel.web.diagram.window import View, plane_of, view

#: Longest side of a drawing on the page, in pixels; larger ones are made smaller.
SIDE_MAX: Final = 20_000
#: Fonts as the pages have them, and as the PDF files have them.
FONTS: Final = "Fira Sans, DejaVu Sans, Noto Sans, Arial, sans-serif"

_NAME_OF_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,79}")


def draw(
    source: bytes,
    states: Mapping[str, StepState],
    *,
    title: str,
    around: Collection[str] = (),
    ident: str = "",
) -> str | None:
    """Return the model as an SVG element for a page or a PDF; None where nothing is placed.

    ``states`` are by the id of an element; ids that the model does not have are passed over.
    With ``around``, only these elements and what comes directly before and after them are
    drawn, at most ``window.PART_WIDTH`` wide where they allow it; elements that stand on no
    drawing count as not given. ``title`` says to those who do not see it what is drawn.
    ``ident`` names the title on the page and must differ between two drawings on one page; it
    is made from the rest where it is not given.

    One unit is one pixel, and no text is smaller than 12 of them: let a page scroll the
    drawing and not shrink it.

    Raises InputError, in German, for what is no BPMN or too large.
    """
    sheet = read(source)
    wanted = tuple(dict.fromkeys(around))
    plane = plane_of(sheet, wanted)
    if plane is None:
        return None
    seen = view(sheet, plane, wanted)
    return _svg(seen, states, _title(title), ident or _ident(source, title, wanted))


def _title(title: str) -> str:
    return cleaned(title) or "Ablauf des Vorgangs"


def _ident(source: bytes, title: str, wanted: Collection[str]) -> str:
    key = "\0".join((title, *wanted)).encode(errors="replace")
    return f"diagram-{hashlib.sha256(source + key).hexdigest()[:12]}"


def _svg(seen: View, states: Mapping[str, StepState], title: str, ident: str) -> str:
    if not _NAME_OF_ID.fullmatch(ident):
        raise ValueError(f"not an id: {ident!r}")
    box = seen.box
    scale = min(1, SIDE_MAX / max(box.width, box.height))
    return tag(
        "svg",
        tag("title", escape(title), id=ident),
        *_content(seen, states),
        xmlns="http://www.w3.org/2000/svg",
        cls="diagram",
        role="img",
        aria_labelledby=ident,
        view_box=" ".join(map(number, (box.x, box.y, box.width, box.height))),
        width=round(box.width * scale),
        height=round(box.height * scale),
        font_family=FONTS,
        font_size=SIZE,
        fill=INK,
    )


def _content(seen: View, states: Mapping[str, StepState]) -> Iterator[str]:
    """Yield what lies behind first: frames, lines, then what stands on them."""
    for frame in seen.frames:
        yield _group(frame, states, frames.draw(frame, _state(frame, states), seen.box))
    activities = {each.element.id for each in (*seen.frames, *seen.shapes) if _is_activity(each)}
    for way in seen.ways:
        # A gateway says by being one that its lines are conditions.
        yield edges.draw(way, conditional_mark=way.line.source in activities)
    for label in seen.labels:
        yield label.plate()
    yield from _shapes(seen.shapes, states)
    yield from (label.draw() for label in seen.labels)


def _is_activity(shape: Shape) -> bool:
    return shape.element.form in (Form.ACTIVITY, Form.SCOPE)


def _shapes(shapes: tuple[Shape, ...], states: Mapping[str, StepState]) -> Iterator[str]:
    """Yield what stands on the drawing; boundary events above what they belong to."""
    attached: defaultdict[str, list[Box]] = defaultdict(list)
    for shape in shapes:
        attached[shape.element.attached_to].append(shape.box)
    for shape in sorted(shapes, key=lambda each: bool(each.element.attached_to)):
        if shape.element.is_node:
            on_border = attached.get(shape.element.id, ())
            drawn = nodes.draw(shape, _state(shape, states), on_border)
        else:
            drawn = surroundings.draw(shape)
        yield _group(shape, states, drawn)


def _state(shape: Shape, states: Mapping[str, StepState]) -> StepState | None:
    return states.get(shape.element.id) if shape.element.is_node else None


def _group(shape: Shape, states: Mapping[str, StepState], drawn: str) -> str:
    element = shape.element
    state = _state(shape, states)
    return tag(
        "g",
        drawn,
        cls=f"diagram-{element.form}" + (f" diagram-{state}" if state else ""),
        data_element=cleaned(element.id),
    )
