"""Dying at every registered place, at every visit of it, loses nothing and doubles nothing.

Three invoices live through their whole lives: one above the limit of a single signature, one
that is sent back to its supplier, one that the HKR refuses once. On SQLite every visit of
every failpoint is a run of its own; on PostgreSQL the first, the middle and the last visit.
"""

from __future__ import annotations

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
#: Runs that die twice, at places and visits drawn from the seed.
SEEDS = range(24)


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


def visits_of(world: World) -> dict[str, int]:
    """Return how often an undisturbed run passes each failpoint."""
    failpoints.arm("receive.stored", NEVER)
    world.live(deliveries())
    return dict(failpoints.visits)


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
    new_sqlite: NewWorld, record_property: Callable[[str, object], None]
) -> None:
    """A place that no scenario visits would prove nothing."""
    world = new_sqlite()

    visits = visits_of(world)

    record_property("visits", visits)
    assert set(visits) == set(failpoints.POINTS)
    assert_nothing_lost_nothing_doubled(world)


def test_every_registered_failpoint_is_placed_in_the_code() -> None:
    """And every place in the code is registered."""
    root = Path(__file__).resolve().parents[2]
    files = [path for name in ("src", "engine", "handlers", "connectors", "web")
             for path in (root / name).rglob("*.py") if "node_modules" not in path.parts]
    text = "".join(path.read_text(encoding="utf-8") for path in files)

    missing = [name for name in failpoints.POINTS if f'failpoint("{name}")' not in text]

    assert missing == []


@pytest.mark.parametrize("name", failpoints.POINTS)
def test_dying_at_every_visit_of_a_failpoint_changes_nothing_in_the_end(
    name: str, new_sqlite: NewWorld, record_property: Callable[[str, object], None]
) -> None:
    """Crash at visit 1, 2, 3 … until a run no longer comes so far."""
    visit = 1
    while dies_at(world := new_sqlite(), name, visit):
        world.live(deliveries())
        assert_nothing_lost_nothing_doubled(world)
        repeats = world.rows(sa.select(receipt_repeat.c.id))
        assert len(repeats) <= 1, "only the delivery that was not answered comes again"
        visit += 1

    record_property("crashes", visit - 1)
    assert visit > 1


@pytest.mark.parametrize("name", failpoints.POINTS)
def test_dying_on_postgresql_changes_nothing_in_the_end(name: str, new_postgres: NewWorld) -> None:
    """The first, the middle and the last visit; the sweep on SQLite covers the others."""
    last = visits_of(new_postgres())[name]

    for visit in sorted({1, (last + 1) // 2, last}):
        world = new_postgres()
        assert dies_at(world, name, visit)
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
