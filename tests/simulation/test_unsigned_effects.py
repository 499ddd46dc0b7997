"""What carries no signature does not go out, whatever the model says."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.world import OPERATOR, sample

from laufzettel.engine.tables import duty_signature, effect
from laufzettel.engine.tasks.rules import UnsignedError


def test_every_duty_of_one_act_is_recorded_by_its_own(new_sqlite: NewWorld) -> None:
    """One person signs sachlich and rechnerisch at once; both are rows."""
    world = new_sqlite()
    world.deliver("klein.xml", sample("SMALL"))
    world.work()
    world.act()

    rows = world.rows(sa.select(duty_signature.c.duty, duty_signature.c.person).order_by("duty"))
    assert rows == [("rechnerisch", "yilmaz"), ("sachlich", "yilmaz")]


def test_an_order_without_the_signature_of_the_certifier_is_not_handed_over(
    new_world: NewWorld,
) -> None:
    """The last signature is refused with the missing duty named, and nothing is written."""
    world = new_world()
    world.deliver("klein.xml", sample("SMALL"))
    world.work()
    world.act()
    with world.app.db.write() as connection:
        connection.execute(sa.delete(duty_signature).where(duty_signature.c.duty == "rechnerisch"))
    (task,) = world.tasks("order")

    with pytest.raises(UnsignedError, match="fehlt die Unterschrift „Rechnerisch“"):
        world.complete("brandt", task, {"decision": "anordnen"})

    assert world.rows(sa.select(effect.c.id)) == []
    assert [one.element for one in world.app.engine.tasks(OPERATOR)] == ["order"]
