"""What a case passes through: events, activities, gateways."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from laufzettel.web.diagram import icons, labels
from laufzettel.web.diagram.geometry import Box, Point
from laufzettel.web.diagram.icons import placed
from laufzettel.web.diagram.sheet import Element, Shape, StepState
from laufzettel.web.diagram.states import LOOKS, badge, ring
from laufzettel.web.diagram.svg import INK, PAPER, polygon, shape, tag, texts
from laufzettel.web.diagram.text import wrapped
from laufzettel.web.diagram.vocabulary import Form

#: Roundness of the corners of an activity.
RADIUS: Final = 8
#: A border that says "does not interrupt", and one of an event sub-process.
_DASHED: Final = "5 3"
_DOTTED: Final = "1.5 3"

_MIDDLE_EVENTS: Final = frozenset(
    {"intermediateCatchEvent", "intermediateThrowEvent", "implicitThrowEvent", "boundaryEvent"}
)
_THROWING: Final = frozenset({"intermediateThrowEvent", "implicitThrowEvent", "endEvent"})
#: Height that the sign of a task takes at the top, and marks take at the bottom.
_HEAD: Final = 24
_FOOT: Final = 18


def draw(drawn: Shape, state: StepState | None, attached: Iterable[Box] = ()) -> str:
    """Return the drawing of a node in its state, with boxes attached to its border."""
    node = _DRAWN[drawn.element.form](drawn, state)
    return node + _badge(drawn, state, attached)


def _badge(drawn: Shape, state: StepState | None, attached: Iterable[Box]) -> str:
    """Return the sign of the state, at a corner where no other event sits."""
    if state is None:
        return ""
    box = drawn.box
    if drawn.element.form in (Form.EVENT, Form.GATEWAY):
        return badge(box.center.x + box.width * 0.35, box.center.y - box.height * 0.35, state)
    corners = [
        Point(box.right - 4, box.y + 3),
        Point(box.right - 4, box.bottom - 3),
        Point(box.x + 4, box.bottom - 3),
    ]
    taken = [each.grown(11) for each in attached]
    free = (corner for corner in corners if not any(each.has(corner) for each in taken))
    at = next(free, corners[0])
    return badge(at.x, at.y, state)


def event(drawn: Shape, state: StepState | None) -> str:
    """Return a circle, its border telling where in the process it stands."""
    element, box = drawn.element, drawn.box
    middle, radius = box.center, min(box.width, box.height) / 2
    is_end = element.tag == "endEvent"
    parts = [
        ring(Box(middle.x - radius, middle.y - radius, 2 * radius, 2 * radius), state, radius),
        _circle(middle, radius, state, element, is_end=is_end),
    ]
    if element.tag in _MIDDLE_EVENTS:
        parts.append(_circle(middle, radius * 5 / 6, state, element, is_end=False, inner=True))
    parts.append(
        icons.event_sign(
            element.event,
            placed(middle.x, middle.y, radius / 18),
            throws=element.tag in _THROWING,
        )
    )
    return "".join(parts)


def _circle(
    middle: Point,
    radius: float,
    state: StepState | None,
    element: Element,
    *,
    is_end: bool,
    inner: bool = False,
) -> str:
    look = LOOKS[state]
    width = 4 if is_end else 1.5 if inner else look.width
    return tag(
        "circle",
        cls="diagram-border" if inner else "diagram-shape",
        cx=middle.x,
        cy=middle.y,
        r=radius - (1.5 if is_end else 0),
        fill="none" if inner else look.fill,
        stroke=look.stroke,
        stroke_width=width,
        stroke_dasharray=None if element.interrupting else _DASHED,
    )


def activity(drawn: Shape, state: StepState | None) -> str:
    """Return a task, or what is closed, with its name inside."""
    if drawn.is_open:
        return _open(drawn, state)
    element, box = drawn.element, drawn.box
    feet, sign = _feet(drawn), icons.task_sign(element.tag, placed(box.x + 14, box.y + 13, 0.9))
    return "".join(
        (
            _body(drawn, state),
            sign,
            _row(feet, box),
            labels.inside(element.name, box, head=_HEAD if sign else 0, foot=_FOOT if feet else 0),
        )
    )


def _open(drawn: Shape, state: StepState | None) -> str:
    """Return a sub-process or call that shows its inside, its name at the top."""
    box, name = drawn.box, drawn.element.name
    lines = wrapped(name, max(box.width - 24, 20), 1)
    named = texts(lines, Point(box.x + 12, box.y + 6), "start")
    return _body(drawn, state) + _row(_feet(drawn), box) + named


def _body(drawn: Shape, state: StepState | None) -> str:
    element, box, look = drawn.element, drawn.box, LOOKS[state]
    is_call = element.tag == "callActivity"
    frame = shape(
        box,
        radius=min(RADIUS, box.width / 2, box.height / 2),
        cls="diagram-shape diagram-open" if drawn.is_open else "diagram-shape",
        fill=PAPER if drawn.is_open else look.fill,
        stroke=look.stroke,
        stroke_width=max(look.width, 4 if is_call else 0),
        stroke_dasharray=_DOTTED if element.by_event else None,
    )
    double = _inner(box, look.stroke) if element.tag == "transaction" else ""
    return ring(box, state, RADIUS) + frame + double


def _inner(box: Box, stroke: str) -> str:
    return shape(box.grown(-3), radius=RADIUS - 3, cls="diagram-border", fill="none", stroke=stroke)


def _feet(drawn: Shape) -> list[str]:
    """Return the signs at the lower border: what repeats, what can be opened."""
    element = drawn.element
    signs = [element.loop] if element.loop else []
    if element.compensates:
        signs.append("compensate")
    if element.form is Form.SCOPE and not drawn.expanded:
        signs.append("closed")
    if element.tag == "adHocSubProcess":
        signs.append("ad hoc")
    return signs


def _row(signs: list[str], box: Box) -> str:
    left = box.center.x - (len(signs) - 1) * 9
    return "".join(
        icons.foot_sign(sign, placed(left + 18 * count, box.bottom - 10))
        for count, sign in enumerate(signs)
    )


def gateway(drawn: Shape, state: StepState | None) -> str:
    """Return a diamond with the sign of its kind."""
    box, look, middle = drawn.box, LOOKS[state], drawn.box.center
    scale = min(box.width, box.height) / 50
    return "".join(
        (
            _diamond(box.grown(8), "diagram-ring", state) if look.width > 2 else "",
            polygon(
                diamond(box),
                cls="diagram-shape",
                fill=look.fill,
                stroke=look.stroke,
                stroke_width=look.width,
                stroke_linejoin="round",
            ),
            _gateway_inside(drawn, placed(middle.x, middle.y, scale)),
        )
    )


def _diamond(box: Box, cls: str, state: StepState | None) -> str:
    return polygon(
        diamond(box),
        cls=cls,
        fill="none",
        stroke=LOOKS[state].stroke,
        stroke_width=4,
        stroke_opacity=0.3,
    )


def _gateway_inside(drawn: Shape, transform: str) -> str:
    kind = drawn.element.tag
    if kind != "eventBasedGateway":
        return icons.gateway_sign(kind, transform) if drawn.marked else ""
    rings = (14,) if drawn.element.begins else (14, 11.5)
    sign = "parallel" if drawn.element.begins else "multiple"
    circles = (
        tag(
            "circle",
            cls="diagram-line",
            r=radius,
            fill="none",
            stroke=INK,
            transform=transform,
        )
        for radius in rings
    )
    return "".join(circles) + icons.event_sign(sign, f"{transform} scale(.75)", throws=False)


def diamond(box: Box) -> tuple[Point, Point, Point, Point]:
    """Return the corners of a gateway, clockwise from the top."""
    middle = box.center
    return (
        Point(middle.x, box.y),
        Point(box.right, middle.y),
        Point(middle.x, box.bottom),
        Point(box.x, middle.y),
    )


_DRAWN: Final = {
    Form.EVENT: event,
    Form.ACTIVITY: activity,
    Form.SCOPE: activity,
    Form.GATEWAY: gateway,
}
