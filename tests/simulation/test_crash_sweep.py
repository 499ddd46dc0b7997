"""Dying at every registered place, at every visit of it, loses nothing and doubles nothing.

Three invoices live through their whole lives: one above the limit of a single signature, one
that is sent back to its supplier, one that the HKR refuses once. Each failpoint is hit at up to
eight visits spread over the run on SQLite and at two on PostgreSQL; with LAUFZETTEL_SWEEP=all at
every single visit on both.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.simulation.world import BEYOND_A_LEASE_S, OPERATOR, World, sample

from laufzettel import failpoints
from laufzettel.clock import VirtualClock
from laufzettel.records.tables import cash_order, invoice, receipt_repeat

NewWorld = Callable[[], World]
NEVER = 1_000_000
#: By how many visits of a place two undisturbed runs may differ.
SPARE = 3
#: Runs that die twice, at places and visits drawn from the seed.
SEEDS = range(100 if os.environ.get("LAUFZETTEL_SWEEP") == "all" else 10)


@cache
def deliveries() -> dict[str, bytes]:
    """Return the three invoices by file name."""
    return {
        "gut.xml": sample("GOOD"),
        "fehlerhaft.xml": sample("FAULTY"),
        "ruecklaeufer.xml": sample("RETURNED"),
    }


def dies_at(world: World, name: str, visit: int) -> bool:
    """Live until the program dies there; False when all went by without that visit."""
    failpoints.arm(name, visit)
    try:
        world.live(deliveries())
    except failpoints.Crash:
        assert isinstance(world.clock, VirtualClock)
        world.clock.advance(seconds=BEYOND_A_LEASE_S)
        return True
    finally:
        failpoints.disarm()
        world.die()
    return False


@pytest.fixture(scope="module")
def visits(founded_sqlite: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often an undisturbed run passes each failpoint."""
    folder = tmp_path_factory.mktemp("undisturbed")
    world = founded_sqlite.copy(folder, f"sqlite:///{folder / 'laufzettel.sqlite'}")
    failpoints.arm("receive.stored", NEVER)
    world.live(deliveries())
    counted = dict(failpoints.visits)
    failpoints.disarm()
    assert_nothing_lost_nothing_doubled(world)
    world.die()
    return counted


def is_spare(visit: int, last: int) -> bool:
    """Say whether a run may have ended without this visit of a place counted ``last`` times."""
    return visit > last or (last >= 10 and visit > last - SPARE)


def spread(last: int, number: int) -> list[int]:
    """Return at most so many visits from the first to the last; all of them if asked for.

    Jobs due at one moment run in any order, so that two runs may differ by a visit or two: all
    means a few more than were counted.
    """
    if os.environ.get("LAUFZETTEL_SWEEP") == "all":
        return list(range(1, last + 1 + SPARE))
    if last <= number:
        return list(range(1, last + 1))
    return sorted({1 + round(step * (last - 1) / (number - 1)) for step in range(number)})


def assert_nothing_lost_nothing_doubled(world: World) -> None:
    """Everything is as it would be had nothing died."""
    cases = world.app.engine.cases(OPERATOR)
    assert Counter(view.end for view in cases) == {"paid_and_archived": 2, "rejected": 1}
    assert world.app.engine.incidents(OPERATOR) == []
    assert world.breaches() == []
    booked = [booking.amount.amount for booking in world.ledger.bookings()]
    assert sorted(booked) == [Decimal("1190.00"), Decimal("18432.60")]
    # The good order, the refused one and its next revision: each was sent once.
    assert sorted(world.ledger.received().values()) == [1, 1, 1]
    assert set(world.handovers.count().values()) == {1}
    assert list(world.letters.count().values()) == [1]
    receipts = world.rows(sa.select(invoice.c.receipt_no).order_by(invoice.c.receipt_no))
    assert receipts == [("E-2026-000001",), ("E-2026-000002",), ("E-2026-000003",)]
    numbers = world.rows(sa.select(cash_order.c.number).order_by(cash_order.c.number))
    assert numbers == [("A-2026-000001",), ("A-2026-000002",)]


def test_an_undisturbed_life_passes_every_registered_failpoint(
    visits: dict[str, int], record_property: Callable[[str, object], None]
) -> None:
    """A place that no scenario visits would prove nothing."""
    record_property("visits", visits)

    assert set(visits) == set(failpoints.POINTS)


def test_every_registered_failpoint_is_placed_in_the_code() -> None:
    """A name that nothing calls would be dead weight in the list."""
    root = Path(__file__).resolve().parents[2]
    folders = ("src", "engine", "handlers", "connectors")
    files = [path for name in folders for path in (root / name).rglob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)

    missing = [name for name in failpoints.POINTS if f'failpoint("{name}")' not in text]

    assert missing == []


@pytest.mark.parametrize("name", failpoints.POINTS)
def test_dying_anywhere_on_sqlite_changes_nothing_in_the_end(
    name: str, visits: dict[str, int], new_sqlite: NewWorld
) -> None:
    """Each time everything in memory is lost, and a new process goes on from the disk."""
    for visit in spread(visits[name], 8):
        world = new_sqlite()
        assert dies_at(world, name, visit) or is_spare(visit, visits[name])
        world.live(deliveries())
        assert_nothing_lost_nothing_doubled(world)
        repeats = world.rows(sa.select(receipt_repeat.c.id))
        assert len(repeats) <= 1, "only the delivery that was not answered comes again"


@pytest.mark.parametrize("name", failpoints.POINTS)
def test_dying_anywhere_on_postgresql_changes_nothing_in_the_end(
    name: str, visits: dict[str, int], new_postgres: NewWorld
) -> None:
    """The same code over another database: fewer visits unless all are asked for."""
    for visit in spread(visits[name], 2):
        world = new_postgres()
        assert dies_at(world, name, visit) or is_spare(visit, visits[name])
        world.live(deliveries())
        assert_nothing_lost_nothing_doubled(world)


@pytest.mark.parametrize("seed", SEEDS)
def test_dying_again_during_the_recovery_changes_nothing_in_the_end(
    seed: int, new_sqlite: NewWorld
) -> None:
    """Two to four deaths at places drawn from the seed, early and late."""
    chance = random.Random(seed)
    world = new_sqlite()

    for _ in range(chance.randint(2, 4)):
        dies_at(world, chance.choice(list(failpoints.POINTS)), chance.randint(1, 8))

    world.live(deliveries())
    assert_nothing_lost_nothing_doubled(world)
