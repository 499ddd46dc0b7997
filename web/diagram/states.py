"""How the state of a step is seen: by a sign and the border, and only then by colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from laufzettel.web.diagram.geometry import Box
from laufzettel.web.diagram.icons import placed
from laufzettel.web.diagram.sheet import StepState
from laufzettel.web.diagram.svg import INK, PAPER, shape, tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Fill and border of a shape."""

    fill: str = PAPER
    stroke: str = INK
    width: float = 1.5
    word: str = ""  # as the list of steps says it


LOOKS: Final = {
    None: Look(),
    StepState.DONE: Look(fill="#d9f3e8", stroke="#15654c", word="erledigt"),
    StepState.ACTIVE: Look(
        fill="#dcebfb", stroke="#0b4f96", width=3, word="hier steht der Vorgang"
    ),
    StepState.INCIDENT: Look(fill="#fde3e1", stroke="#a8181f", width=3, word="Störung"),
}

_SIGNS: Final = {
    StepState.DONE: "M -3.8 0.2 L -1.2 3 L 4 -3",
    StepState.ACTIVE: "M -2.2 -3.6 L 3.8 0 L -2.2 3.6 Z",
    StepState.INCIDENT: "M 0 -4 V 1.2 M 0 3.6 V 4.4",
}
_PLATES: Final = {
    StepState.DONE: "M 8 0 A 8 8 0 1 1 -8 0 A 8 8 0 1 1 8 0 Z",
    StepState.ACTIVE: "M 8 0 A 8 8 0 1 1 -8 0 A 8 8 0 1 1 8 0 Z",
    StepState.INCIDENT: "M 0 -11 L 11 8 H -11 Z",  # not only another colour, another form
}


def ring(box: Box, state: StepState | None, radius: float) -> str:
    """Return a halo that finds the eye where the case waits; nothing elsewhere."""
    if state not in (StepState.ACTIVE, StepState.INCIDENT):
        return ""
    return shape(
        box.grown(6),
        radius=radius + 6,
        cls="diagram-ring",
        fill="none",
        stroke=LOOKS[state].stroke,
        stroke_width=4,
        stroke_opacity=0.3,
    )


def badge(x: float, y: float, state: StepState | None) -> str:
    """Return the sign of the state: check mark, arrow, or exclamation mark in a triangle."""
    if state is None:
        return ""
    filled = PAPER if state is StepState.ACTIVE else "none"
    return tag(
        "g",
        tag(
            "path",
            cls="diagram-badge",
            d=_PLATES[state],
            fill=LOOKS[state].stroke,
            stroke=PAPER,
            stroke_width=1.5,
            stroke_linejoin="round",
        ),
        tag(
            "path",
            cls=f"diagram-badge-sign{'' if filled == 'none' else '-filled'}",
            d=_SIGNS[state],
            fill=filled,
            stroke=PAPER,
            stroke_width=2,
            stroke_linecap="round",
            stroke_linejoin="round",
        ),
        transform=placed(x, y),
    )
