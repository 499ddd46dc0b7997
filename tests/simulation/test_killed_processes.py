"""kill -9 at the three worst places, in real processes: nothing lost, nothing doubled.

The test process plays the people and the HKR; jobs run in worker processes only. On SQLite the
one worker is started again after its death; on PostgreSQL a second one goes on. Leases are a
twentieth of the real ones.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.world import OPERATOR, World, jobs_for, sample

from laufzettel.clock import SystemClock
from laufzettel.engine.tables import job

ROOT = Path(__file__).resolve().parents[2]
LEASE_FACTOR = 0.05
#: Real leases in seconds, shortened by the factor: work 6, parcel 3, all others 1.5.
LEASES = {"work": 120, "parcel": 60}
#: Looking for due jobs, the sweep, and starting a process on a busy machine.
SLACK_S = 4.0
PATIENCE_S = 90
FAULTY = 8


def deliveries() -> dict[str, bytes]:
    """Return two invoices that are paid, one after a refusal, and some that go back."""
    faulty = {f"f{n}.xml": sample("FAULTY", f"RE-26-4712-{n}") for n in range(FAULTY)}
    return {"gut.xml": sample("GOOD"), "rueck.xml": sample("RETURNED"), **faulty}


@dataclass(slots=True)
class Watch:
    """When the worker died, what it held, and when that went on."""

    died_at: float = 0.0
    held: dict[tuple[str, str], int] = field(default_factory=dict)  # job -> token
    took: dict[str, float] = field(default_factory=dict)  # kind -> seconds until taken over

    def is_taken_over(self, world: World) -> bool:
        """Note which of the dead worker's jobs somebody else has by now; say if all."""
        tokens = {(kind, key): token for kind, key, token, _ in held_by_anybody(world, all_=True)}
        for found, token in list(self.held.items()):
            if tokens.get(found) != token:
                self.took[found[0]] = time.monotonic() - self.died_at
                del self.held[found]
        return not self.held


def held_by_anybody(world: World, *, all_: bool = False) -> list[tuple[str, str, int, bool]]:
    """Return (kind, key, token, is leased) of the jobs that run, or of all."""
    query = sa.select(job.c.kind, job.c.key, job.c.token, job.c.is_leased)
    rows = world.rows(query if all_ else query.where(job.c.is_leased))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


@contextmanager
def worker(world: World, failpoint: str = "") -> Iterator[subprocess.Popen[str]]:
    """A worker process, ready; killed at the end if it lives."""
    command = [sys.executable, "-m", "tests.simulation.worker_process"]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    environment |= {"FAILPOINT": failpoint}
    with subprocess.Popen(
        [*command, str(world.folder), world.url, str(LEASE_FACTOR)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def live_until(world: World, is_over: Callable[[], bool]) -> None:
    """Play the people and the HKR until it is over; jobs are the workers' business."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_over():
        assert time.monotonic() < deadline, world.describe()
        world.act()
        world.ledger_works()
        time.sleep(0.05)


def all_ended(world: World) -> bool:
    return world.open_cases() == 0


def assert_all_is_well(world: World) -> None:
    """Everything ended as if nobody had died, each booking and each letter once."""
    world.app.seal()
    ends = Counter(view.end for view in world.app.engine.cases(OPERATOR))
    assert ends == {"paid_and_archived": 2, "rejected": FAULTY}
    assert world.app.engine.incidents(OPERATOR) == []
    assert world.breaches() == []
    booked = sorted(booking.amount.amount for booking in world.ledger.bookings())
    assert booked == [Decimal("1190.00"), Decimal("18432.60")]
    assert sorted(world.ledger.received().values()) == [1, 1, 1]
    assert set(world.handovers.count().values()) == {1}
    # A letter's note may have died with the process; the letter itself lies there.
    assert set(world.letters.count().values()) == {1}
    assert len(list((world.folder / "post").glob("brief-*.txt"))) == FAULTY


def assert_taken_over_in_time(watch: Watch) -> None:
    """Within two leases, the time to look and to start included."""
    assert watch.held == {}
    for kind, seconds in watch.took.items():
        lease_s = LEASES.get(kind, 30) * LEASE_FACTOR
        assert seconds < 2 * lease_s + SLACK_S


def after_death(process: subprocess.Popen[str], world: World) -> Watch:
    """Wait for the kill and note what the dead one held."""
    live_until(world, lambda: process.poll() is not None)
    assert process.returncode == -signal.SIGKILL
    watch = Watch(died_at=time.monotonic())
    watch.held = {(kind, key): token for kind, key, token, _ in held_by_anybody(world)}
    return watch


@pytest.mark.parametrize("place", ["step.committed:3", "outbox.sent:1", "job.claimed:2"])
def test_a_killed_worker_on_sqlite_is_started_again_and_goes_on(
    place: str, new_sqlite: NewWorld, record_property: Callable[[str, object], None]
) -> None:
    """One process, dead by SIGKILL in the middle of the work, and its successor."""
    world = real(new_sqlite())
    for name, data in deliveries().items():
        world.deliver(name, data)

    with worker(world, f"{place}=kill") as first:
        watch = after_death(first, world)
    with worker(world):
        live_until(world, lambda: watch.is_taken_over(world) and all_ended(world))

    record_property("taken_over_after_s", watch.took)
    assert_taken_over_in_time(watch)
    assert_all_is_well(world)


@pytest.mark.parametrize("place", ["step.committed:3", "outbox.sent:1", "job.claimed:2"])
def test_a_killed_worker_on_postgresql_is_taken_over_by_the_other(
    place: str, new_postgres: NewWorld, record_property: Callable[[str, object], None]
) -> None:
    """Two workers of Procrastinate; what the dead one held is the living one's after its lease."""
    world = real(new_postgres())

    with worker(world, f"{place}=kill") as first, worker(world):
        for name, data in deliveries().items():
            world.deliver(name, data)
        watch = after_death(first, world)
        live_until(world, lambda: watch.is_taken_over(world) and all_ended(world))

    record_property("taken_over_after_s", watch.took)
    assert_taken_over_in_time(watch)
    assert_all_is_well(world)


def real(world: World) -> World:
    """Let the world run by the real clock and the jobs of real processes."""
    world.clock = SystemClock()
    world.jobs_of = jobs_for(world.url)
    return world
