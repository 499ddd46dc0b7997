"""What a drawing is made of: the elements of a model, and where each stands on the plane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from laufzettel.web.diagram.geometry import Box, Point
from laufzettel.web.diagram.vocabulary import FORMS, NODES, Form


class StepState(StrEnum):
    """Where a case stands at an element; without a state it has not been there."""

    DONE = "done"  # passed at least once, nothing waits there now
    ACTIVE = "active"  # the case waits there
    INCIDENT = "incident"  # the case waits there with a Störung


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of the model that is no line."""

    id: str
    tag: str  # local name in BPMN
    name: str = ""
    scope: str = ""  # id of the process or sub-process it lies in
    event: str = ""  # short name of what an event waits for or raises; see EVENTS
    interrupting: bool = True
    attached_to: str = ""  # boundary events: the id of the activity
    loop: str = ""  # "loop", "parallel" or "sequential": an activity that repeats
    by_event: bool = False  # an event sub-process
    compensates: bool = False  # an activity that takes another one back
    many: bool = False  # a collection of data, a pool that stands for several
    begins: bool = False  # a gateway or receive task that begins the process
    opaque: bool = False  # a pool whose inside is not in the model
    place: str = ""  # name of its lane or pool

    @property
    def form(self) -> Form:
        """How it is drawn."""
        return FORMS[self.tag]

    @property
    def is_node(self) -> bool:
        """Whether a case can pass through it."""
        return self.form in NODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the model from one element to another."""

    id: str
    tag: str
    source: str
    target: str
    name: str = ""
    is_default: bool = False
    is_conditional: bool = False
    direction: str = ""  # associations: "none", "one" or "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where an element stands."""

    element: Element
    box: Box
    label: Box | None = None
    expanded: bool = False  # sub-processes and calls: the inside is shown
    upright: bool = False  # pools and lanes: run from top to bottom
    marked: bool = True  # exclusive gateways: show the cross

    @property
    def is_open(self) -> bool:
        """Whether other elements are drawn inside."""
        return self.expanded and self.element.form in (Form.SCOPE, Form.ACTIVITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Where a line runs."""

    line: Line
    points: tuple[Point, ...]
    label: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """One drawing of the model."""

    shapes: tuple[Shape, ...] = ()
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A model as drawings and lists need it."""

    elements: Mapping[str, Element] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    planes: tuple[Plane, ...] = ()
