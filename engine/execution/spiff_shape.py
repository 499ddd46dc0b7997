"""What SpiffWorkflow must know of a definition besides the parsed specs."""

from __future__ import annotations

from laufzettel.engine.model.definition import Definition, Kind
from laufzettel.engine.model.normalise import is_added_end


class Shape:
    """The elements that our tokens treat in a way of their own, by id; never changes."""

    def __init__(self, definition: Definition) -> None:
        elements = [
            one for process in definition.processes.values() for one in process.elements.values()
        ]
        #: Starts of event subprocesses -> whether they interrupt.
        self.armed = {one.id: one.interrupting for one in elements if one.kind is Kind.ARMED}
        #: Activities that are repeated.
        self.loops = frozenset(
            one.id for one in elements if one.loop and not one.repeats and not one.own_case
        )
        #: Ends that nobody has drawn.
        self.added_ends = frozenset(one.id for one in elements if is_added_end(one))
