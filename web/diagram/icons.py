"""The signs of BPMN as paths: kinds of tasks, events, gateways, and what repeats.

Each is drawn around its own origin; who places it moves it there.
"""

from __future__ import annotations

from typing import Final

from laufzettel.web.diagram.svg import line, number, reversed_out, solid

_ENVELOPE: Final = "M -8 -5.5 H 8 V 5.5 H -8 Z M -8 -5.5 L 0 1 L 8 -5.5"

#: Short name of an event → its sign within a circle of radius 18.
EVENT_SIGNS: Final = {
    "message": _ENVELOPE,
    "timer": "M 9 0 A 9 9 0 1 1 -9 0 A 9 9 0 1 1 9 0 Z M 0 -9 V -7 M 9 0 H 7 M 0 9 V 7 "
    "M -9 0 H -7 M 1.5 -6 L 0 0 L 4.5 1",
    "error": "M -7.5 7 L -3 -6.5 L 2.5 1.5 L 7.5 -7 L 3 6.5 L -2.5 -1.5 Z",
    "signal": "M 0 -8 L 8.5 6 H -8.5 Z",
    "escalation": "M 0 -8.5 L 6.5 7.5 L 0 1.5 L -6.5 7.5 Z",
    "conditional": "M -6.5 -8.5 H 6.5 V 8.5 H -6.5 Z M -4 -5 H 4 M -4 -1.7 H 4 M -4 1.7 H 4 "
    "M -4 5 H 4",
    "link": "M -8.5 -3.5 H 1 V -7.5 L 9 0 L 1 7.5 V 3.5 H -8.5 Z",
    "terminate": "M 10 0 A 10 10 0 1 1 -10 0 A 10 10 0 1 1 10 0 Z",
    "compensate": "M 0 -6.5 V 6.5 L -8.5 0 Z M 8.5 -6.5 V 6.5 L 0 0 Z",
    "cancel": "M -8 -5 L -5 -8 L 0 -3 L 5 -8 L 8 -5 L 3 0 L 8 5 L 5 8 L 0 3 L -5 8 L -8 5 L -3 0 Z",
    "multiple": "M 0 -8.5 L 8.5 -2.3 L 5.3 7.5 H -5.3 L -8.5 -2.3 Z",
    "parallel": "M -2.7 -8.5 H 2.7 V -2.7 H 8.5 V 2.7 H 2.7 V 8.5 H -2.7 V 2.7 H -8.5 V -2.7 "
    "H -2.7 Z",
}
#: Signs that are filled although their event waits, and such as never are.
_ALWAYS_FILLED: Final = frozenset({"terminate"})
_NEVER_FILLED: Final = frozenset({"timer", "conditional"})

#: Local name of a task → its sign within 16 by 16.
_TASK_SIGNS: Final = {
    "userTask": "M 3.5 -4 A 3.5 3.5 0 1 1 -3.5 -4 A 3.5 3.5 0 1 1 3.5 -4 Z "
    "M -7 8 C -7 3 -4 1.5 0 1.5 C 4 1.5 7 3 7 8 Z",
    "serviceTask": "M -1.8 -5.7 L -1.2 -8 H 1.2 L 1.8 -5.7 L 2.8 -5.3 L 4.8 -6.5 L 6.5 -4.8 "
    "L 5.3 -2.8 L 5.7 -1.8 L 8 -1.2 V 1.2 L 5.7 1.8 L 5.3 2.8 L 6.5 4.8 L 4.8 6.5 L 2.8 5.3 "
    "L 1.8 5.7 L 1.2 8 H -1.2 L -1.8 5.7 L -2.8 5.3 L -4.8 6.5 L -6.5 4.8 L -5.3 2.8 "
    "L -5.7 1.8 L -8 1.2 V -1.2 L -5.7 -1.8 L -5.3 -2.8 L -6.5 -4.8 L -4.8 -6.5 L -2.8 -5.3 Z "
    "M 2.5 0 A 2.5 2.5 0 1 1 -2.5 0 A 2.5 2.5 0 1 1 2.5 0 Z",
    "receiveTask": _ENVELOPE,
    "scriptTask": "M -4 -7.5 H 7 C 4.5 -4 4.5 -2.5 5.5 0 C 6.5 2.5 6.5 4.5 4 7.5 H -7 "
    "C -4.5 4.5 -4.5 2.5 -5.5 0 C -6.5 -2.5 -6.5 -4.5 -4 -7.5 Z M -3.5 -4 H 2.5 M -3 0 H 3 "
    "M -2.5 4 H 3.5",
    "businessRuleTask": "M -8 -6 H 8 V 6 H -8 Z M -8 -2.5 H 8 M -8 1.8 H 8 M -3.5 -2.5 V 6",
    "manualTask": "M -8 -1 L -3.6 -5.4 C -2.4 -6.5 -1 -5.5 -1.8 -4.2 L -3 -2.2 H 6 "
    "C 7.6 -2.2 7.6 0.2 6 0.2 H 1.5 M 6.5 0.2 C 8.2 0.2 8.2 2.6 6.5 2.6 H 1.5 "
    "M 5.8 2.6 C 7.2 2.6 7.2 5 5.8 5 H 1.5 M 4.6 5 C 6 5 6 7.2 4.6 7.2 H -3.5 "
    "C -6.5 7.2 -8 5.6 -8 3 Z",
}
_RULE_HEAD: Final = "M -8 -6 H 8 V -2.5 H -8 Z"

