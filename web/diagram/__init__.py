"""The drawing of a process and its equal in words, for pages and PDF files alike.

``draw`` makes an SVG of a BPMN model with the place where a case stands, ``steps`` says the
same as a list. Both read the bytes of the model themselves and never run anything.
"""

from laufzettel.web.diagram.drawing import draw
from laufzettel.web.diagram.sheet import StepState
from laufzettel.web.diagram.steps import Onward, Step, steps

__all__ = ["Onward", "Step", "StepState", "draw", "steps"]
