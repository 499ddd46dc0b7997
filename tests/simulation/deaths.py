"""Two real workers on PostgreSQL, killed again and again by SIGKILL while they work."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

from tests.simulation.test_killed_processes import all_ended, deliveries, real, worker
from tests.simulation.world import OPERATOR, World, sample

#: Seconds from one death to the next, drawn between these.
PAUSE_S = (0.1, 1.5)
WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """What came of it."""

    deaths: int
    cases: int
    lost: int  # cases that did not end, promises that do not hold
    doubled: int  # orders, parcels and letters that left or were booked more than once
    seconds_after: float  # from the last death until everything had ended


def many_deaths(world: World, deaths: int, seed: int, *, patience_s: float) -> Toll:
    """Let people, the HKR and two workers live while the workers die at drawn moments.

    Work is added as long as anybody is still to die; then all of it must end.
    """
    chance, died = random.Random(seed), 0
    world = real(world)
    deadline = time.monotonic() + patience_s
    with ExitStack() as stack:
        alive = [stack.enter_context(worker(world)) for _ in range(WORKERS)]
        for name, data in deliveries().items():
            world.deliver(name, data)
        last = time.monotonic()
        next_death = last + chance.uniform(*PAUSE_S)
        while died < deaths or not all_ended(world):
            if time.monotonic() > deadline:
                break
            world.act()
            world.ledger_works()
            if died < deaths and time.monotonic() > next_death:
                victim = chance.randrange(WORKERS)
                alive[victim].kill()
                alive[victim].wait()
                died, last = died + 1, time.monotonic()
                world.deliver(f"{died}.xml", sample("SMALL", _number(died)))
                alive[victim] = stack.enter_context(worker(world))
                next_death = time.monotonic() + chance.uniform(*PAUSE_S)
            time.sleep(0.02)
    return _toll(world, died, time.monotonic() - last)


def _number(death: int) -> str:
    """Return numbers of which none looks like another mistyped: a person would be asked."""
    return f"RE-T{death * 104_729 % 1_000_000:06}"


def _toll(world: World, died: int, seconds_after: float) -> Toll:
    world.app.seal()
    cases = world.app.engine.cases(OPERATOR)
    unfinished = sum(view.status != "ended" for view in cases)
    trouble = [*world.breaches(), *world.app.engine.incidents(OPERATOR)]
    more = (world.ledger.received(), world.handovers.count(), world.letters.count())
    booked = Counter(one.order_id for one in world.ledger.bookings())
    return Toll(
        deaths=died,
        cases=len(cases),
        lost=unfinished + len(trouble),
        doubled=sum(number - 1 for each in (*more, booked) for number in each.values()),
        seconds_after=round(seconds_after, 1),
    )
