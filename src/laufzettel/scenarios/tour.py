"""One run of one scenario: step by step, looking after each, in one of two modes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from laufzettel.errors import LaufzettelError
from laufzettel.scenarios.acts import StepError, perform
from laufzettel.scenarios.judge import Difference, german, judge
from laufzettel.scenarios.observe import COMPARED, observe
from laufzettel.scenarios.scenario import Aspect, Expected, Place, Scenario, Step
from laufzettel.scenarios.world import OPERATOR, World

_ID: Final = re.compile(r"\b[0-9abcdefghjkmnpqrstvwxyz]{26}\b")


class Mode(StrEnum):
    """In which way a scenario is run."""

    STRAIGHT = "am Stück"  # one composition from the first step to the last
    ANEW = "nach jedem Schritt neu gestartet"  # everything closed and composed from the database


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a scenario failed."""

    place: Place
    mode: Mode
    difference: Difference


@dataclass(slots=True, kw_only=True)
class Tour:
    """What came of one run."""

    mode: Mode
    failures: list[Failure] = field(default_factory=list)
    views: list[dict[Aspect, Any]] = field(default_factory=list)  # what was seen, step by step


def travel(scenario: Scenario, world: World, mode: Mode) -> Tour:
    """Return the tour through all steps, or up to the first that fails."""
    tour = Tour(mode=mode)
    case_id = ""
    incidents: Any = []  # what the scenario knows of; any other incident is a failure
    for step in scenario.steps:
        if mode is Mode.ANEW and tour.views:
            world.reopen()
        case_id, problems = _take(world, step, case_id)
        incidents = _known_incidents(step, incidents)
        if not problems:
            problems, view = _look(world, step, case_id, incidents)
            tour.views.append(view)
        if problems:
            tour.failures = [Failure(place=p, mode=mode, difference=d) for p, d in problems]
            return tour
    if mode is Mode.STRAIGHT:
        tour.failures = [
            Failure(place=p, mode=mode, difference=d) for p, d in _audit(world, scenario)
        ]
    return tour


def _known_incidents(step: Step, before: Any) -> Any:
    """Return what incidents the scenario knows of: those it named last."""
    named = [e.pattern for e in step.expected if e.aspect is Aspect.INCIDENTS]
    return named[-1] if named else before


_Problems = list[tuple[Place, Difference]]


def _take(world: World, step: Step, case_id: str) -> tuple[str, _Problems]:
    """Do what the step says; return the case in view and what went otherwise."""
    cases = world.outside.cases
    if step.case and step.case not in cases:
        there = ", ".join(cases) or "keiner"
        return case_id, [
            _problem(step, "case", f"„{step.case}“", f"gibt es nicht; es gibt {there}")
        ]
    case_id = cases[step.case] if step.case else case_id
    if step.act is None:
        return case_id, []
    try:
        seen = perform(world, step.act, case_id)
    except StepError as error:
        return case_id, [_problem(step, "Schritt", "der Schritt gelingt", str(error))]
    except LaufzettelError as error:
        return case_id, _refusal(step, str(error))
    if step.refused:
        return seen, [_problem(step, "refused", german(step.refused), "nicht abgelehnt")]
    return seen, []


def _refusal(step: Step, text: str) -> _Problems:
    if not step.refused:
        return [_problem(step, "Schritt", "der Schritt gelingt", f"abgelehnt: {text}")]
    missing = [words for words in step.refused if words not in text]
    return [_problem(step, "refused", german(missing), german(text))] if missing else []


def _problem(step: Step, what: str, expected: str, found: str) -> tuple[Place, Difference]:
    return step.place, Difference(what=what, expected=expected, found=found)


def _look(
    world: World, step: Step, case_id: str, incidents: Any
) -> tuple[_Problems, dict[Aspect, Any]]:
    """Return what is not as expected, and what was to be seen."""
    if not case_id:
        return [_problem(step, "Schritt", "ein Vorgang", "es hat noch keiner begonnen")], {}
    wanted = list(step.expected)
    if not any(expected.aspect is Aspect.INCIDENTS for expected in wanted):
        wanted.append(Expected(aspect=Aspect.INCIDENTS, pattern=incidents, place=step.place))
    view = observe(world, case_id, {*COMPARED, *(expected.aspect for expected in wanted)})
    problems = [
        (expected.place, difference)
        for expected in wanted
        for difference in judge(expected.aspect, expected.pattern, view[expected.aspect])
    ]
    return problems, view


def _audit(world: World, scenario: Scenario) -> _Problems:
    """Return what of the audit does not verify; nothing a scenario does may harm it."""
    world.app.seal()
    report = world.app.engine.verify(OPERATOR)
    return [
        (scenario.place, Difference(what="Protokoll", expected="unversehrt", found=str(finding)))
        for finding in report.findings
    ]


def differences(straight: Tour, anew: Tour, scenario: Scenario) -> list[Failure]:
    """Return where the restarted run saw something else than the straight one.

    Ids are made anew in every run; they are compared by the order in which they turn up.
    """
    known: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for step, one, other in zip(scenario.steps, straight.views, anew.views, strict=True):
        for aspect in COMPARED:
            first = _without_ids(one[aspect], known[0])
            second = _without_ids(other[aspect], known[1])
            if first != second:
                difference = Difference(
                    what=f"{aspect.value} nach einem Neustart",
                    expected=german(first),
                    found=german(second),
                )
                return [Failure(place=step.place, mode=Mode.ANEW, difference=difference)]
    return []


def _without_ids(value: Any, known: dict[str, str]) -> Any:
    """Return the value with its ids numbered in the order of their first appearance.

    >>> _without_ids(["x:01hx0000000000000000000000"], {})
    ['x:#1']
    """
    if isinstance(value, dict):
        return {key: _without_ids(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_ids(item, known) for item in value]
    if isinstance(value, str):
        return _ID.sub(lambda match: known.setdefault(match[0], f"#{len(known) + 1}"), value)
    return value
