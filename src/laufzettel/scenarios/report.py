"""Telling in German how scenarios ended, and what of the model none of them takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.normalise import is_drawn
from laufzettel.scenarios.routes import deciding, described, routes
from laufzettel.scenarios.run import Result
from laufzettel.scenarios.scenario import Step
from laufzettel.scenarios.tour import Failure

#: Most untaken routes that are told; the shortest come first.
UNTAKEN_MAX: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What the scenarios of a process take of its model."""

    elements: int
    flows: int
    missed_elements: tuple[str, ...]  # ids in the model's order
    missed_flows: tuple[str, ...]
    routes: int = 0  # that were looked at
    untaken: tuple[str, ...] = ()  # routes that no scenario takes, as their decisions
    is_complete: bool = True  # whether there are no more routes

    @property
    def is_whole(self) -> bool:
        """Whether nothing was missed."""
        return not self.missed_elements and not self.missed_flows


def coverage(definition: Definition, results: Iterable[Result]) -> Coverage:
    """Return what of the model the scenarios that held have taken."""
    held = [result for result in results if result.is_ok]
    visited = {name for result in held for name in result.elements}
    taken = {name for result in held for name in result.flows}
    processes = definition.processes.values()
    elements = [name for process in processes for name in process.elements if is_drawn(name)]
    flows = [name for process in processes for name in process.flows if is_drawn(name)]
    known = routes(definition)
    untaken = known.untaken(way for result in held for way in result.ways)
    return Coverage(
        routes=len(known.found),
        untaken=tuple(described(definition, route) for route in untaken),
        is_complete=known.is_complete,
        elements=len(elements),
        flows=len(flows),
        missed_elements=tuple(name for name in elements if name not in visited),
        missed_flows=tuple(name for name in flows if name not in taken),
    )


def result_lines(result: Result) -> Iterator[str]:
    """Yield one line, and more where the scenario failed."""
    scenario = result.scenario
    if result.left_out:
        yield f"ausgelassen  {scenario.title} ({result.left_out})"
        return
    if result.is_ok:
        yield f"ok           {scenario.title} ({result.milliseconds} ms)"
        return
    yield f"FEHLER       {scenario.title}"
    for failure in result.failures:
        yield from _failure_lines(failure, result)


def _failure_lines(failure: Failure, result: Result) -> Iterator[str]:
    step = _step(failure, result)
    where = f"Schritt {step.number}, " if step else ""
    note = f" ({step.note})" if step and step.note else ""
    yield f"  {failure.place.file}:{failure.place.line}: {where}{failure.mode.value}{note}"
    yield f"    {failure.difference.what}"
    yield f"    erwartet: {failure.difference.expected}"
    yield f"    gefunden: {failure.difference.found}"


def _step(failure: Failure, result: Result) -> Step | None:
    """Return the step that the failure lies in; None for what is given."""
    before = [step for step in result.scenario.steps if step.place.line <= failure.place.line]
    return before[-1] if before and before[-1].number else None


def coverage_lines(definition: Definition, found: Coverage) -> Iterator[str]:
    """Yield what is taken, and the names of what is not."""
    taken = found.elements - len(found.missed_elements)
    flows = found.flows - len(found.missed_flows)
    yield (f"Abdeckung: {taken} von {found.elements} Elementen, {flows} von {found.flows} Pfeilen")
    names = _names(definition)
    for what, missed in (("Element", found.missed_elements), ("Pfeil", found.missed_flows)):
        for name in missed:
            yield f"  kein Szenario: {what} {name}{names.get(name, '')}"
    yield from _route_lines(found)


def _route_lines(found: Coverage) -> Iterator[str]:
    """Yield the routes that no scenario takes, as many as can be read."""
    more = "" if found.is_complete else " (es gibt mehr)"
    taken = found.routes - len(found.untaken)
    yield f"Wege vom Start zu einem Ende: {taken} von {found.routes}{more}"
    yield from (f"  kein Szenario nimmt: {route}" for route in found.untaken[:UNTAKEN_MAX])
    if left := len(found.untaken) - UNTAKEN_MAX:
        yield from [f"  … und {left} weitere"] * (left > 0)


def _names(definition: Definition) -> dict[str, str]:
    found: dict[str, str] = {}
    for process in definition.processes.values():
        for element in process.elements.values():
            found[element.id] = f" „{element.name}“" if element.name else ""
        for flow in process.flows.values():
            label = f" „{flow.name}“" if flow.name else ""
            decision = deciding(process, flow.id)
            where = f", {decision}" if decision else ""
            found[flow.id] = f"{label} ({flow.source} → {flow.target}){where}"
    return found


def summary(results: Sequence[Result]) -> str:
    """Return the last line.

    >>> summary([])
    '0 Szenarien: 0 ok, 0 fehlgeschlagen, 0 ausgelassen'
    """
    left_out = sum(bool(result.left_out) for result in results)
    failed = sum(bool(result.failures) for result in results)
    held = len(results) - left_out - failed
    return f"{len(results)} Szenarien: {held} ok, {failed} fehlgeschlagen, {left_out} ausgelassen"