#: What stands at the lower border of an activity, within 14 by 14.
_FOOT_SIGNS: Final = {
    "closed": "M -7 -7 H 7 V 7 H -7 Z M 0 -4.5 V 4.5 M -4.5 0 H 4.5",
    "loop": "M -2 6 A 5.8 5.8 0 1 1 2.5 5.6 M -6.5 6.4 H -2 V 2",
    "parallel": "M -4.5 -6 V 6 M 0 -6 V 6 M 4.5 -6 V 6",
    "sequential": "M -6 -4.5 H 6 M -6 0 H 6 M -6 4.5 H 6",
    "ad hoc": "M -6 2 C -4 -4 -1.5 -2.5 0 0 C 1.5 2.5 4 4 6 -2",
    "compensate": "M 0 -5 V 5 L -7 0 Z M 7 -5 V 5 L 0 0 Z",
}
_THICK: Final = frozenset({"parallel", "sequential", "ad hoc"})

#: Local name of a gateway → its sign within a diamond of 50 by 50.
_GATEWAY_SIGNS: Final = {
    "exclusiveGateway": "M -7 -8 L 7 8 M -7 8 L 7 -8",
    "parallelGateway": "M 0 -11 V 11 M -11 0 H 11",
    "complexGateway": "M 0 -11 V 11 M -11 0 H 11 M -7.5 -7.5 L 7.5 7.5 M -7.5 7.5 L 7.5 -7.5",
    "inclusiveGateway": "M 11 0 A 11 11 0 1 1 -11 0 A 11 11 0 1 1 11 0 Z",
}


def placed(x: float, y: float, scale: float = 1) -> str:
    """Return the transformation that brings a sign to its place."""
    moved = f"translate({number(x)} {number(y)})"
    return moved if abs(scale - 1) < 0.01 else f"{moved} scale({number(scale)})"


def event_sign(event: str, transform: str, *, throws: bool) -> str:
    """Return the sign of an event: filled where it is raised, empty where it is awaited."""
    path = EVENT_SIGNS.get(event)
    if path is None:
        return ""
    if event in _ALWAYS_FILLED:
        return solid(path, transform=transform)
    if not throws or event in _NEVER_FILLED:
        return line(path, width=1.2, transform=transform)
    draw = reversed_out if event == "message" else solid
    return draw(path, transform=transform)


def task_sign(kind: str, transform: str) -> str:
    """Return the sign that tells who or what does the task."""
    if kind == "sendTask":
        return reversed_out(_ENVELOPE, transform=transform)
    path = _TASK_SIGNS.get(kind)
    if path is None:
        return ""
    head = solid(_RULE_HEAD, transform=transform) if kind == "businessRuleTask" else ""
    return head + line(path, width=1.2, transform=transform)


def foot_sign(kind: str, transform: str) -> str:
    """Return the sign at the lower border."""
    return line(_FOOT_SIGNS[kind], width=2.2 if kind in _THICK else 1.2, transform=transform)


def gateway_sign(kind: str, transform: str) -> str:
    """Return what a gateway carries inside."""
    path = _GATEWAY_SIGNS.get(kind)
    if path is None:
        return ""
    return line(path, width=2.5 if kind == "inclusiveGateway" else 3, transform=transform)
