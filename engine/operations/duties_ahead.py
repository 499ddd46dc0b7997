"""Whether what lies ahead of a case can still be signed.

A handler that books or pays asks for duties; in a checked model they lie on every path before
it. A token that is put elsewhere may pass them by: then the duty would have lost its task.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import sqlalchemy as sa

from laufzettel.engine.execution.case_run import CaseRun
from laufzettel.engine.model.course import Course
from laufzettel.engine.model.definition import Definition, Element, Kind
from laufzettel.engine.tables import duty_signature


def refusals(
    connection: sa.Connection, row: sa.Row[tuple[object, ...]], definition: Definition, run: CaseRun
) -> Iterator[str]:
    """Yield for each duty that could no longer be signed what it is wanted for."""
    ahead = _ahead(definition, run)
    elements = elements_of(definition)
    signable = {duty for one in ahead for duty in _duties(elements[one])}
    given: set[str] | None = None
    for one in sorted(ahead):
        handler = definition.handlers.get(elements[one].handler, {})
        for duty in handler.get("requires_duties", ()):
            if given is None:
                given = _signed(connection, row)
            if duty not in signable and duty not in given:
                yield (
                    f"„{elements[one].name or one}“ verlangt „{duty}“, aber von dort aus "
                    "gibt es keine Aufgabe mehr, die das zeichnet."
                )


def elements_of(definition: Definition) -> Mapping[str, Element]:
    """Return every element of all processes by its id."""
    processes = definition.processes.values()
    return {key: one for each in processes for key, one in each.elements.items()}


def _duties(element: Element) -> Sequence[str]:
    return [duty for duty in element.duty.split(",") if duty]


def _signed(connection: sa.Connection, row: sa.Row[tuple[object, ...]]) -> set[str]:
    query = sa.select(duty_signature.c.duty).where(
        duty_signature.c.tenant == row.tenant, duty_signature.c.scope == row.duty_scope
    )
    return set(connection.execute(query).scalars())


def _ahead(definition: Definition, run: CaseRun) -> set[str]:
    """Return every element that a token of the case stands at or may still reach."""
    courses = {key: Course(process) for key, process in definition.processes.items()}
    process_of = {key: name for name, each in courses.items() for key in each.elements}
    starts = {wait.element for wait in run.waits()}
    starts |= {scope.element for scope in run.scopes().values()}  # behind every activity around
    found: set[str] = set()
    todo = [one for one in starts if one in process_of]
    while todo:
        element = todo.pop()
        if element not in found:
            found.add(element)
            todo.extend(_next(definition, courses[process_of[element]], element))
    return found


def _next(definition: Definition, course: Course, element: str) -> Collection[str]:
    one = course.elements[element]
    following = [*course.after(element), *course.boundaries(element)]
    if one.kind is Kind.CALL and one.called in definition.processes:
        called = definition.processes[one.called].elements.values()
        following += [start.id for start in called if start.kind is Kind.START]
    return following
