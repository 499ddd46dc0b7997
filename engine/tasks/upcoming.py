"""Who comes after a task: the duties that lie ahead when it is answered by signing.

The process is followed forwards. Ways that lead back are left out, and so are those that only
an error or a reminder opens; a decision that can be told already is taken, any other one goes
both ways, and what lies on one of them alone is uncertain („ggf.“).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laufzettel.engine.execution import assignment
from laufzettel.engine.model.contract import HandlerKind
from laufzettel.engine.model.course import Course
from laufzettel.engine.model.definition import Definition, Element, EventKind, Kind
from laufzettel.engine.tasks.answers import answers_by_signing
from laufzettel.engine.tasks.foresight import View, passing, written

#: Most steps that are named.
STEPS_MAX: Final = 20
#: Where a token takes one of several ways.
_ONE_OF: Final = (Kind.EXCLUSIVE, Kind.INCLUSIVE, Kind.EVENT_GATEWAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step that lies ahead."""

    element: Element
    is_certain: bool  # no way to an end goes round it
    is_effect: bool  # the first that goes out; the list ends with it


def steps_ahead(
    definition: Definition, course: Course, element: str, known: Mapping[str, Any], now: datetime
) -> tuple[Step, ...]:
    """Return the user tasks with duties behind ``element``, and the first effect behind them."""
    way = _Way(definition, course, now)
    way.walk(element, View(known))
    effect = way.first_effect()
    found = [
        one
        for one in way.reached[1:]
        if course.elements[one].kind is Kind.USER
        and assignment.duties(course.elements[one])
        and (effect is None or way.leads(one, effect))
    ]
    listed = [*found[:STEPS_MAX], *([effect] if effect else [])]
    return tuple(
        Step(
            element=course.elements[one],
            is_certain=not way.can_avoid(one),
            is_effect=one == effect,
        )
        for one in listed
    )


class _Way:
    """The part of a process that lies ahead of one element, without ways back."""

    def __init__(self, definition: Definition, course: Course, now: datetime) -> None:
        self._definition = definition
        self._course = course
        self._now = now
        self._next: dict[str, list[str]] = {}
        self._flows = {
            key: flow for each in definition.processes.values() for key, flow in each.flows.items()
        }
        self.reached: list[str] = []

    def walk(self, start: str, view: View) -> None:
        """Follow every way from ``start``, deciding what can be decided."""
        self._start = start
        order = self._course.order(start, self._forwards)
        place = {one: number for number, one in enumerate(order)}
        views = {start: view}
        for one in order:
            if one not in views:
                continue
            self.reached.append(one)
            behind = self._behind(one, views[one])
            self._next[one] = [
                target for target in self._taken(one, behind) if place[target] > place[one]
            ]
            for target in self._next[one]:
                seen = views.get(target)
                views[target] = behind if seen is None else seen.meet(behind)

    def _forwards(self, element: str) -> list[str]:
        ways = self._course.after(element) + self._interrupting(element)
        return [one for one in ways if not self._course.is_back(element, one)]

    def _interrupting(self, element: str) -> list[str]:
        """Return the events that may take the place of the element's being done."""
        if element == self._start:
            return []  # it is done
        found = [self._course.elements[one] for one in self._course.boundaries(element)]
        return [
            one.id
            for one in found
            if one.interrupting and one.event and one.event.kind is not EventKind.ERROR
        ]

    def _behind(self, element: str, view: View) -> View:
        one = self._course.elements[element]
        outer = self._course.elements.get(one.scope)
        if not one.outgoing and outer is not None:
            return view.with_lost(written(outer))
        return passing(view, self._definition, one, answers_by_signing(one), self._now)

    def _taken(self, element: str, view: View) -> list[str]:
        """Return the ways forwards that may be taken with what is known."""
        one = self._course.elements[element]
        if one.kind not in (Kind.EXCLUSIVE, Kind.INCLUSIVE):
            return self._forwards(element)
        targets = [self._flows[flow].target for flow in self._decided(one, view)]
        return [target for target in targets if not self._course.is_back(element, target)]

    def _decided(self, gateway: Element, view: View) -> list[str]:
        """Return the sequence flows that may be taken."""
        taken = []
        for flow in gateway.outgoing:
            condition = self._flows[flow].condition
            if flow == gateway.default_flow:
                continue
            is_sure, value = view.value(condition, self._now) if condition else (False, None)
            if not is_sure or value is True:
                taken.append(flow)
            if is_sure and value is True and gateway.kind is Kind.EXCLUSIVE:
                return taken
        return [*taken, gateway.default_flow] if gateway.default_flow else taken

    # --- questions -----------------------------------------------------------------------

    def first_effect(self) -> str | None:
        """Return the first step that goes out; one that needs signatures before any other."""
        effects = [one for one in self.reached[1:] if self._contract(one)]
        signed = [one for one in effects if self._contract(one)["requires_duties"]]
        return next(iter(signed or effects), None)

    def _contract(self, element: str) -> dict[str, Any]:
        contract = self._definition.handlers.get(self._course.elements[element].handler, {})
        return contract if contract.get("kind") == HandlerKind.EFFECT else {}

    def leads(self, source: str, target: str) -> bool:
        """Say whether a way leads from one to the other."""
        return target in self._course.order(source, self._ahead)

    def _ahead(self, element: str) -> list[str]:
        return self._next.get(element, [])

    def can_avoid(self, element: str) -> bool:
        """Say whether the case can come to an end without the element being done."""
        alive, avoids = set[str](), set[str]()
        for one in reversed(self.reached):
            ways = self._next[one]
            is_end = self._course.is_end(one)
            if is_end or any(way in alive for way in ways):
                alive.add(one)
            is_interrupted = any(way in avoids for way in self._interrupting(one))
            if is_interrupted or (one != element and (is_end or self._avoids(one, alive, avoids))):
                avoids.add(one)
        return self._start in avoids

    def _avoids(self, element: str, alive: set[str], avoids: set[str]) -> bool:
        """Say whether a token can go round, once the element is done."""
        border = self._interrupting(element)
        ways = [way for way in self._next[element] if way in alive and way not in border]
        if self._course.elements[element].kind in _ONE_OF:
            return any(way in avoids for way in ways)
        return bool(ways) and all(way in avoids for way in ways)
