"""Messages and signals that only a connector of the installation may say.

An acknowledgement of the HKR ends in a booking. A model may wait for one; it may neither throw
one, as if it were the HKR, nor begin by one, which would take it from the case it is for.
"""

from __future__ import annotations

from collections.abc import Iterator

from laufzettel.engine.model.definition import Definition, EventKind, Kind
from laufzettel.engine.model.normalise import begins

_NAMED = (EventKind.MESSAGE, EventKind.SIGNAL)
_THROWING = (Kind.THROW, Kind.SEND, Kind.END)


def misused(definition: Definition, prefixes: tuple[str, ...]) -> Iterator[str]:
    """Yield each name with one of the beginnings that the model throws or begins by."""
    for process in definition.processes.values():
        for element in process.elements.values():
            event = element.event
            if event is None or event.kind not in _NAMED or not event.name.startswith(prefixes):
                continue
            if element.kind in _THROWING or begins(process, element):
                yield event.name


__all__ = ["misused"]
