"""Which elements come directly before and after others; gateways are passed through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from laufzettel.web.diagram.sheet import Element, Sheet
from laufzettel.web.diagram.vocabulary import Form

#: Most gateways that are passed on the way to a neighbour.
_PASSED_MAX: Final = 3
#: Most elements that are named as neighbours.
NEIGHBOURS_MAX: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An element near others."""

    id: str
    through: str  # the element one step nearer


def by_distance(sheet: Sheet, wanted: Collection[str]) -> Iterator[Neighbour]:
    """Yield what is directly before and after the wanted elements, the nearest first."""
    ways = _ways(sheet)
    known = set(wanted)
    layer = [(ident, way) for ident in wanted for way in ways]
    for _ in range(_PASSED_MAX + 1):
        following = []
        for ident, way in layer:
            for other in way.get(ident, ()):
                if other in known or len(known) > NEIGHBOURS_MAX + len(wanted):
                    continue
                known.add(other)
                yield Neighbour(id=other, through=ident)
                if _is_passed(sheet.elements[other]):
                    following.append((other, way))
        layer = following


def _is_passed(element: Element) -> bool:
    """Tell whether a step behind it is still the next one: nobody does anything there."""
    return element.form is Form.GATEWAY or bool(element.attached_to)


def _ways(sheet: Sheet) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """Return what comes after each element, and what before."""
    after: defaultdict[str, list[str]] = defaultdict(list)
    before: defaultdict[str, list[str]] = defaultdict(list)
    for line in sheet.lines:
        if line.source in sheet.elements and line.target in sheet.elements:
            after[line.source].append(line.target)
            before[line.target].append(line.source)
    for element in sheet.elements.values():
        if element.attached_to in sheet.elements:
            after[element.attached_to].append(element.id)
            before[element.id].append(element.attached_to)
    return after, before
