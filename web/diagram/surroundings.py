"""What stands around the steps: pools and lanes, data, notes, groups."""

from __future__ import annotations

from html import escape
from typing import Final

from laufzettel.web.diagram import labels
from laufzettel.web.diagram.geometry import Box, Point
from laufzettel.web.diagram.icons import foot_sign, placed
from laufzettel.web.diagram.sheet import Shape
from laufzettel.web.diagram.svg import BAND, INK, MUTED, PAPER, line, number, shape, tag, texts
from laufzettel.web.diagram.text import LEADING, SIZE, wrapped
from laufzettel.web.diagram.vocabulary import Form

#: Width of the band with the name of a pool or lane.
BAND_WIDTH: Final = 30


def draw(drawn: Shape) -> str:
    """Return the drawing of what is no step."""
    return _DRAWN[drawn.element.form](drawn)


def pool(drawn: Shape) -> str:
    """Return a pool or lane: a frame, its name in the band at its beginning."""
    box, name = drawn.box, drawn.element.name
    many = (
        foot_sign("parallel", placed(box.center.x, box.bottom - 10)) if drawn.element.many else ""
    )
    if drawn.element.opaque:
        return _frame(box) + labels.inside(name, box) + many
    band = _band(drawn)
    plate = shape(band, cls="diagram-band", fill=BAND, stroke=MUTED, stroke_width=1)
    named = labels.inside(name, band) if drawn.upright else _turned(name, band)
    return _frame(box) + plate + named + many


def _frame(box: Box) -> str:
    return shape(box, cls="diagram-frame", fill="none", stroke=MUTED, stroke_width=1.5)


def _band(drawn: Shape) -> Box:
    box = drawn.box
    if drawn.upright:
        return Box(box.x, box.y, box.width, min(BAND_WIDTH, box.height))
    return Box(box.x, box.y, min(BAND_WIDTH, box.width), box.height)


def _turned(name: str, band: Box) -> str:
    """Return the name written from bottom to top."""
    lines = wrapped(name, max(band.height - 8, 14), 2)
    middle = band.center
    top = -len(lines) * LEADING / 2
    return "".join(
        tag(
            "text",
            escape(text),
            cls="diagram-text",
            x=0,
            y=top + 11 + count * LEADING,
            font_size=SIZE,
            text_anchor="middle",
            fill=INK,
            transform=f"translate({number(middle.x)} {number(middle.y)}) rotate(-90)",
        )
        for count, text in enumerate(lines)
    )


def data(drawn: Shape) -> str:
    """Return a sheet of paper with its corner folded."""
    box, fold = drawn.box, min(drawn.box.width, drawn.box.height) / 4
    outline = (
        f"M {_at(box.x, box.y)} H {number(box.right - fold)} L {_at(box.right, box.y + fold)} "
        f"V {number(box.bottom)} H {number(box.x)} Z "
        f"M {number(box.right - fold)} {number(box.y)} V {number(box.y + fold)} "
        f"H {number(box.right)}"
    )
    many = foot_sign("parallel", placed(box.center.x, box.bottom - 9)) if drawn.element.many else ""
    return _filled(outline) + _arrow(drawn) + many


def _arrow(drawn: Shape) -> str:
    """Return the arrow of what goes into, or comes out of, the process."""
    kind, box = drawn.element.tag, drawn.box
    if kind not in ("dataInput", "dataOutput"):
        return ""
    look = placed(box.x + 10, box.y + 9, 0.6)
    path = "M -8 -3 H 1 V -7 L 9 0 L 1 7 V 3 H -8 Z"
    if kind == "dataInput":
        return line(path, transform=look)
    return tag("path", cls="diagram-ink", d=path, fill=INK, transform=look)


def _at(x: float, y: float) -> str:
    return f"{number(x)} {number(y)}"


def _filled(path: str) -> str:
    return tag(
        "path",
        cls="diagram-shape",
        d=path,
        fill=PAPER,
        stroke=INK,
        stroke_width=1.5,
        stroke_linejoin="round",
    )


def store(drawn: Shape) -> str:
    """Return a cylinder."""
    box = drawn.box
    rise = min(box.height / 5, 12)
    left, right = number(box.x), number(box.right)
    bow = f"{number(box.width / 2)} {number(rise / 1.5)} 0 0"
    outline = (
        f"M {_at(box.x, box.y + rise)} V {number(box.bottom - rise)} "
        f"A {bow} 0 {_at(box.right, box.bottom - rise)} V {number(box.y + rise)} "
        f"A {bow} 0 {_at(box.x, box.y + rise)} A {bow} 0 {_at(box.right, box.y + rise)}"
    )
    bows = "".join(
        line(f"M {left} {number(y)} A {bow} 0 {right} {number(y)}")
        for y in (box.y + rise + 5, box.y + rise + 10)
    )
    return _filled(outline) + bows


def note(drawn: Shape) -> str:
    """Return a bracket with text."""
    box = drawn.box
    x, arm = number(box.x), number(box.x + 10)
    bracket = f"M {arm} {number(box.y)} H {x} V {number(box.bottom)} H {arm}"
    # Modelers let a note end where its text ended in their font; ours may need a line more.
    lines = wrapped(drawn.element.name, max(box.width - 12, 40), int(box.height // LEADING) + 1)
    top = box.y + max((box.height - len(lines) * LEADING) / 2, 0)
    return line(bracket) + texts(lines, Point(box.x + 7, top), "start")


def group(drawn: Shape) -> str:
    """Return a frame of dashes and dots."""
    return shape(
        drawn.box,
        radius=8,
        cls="diagram-frame",
        fill="none",
        stroke=MUTED,
        stroke_width=1.5,
        stroke_dasharray="8 4 1.5 4",
    )


_DRAWN: Final = {
    Form.POOL: pool,
    Form.LANE: pool,
    Form.DATA: data,
    Form.STORE: store,
    Form.NOTE: note,
    Form.GROUP: group,
}
