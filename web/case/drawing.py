"""The drawing of a case: where its token stands in the model, as a picture and as a list."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from markupsafe import Markup

from laufzettel.engine.api import Drawing
from laufzettel.web import diagram
from laufzettel.web.diagram import Step, StepState


def svg(drawn: Drawing, *, title: str, around: Collection[str] = ()) -> Markup | None:
    """Return the picture of the model, or of the part around some steps; None without one."""
    # The renderer escapes every text itself.
    picture = diagram.draw(drawn.source, _states(drawn), title=title, around=around)
    return None if picture is None else Markup(picture)  # noqa: S704 - made by us, see above


def steps(drawn: Drawing) -> list[Step]:
    """Return the steps of the model in their order, each with its state in words."""
    return list(diagram.steps(drawn.source, _states(drawn)))


def _states(drawn: Drawing) -> Mapping[str, StepState]:
    return {element: StepState(state) for element, state in drawn.states.items()}
