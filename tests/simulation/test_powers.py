"""Nobody signs beyond his power: limit, time, unit, tenant and right count at the write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.test_who_may_sign import ORDER, certified
from tests.simulation.world import OPERATOR, START

from laufzettel.engine.tasks.rules import NoPowerError
from laufzettel.errors import ForbiddenError, NotFoundError
from laufzettel.identity import Right
from laufzettel.records.tables import person, power


def _expire(connection: sa.Connection) -> None:
    ended = START - timedelta(minutes=1)
    connection.execute(sa.update(power).where(power.c.person == "brandt").values(valid_until=ended))


def _deactivate(connection: sa.Connection) -> None:
    connection.execute(sa.update(person).where(person.c.id == "brandt").values(is_active=False))


def _elsewhere(connection: sa.Connection) -> None:
    connection.execute(sa.update(power).where(power.c.person == "brandt").values(unit="schulamt"))


@pytest.mark.parametrize("change", [_expire, _deactivate, _elsewhere])
def test_a_power_that_no_longer_holds_signs_nothing(
    change: Callable[[sa.Connection], None], new_sqlite: NewWorld
) -> None:
    """R11: what counts is the moment of the write, not of the login."""
    world = new_sqlite()
    task = certified(world)
    actor = world.actor("brandt")  # logged in before the change
    with world.app.db.write() as connection:
        change(connection)

    with pytest.raises(NoPowerError) as caught:
        world.app.engine.complete(actor, task.id, ORDER)

    assert str(caught.value) == (
        "Sie haben keine Befugnis „Anordnung“. Zeichnen dürfen: P. Lohmann, T. Reineke."
    )


def test_a_power_up_to_a_limit_signs_nothing_above_it(new_sqlite: NewWorld) -> None:
    """The limit is compared with the amount of the order, at the write."""
    world = new_sqlite()
    task = certified(world, by="brandt", name="GOOD")

    with pytest.raises(NoPowerError) as caught:
        world.complete("yilmaz", task, ORDER)

    assert str(caught.value) == (
        "Ihre Befugnis „Anordnung“ reicht nicht bis 18.432,60 €. "
        "Zeichnen dürfen: P. Lohmann, T. Reineke."
    )


def test_an_inactive_person_and_a_deputy_without_a_rule_cannot_even_enter(
    new_sqlite: NewWorld,
) -> None:
    """Whoever is made an actor was looked up now."""
    world = new_sqlite()
    with world.app.db.write() as connection:
        _deactivate(connection)

    with pytest.raises(NotFoundError, match="nicht aktiv"):
        world.actor("brandt")
    with pytest.raises(NotFoundError, match="keine gültige Regelung"):
        world.actor("yilmaz", deputy_for="lohmann")


def test_another_tenant_finds_neither_task_nor_case(new_sqlite: NewWorld) -> None:
    """Decision 20: whatever belongs to others does not exist."""
    world = new_sqlite()
    task = certified(world)
    stranger = replace(world.actor("brandt"), tenant="nachbarstadt", rights=frozenset(Right))

    engine = world.app.engine
    with pytest.raises(NotFoundError, match="bei diesem Mandanten nicht"):
        engine.complete(stranger, task.id, ORDER)
    with pytest.raises(NotFoundError, match="bei diesem Mandanten nicht"):
        engine.claim(stranger, task.id)
    with pytest.raises(NotFoundError, match="bei diesem Mandanten nicht"):
        engine.cancel(stranger, task.case_id, "weg damit")
    assert world.app.engine.tasks(stranger) == []
    assert world.app.engine.cases(stranger) == []


def test_without_the_right_or_without_a_person_nothing_is_completed(new_sqlite: NewWorld) -> None:
    """The system never counts as a person, whatever rights it has."""
    world = new_sqlite()
    task = certified(world)

    with pytest.raises(ForbiddenError, match="fehlt das Recht „work“"):
        world.app.engine.complete(
            replace(world.actor("brandt"), rights=frozenset({Right.READ})), task.id, ORDER
        )
    with pytest.raises(ForbiddenError, match="nur Personen"):
        world.app.engine.complete(OPERATOR, task.id, ORDER)
    with pytest.raises(ForbiddenError, match="nicht zugewiesen"):
        world.complete("okafor", task, ORDER)
