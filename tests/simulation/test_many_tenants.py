"""What happens to one Kommune is no matter of the others."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.world import sample

from laufzettel.connectors.kasse.port import UnreachableError
from laufzettel.records.tables import booking, tenant


def test_an_hkr_that_cannot_be_reached_holds_up_no_other_tenant(new_sqlite: NewWorld) -> None:
    """The acknowledgements behind it in the alphabet are fetched; the failure is told."""
    world = new_sqlite()
    with world.app.db.write() as connection:
        now = world.app.db.now(connection)
        row = {"id": "altdorf", "name": "Altdorf", "settings": {}, "created_at": now}
        connection.execute(sa.insert(tenant), row)  # its exchange folder does not exist
    world.deliver("klein.xml", sample("SMALL"))
    for _ in range(3):
        world.work()
        world.act()
    world.ledger.run_once(world.clock.now())

    with pytest.raises(UnreachableError):
        world.app.collect()
    world.work()

    assert len(world.rows(sa.select(booking.c.order_key))) == 1
