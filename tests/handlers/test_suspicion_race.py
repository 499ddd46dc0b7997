"""Two similar invoices that arrive together cannot pass each other."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.handlers.conftest import Written
from tests.simulation.world import TENANT, World

from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.handler import GuardFailedError, Inline, Services
from laufzettel.handlers.invoice.heads import suspected
from laufzettel.identity import system
from laufzettel.records import settings
from laufzettel.records.heads.tables import duplicate_suspect, invoice_head
from laufzettel.records.tables import invoice


def test_what_was_entered_after_the_look_makes_the_step_computed_anew(
    town: World, written: Written
) -> None:
    """The look is repeated in the transaction that enters the invoice."""
    for number in ("TB-2026-01187", "TB-2026-04242"):
        town.deliver("rechnung.xml", written(number=number, net="100.00"))
        town.work()
    late, early = town.rows(sa.select(invoice.c.id).order_by(invoice.c.id.desc()))
    with town.app.db.read() as connection:
        step = Inline(
            tenant=TENANT,
            case_id="",
            business_key="",
            element="register",
            now=town.clock.now(),
            services=Services(),
            records=Pending(TENANT, connection),
            connection=connection,
            actor=system(TENANT),
        )
        rules = settings.load(connection, TENANT)
        found = suspected(step, late[0], rules, exact=None)
    with town.app.db.write() as connection:  # meanwhile the other one turns out to be the same
        connection.execute(
            sa.update(invoice_head).where(invoice_head.c.id == early[0]).values(number_key="tb4242")
        )
        connection.execute(
            sa.update(invoice).where(invoice.c.id == early[0]).values(number="TB 2026/4242")
        )

    assert found == []
    with pytest.raises(GuardFailedError, match="ähnliche Rechnung"), town.app.db.write() as writing:
        for write in step.records.writes:
            write(writing)
    assert town.rows(sa.select(duplicate_suspect.c.points)) == []
