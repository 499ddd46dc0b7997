"""Where a case stands in the drawing of its model."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson
import sqlalchemy as sa

from laufzettel.engine.execution import codec
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.changes import WaitKind
from laufzettel.engine.model.course import Course
from laufzettel.engine.model.definition import Definition, Kind
from laufzettel.engine.outbox.effects import EffectStatus
from laufzettel.engine.tables import bundle, case, effect, incident, user_task
from laufzettel.engine.tasks.user_tasks import TaskStatus
from laufzettel.engine.work.incidents import IncidentStatus


class ElementState(StrEnum):
    """How an element of the drawing stands in one case; what was not reached has none."""

    DONE = "done"  # a token has certainly passed it
    ACTIVE = "active"  # a token waits there
    INCIDENT = "incident"  # a token is held there, a person must act


#: Events that wait beside what is done; no token stands there.
_BESIDE: Final = (Kind.BOUNDARY, Kind.ARMED)
#: A wait whose token is held.
_HELD: Final = (WaitKind.HELD, WaitKind.GATEWAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The BPMN of a case's bundle, as it was deployed, and the state of its elements."""

    source: bytes
    process: str  # id of the process to draw
    states: Mapping[str, ElementState]


def drawing(connection: sa.Connection, bundles: Bundles, case_id: str) -> Drawing:
    """Return the drawing of a case that is there."""
    row = connection.execute(
        sa.select(*case.c["id", "bundle_id", "process_id", "state", "result"], bundle.c.sources)
        .join(bundle, bundle.c.id == case.c.bundle_id)
        .where(case.c.id == case_id)
    ).one()
    definition = bundles.load(connection, row.bundle_id, row.process_id).definition
    held, active = _waits(row.state, definition)
    held |= _incidents(connection, case_id)
    done = _passed(definition, held | active | _finished(connection, definition, row))
    states = dict.fromkeys(done, ElementState.DONE)
    states |= dict.fromkeys(active, ElementState.ACTIVE)
    states |= dict.fromkeys(held, ElementState.INCIDENT)
    source = _source(row.sources, definition.main)
    return Drawing(source=source, process=definition.main, states=states)


def _source(packed: bytes, process: str) -> bytes:
    """Return the BPMN file that draws the process."""
    files: dict[str, str] = orjson.loads(zlib.decompress(packed))
    drawn = [base64.b64decode(files[name]) for name in sorted(files) if name.endswith(".bpmn")]
    named = re.compile(rb"<(\w+:)?process\s[^>]*\bid\s*=\s*[\"']" + re.escape(process.encode()))
    return next((data for data in drawn if named.search(data)), drawn[0] if drawn else b"")


def _waits(state: bytes | None, definition: Definition) -> tuple[set[str], set[str]]:
    """Return the elements at which tokens are held, and those at which they wait."""
    if state is None:
        return set(), set()
    elements = {
        key: one for each in definition.processes.values() for key, one in each.elements.items()
    }
    held, active = set[str](), set[str]()
    for kind, element, *_ in codec.decode(state)["seen"].values():
        if kind in _HELD:
            held.add(element)
        elif element in elements and elements[element].kind not in _BESIDE:
            active.add(element)
            active |= _around(element, elements)
    return held, active


def _around(element: str, elements: Mapping[str, Any]) -> set[str]:
    """Return the subprocesses around an element."""
    found, scope = set(), elements[element].scope
    while scope in elements:
        found.add(scope)
        scope = elements[scope].scope
    return found


def _incidents(connection: sa.Connection, case_id: str) -> set[str]:
    query = sa.select(incident.c.element).where(
        incident.c.case_id == case_id, incident.c.status == IncidentStatus.OPEN
    )
    return {element for element in connection.execute(query).scalars() if element}


def _finished(connection: sa.Connection, definition: Definition, row: Any) -> set[str]:
    """Return the elements that rows of the case say were done."""
    tasks = sa.select(user_task.c.element).where(
        user_task.c.case_id == row.id, user_task.c.status == TaskStatus.COMPLETED
    )
    sent = sa.select(effect.c.handler).where(
        effect.c.case_id == row.id, effect.c.status == EffectStatus.DONE
    )
    handlers = set(connection.execute(sent).scalars())
    effects = {
        key
        for each in definition.processes.values()
        for key, one in each.elements.items()
        if one.handler in handlers
    }
    end = (row.result or {}).get("end", "")
    return {*connection.execute(tasks).scalars(), *effects, *([end] if end else [])}


def _passed(definition: Definition, known: Iterable[str]) -> set[str]:
    """Return these elements and what every token must have passed before them."""
    found = set(known)
    for process in definition.processes.values():
        course = Course(process)
        for element in found & process.elements.keys():
            found |= set(course.passed(element))
    return found
