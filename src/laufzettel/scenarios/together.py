"""Many scenarios at once: a process for each core, where the system can fork one.

Each scenario has a database and folders of its own, so nothing is shared but what was read
before: the compiled model and the template of the database.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from laufzettel.scenarios.run import Course, Result
from laufzettel.scenarios.scenario import Scenario

#: Fewer scenarios than this are run one after the other: a process has to be begun first.
FEW: Final = 8
PROCESSES_MAX: Final = 8
#: The course that a forked process runs scenarios of.
_courses: list[Course] = []


def processes_here() -> int:
    """Return how many processes are worth while; 1 where none can be forked."""
    # macOS has fork but its system libraries do not survive it.
    can_fork = sys.platform.startswith("linux")
    return min(os.cpu_count() or 1, PROCESSES_MAX) if can_fork else 1


def play(course: Course, scenarios: Sequence[Scenario], processes: int) -> Iterator[Result]:
    """Yield the result of each scenario, in their order.

    The first one runs here; what it prepares, the others find.
    """
    if processes < 2 or len(scenarios) < FEW:
        yield from map(course.run, scenarios)
        return
    yield course.run(scenarios[0])
    rest = scenarios[1:]
    _courses.append(course)
    try:
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(processes, context, initializer=_begin) as pool:
            size = max(1, min(10, len(rest) // (4 * processes)))
            yield from pool.map(_run, rest, chunksize=size)
    finally:
        _courses.pop()


def _begin() -> None:
    """Let the forked process write where no other one does."""
    _courses[-1].separate(str(os.getpid()))


def _run(scenario: Scenario) -> Result:
    return _courses[-1].run(scenario)
