"""How large a model may be: what is larger is refused before anything is computed on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from laufzettel.engine.model.source import Place, Process

#: Most flow nodes of one process: SpiffWorkflow's parser is recursive along a path.
NODES_MAX: Final = 300
#: Most sequence flows of one process.
FLOWS_MAX: Final = 900
#: Most input and output mappings, and properties, of one element.
ROWS_MAX: Final = 100
#: Most names in one laufzettel:variables.
NAMES_MAX: Final = 300
#: Most processes of one bundle.
PROCESSES_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """What is too large: where, how much, and of what."""

    at: Place
    count: int
    most: int
    things_de: str
    things_en: str


def excess(process: Process) -> Iterator[Excess]:
    """Yield what is too large in a process."""
    yield from _over(process, len(process.nodes), NODES_MAX, "Schritte", "nodes")
    yield from _over(process, len(process.flows), FLOWS_MAX, "Pfeile", "flows")
    for place in (process, *process.nodes):
        rows = sum(len(each.children) for each in place.extensions)
        yield from _over(place, rows, ROWS_MAX, "Zeilen an Zuordnungen", "rows of mappings")
        names = place.properties.get("laufzettel:variables", "").count(",")
        yield from _over(place, names, NAMES_MAX, "Variablen", "variables")


def _over(at: Place, count: int, most: int, things_de: str, things_en: str) -> Iterator[Excess]:
    if count > most:
        yield Excess(at=at, count=count, most=most, things_de=things_de, things_en=things_en)
