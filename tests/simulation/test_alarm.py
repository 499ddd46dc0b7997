"""The periodic proof: what disappears raises one alarm, which ends when it is mended."""

from __future__ import annotations

import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.test_invariants import lively
from tests.simulation.world import OPERATOR, TENANT, World

from laufzettel import periodic
from laufzettel.clock import VirtualClock
from laufzettel.engine.tables import job, parcel


def _alarms(world: World) -> list[str]:
    return [one.cause for one in world.app.engine.incidents(OPERATOR)]


def _lose(world: World, number: int) -> None:
    """Let the first Übergabe say that it holds so many more orders than it does."""
    with world.app.db.write() as connection:
        changed = {"items": parcel.c["items"] + number}
        connection.execute(sa.update(parcel).where(parcel.c.number == 1).values(changed))


def test_a_sound_installation_raises_no_alarm(new_world: NewWorld) -> None:
    world = lively(new_world())

    assert world.app.prove(TENANT) == 0
    assert _alarms(world) == []


def test_what_disappears_is_one_alarm_until_it_is_there_again(new_world: NewWorld) -> None:
    world = lively(new_world())
    _lose(world, 1)

    assert world.app.prove(TENANT) == 1
    found = _alarms(world)
    assert found == ["Übergabe 1 auf „hkr“ nennt 2 Sendungen, zu ihr gehören 1."]
    assert world.app.prove(TENANT) == 0
    assert _alarms(world) == found

    _lose(world, -1)
    assert world.app.prove(TENANT) == 0
    assert _alarms(world) == []

    _lose(world, 1)
    assert world.app.prove(TENANT) == 1, "what comes back is a new alarm"


def test_the_proof_is_a_periodic_job(new_world: NewWorld) -> None:
    world = lively(new_world())
    periodic.schedule(world.app)
    _lose(world, 1)

    world.work()

    assert _alarms(world)
    with world.app.db.read() as connection:
        due = connection.execute(sa.select(job.c.due).where(job.c.kind == "prove")).scalar_one()
    assert isinstance(world.clock, VirtualClock)
    assert (due - world.clock.now()).total_seconds() == periodic.PROVE_S
