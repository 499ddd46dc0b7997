"""Which ways through a model there are, and which of them no scenario takes.

A route is what one token can do from a start event to an end, or back to where it has been: at
each decision one branch, a boundary event beside its activity's own way. The shortest come
first; a model with many has more than are looked at.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from laufzettel.engine.model.definition import Definition, Element, EventKind, Kind, Process
from laufzettel.engine.model.normalise import ENDINGS, is_drawn

#: Most routes that are looked at, and most beginnings that are followed to find them.
ROUTES_MAX: Final = 200
STEPS_MAX: Final = 20_000
#: Elements at which a token takes one of several ways.
_DECIDING: Final = frozenset({Kind.EXCLUSIVE, Kind.INCLUSIVE, Kind.EVENT_GATEWAY})


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a token: over an arrow, or onto a boundary event (no arrow)."""

    source: str
    target: str
    flow: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """The routes of a process, the shortest first."""

    found: tuple[tuple[Hop, ...], ...]
    is_complete: bool  # whether there are no others

    def untaken(self, ways: Iterable[Sequence[str]]) -> list[tuple[Hop, ...]]:
        """Return the routes whose elements no way has visited in this order."""
        walked = {tuple(way) for way in ways}
        return [route for route in self.found if not any(_is_in(route, way) for way in walked)]


def routes(definition: Definition) -> Routes:
    """Return the routes of the main process; a call activity is one step."""
    chart = _Chart(definition.processes[definition.main])
    found: list[tuple[Hop, ...]] = []
    todo: deque[tuple[str, tuple[Hop, ...]]] = deque((start, ()) for start in chart.starts())
    steps = 0
    while todo and len(found) < ROUTES_MAX and steps < STEPS_MAX:
        steps += 1
        at, route = todo.popleft()
        onward = chart.onward(at)
        if route and (not onward or any(hop.source == at for hop in route)):
            found.append(route)
            continue
        todo.extend((hop.target, (*route, hop)) for hop in onward)
    return Routes(found=tuple(found), is_complete=not todo)


class _Chart:
    """The hops of one process."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._boundaries: dict[str, list[str]] = defaultdict(list)
        self._starts: dict[str, list[str]] = defaultdict(list)
        for one in process.elements.values():
            if one.kind is Kind.BOUNDARY:
                self._boundaries[one.attached_to].append(one.id)
            elif one.kind is Kind.START:
                self._starts[one.scope].append(one.id)

    def starts(self) -> list[str]:
        """Return the start events of the process."""
        return self._starts[self._process.id]

    def onward(self, at: str) -> list[Hop]:
        """Return what a token at the element may do next; nothing at an end."""
        one = self._process.elements[at]
        inner = self._starts.get(at) if one.kind is Kind.SUBPROCESS else None
        own = [Hop(at, start) for start in inner] if inner else self._left(one)
        return own + [Hop(at, boundary) for boundary in self._boundaries[at]]

    def _left(self, one: Element) -> list[Hop]:
        flows = [self._process.flows[name] for name in one.outgoing]
        hops = [Hop(one.id, flow.target, flow.id) for flow in flows]
        outer = self._process.elements.get(one.scope)
        raises = one.event is not None and one.event.kind is EventKind.ERROR
        return hops if hops or outer is None or raises else self._left(outer)


def _is_in(route: tuple[Hop, ...], way: Sequence[str]) -> bool:
    """Say whether the elements of the route stand in the way in their order."""
    names = [route[0].source, *(hop.target for hop in route)]
    visited = iter(way)
    return all(name in visited for name in names if is_drawn(name))


def described(definition: Definition, route: Sequence[Hop]) -> str:
    """Return a route as its decisions and where it ends, in the words of the model."""
    process = definition.processes[definition.main]
    last = route[-1].target
    is_loop = any(hop.source == last for hop in route)
    end = _name(process, _drawn_before(route))
    if is_loop:
        end = _name(process, _landing(process, last))
    return " · ".join(
        [*_decisions(process, route), f"zurück zu {end}" if is_loop else f"Ende {end}"]
    )


def _landing(process: Process, last: str) -> str:
    """Return the first element with a name that a token comes to from there."""
    seen: set[str] = set()
    at = last
    while at not in seen and not process.elements[at].name:
        seen.add(at)
        outgoing = process.elements[at].outgoing
        if len(outgoing) != 1:
            return last
        at = process.flows[outgoing[0]].target
    return at


def _drawn_before(route: Sequence[Hop]) -> str:
    """Return the last element that is drawn: what the normaliser adds has no name."""
    names = [*(hop.target for hop in reversed(route)), route[0].source]
    return next(name for name in names if is_drawn(name))


def _decisions(process: Process, route: Sequence[Hop]) -> Iterator[str]:
    for hop in route:
        source, target = process.elements[hop.source], process.elements[hop.target]
        if target.kind is Kind.ARMED:
            yield f"wenn {_name(process, target.id)} eintritt"
        elif target.kind is Kind.BOUNDARY:
            yield f"{_name(process, hop.source)}: {_name(process, hop.target)}"
        elif source.kind in _DECIDING and len(source.outgoing) > 1:
            yield f"{_name(process, hop.source)} {answer(process, hop.flow)}"


def answer(process: Process, name: str) -> str:
    """Return what a flow of a decision says: its name, its condition, or else its target."""
    flow = process.flows[name]
    if flow.name:
        return f"„{flow.name}“"
    if flow.condition:
        return f"[{flow.condition}]"
    is_default = process.elements[flow.source].default_flow == name
    return "[sonst]" if is_default else f"→ {_name(process, flow.target)}"


def deciding(process: Process, name: str) -> str:
    """Return the decision that leads to a flow and its condition, "" where nobody decides."""
    flow = process.flows[name]
    source = process.elements[flow.source]
    if source.kind is Kind.BOUNDARY:
        return f"wenn {_name(process, source.id)} eintritt"
    if source.kind not in _DECIDING or len(source.outgoing) < 2:
        return ""
    if source.kind is Kind.EVENT_GATEWAY:
        return f"wenn {_name(process, flow.target)} zuerst eintritt"
    condition = f"wenn {flow.condition}" if flow.condition else "wenn sonst nichts zutrifft"
    return f"an {_name(process, source.id)}, {condition}"


def _name(process: Process, element: str) -> str:
    """Return what the modeller calls an element; an unnamed merge is known by its id.

    What the normaliser added to an element goes by that element's name.
    """
    drawn = next(
        (element.removesuffix(each) for each in ENDINGS if element.endswith(each)), element
    )
    one = process.elements.get(drawn) or process.elements[element]
    return f"„{one.name or drawn}“"
