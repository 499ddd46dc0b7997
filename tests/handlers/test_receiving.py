"""Receiving: who hands it in is in the audit, and what belongs to a receipt is written with it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.simulation.world import World

from laufzettel.cli.demo.town import TENANT
from laufzettel.engine.tables import case
from laufzettel.errors import ForbiddenError
from laufzettel.identity import Actor, Right
from laufzettel.records.delivery import Delivery, Receipt
from laufzettel.records.tables import invoice, receipt_repeat

CLERK = Actor(
    tenant=TENANT, person="kranz", rights=frozenset({Right.WORK, Right.START, Right.READ})
)


def delivery(data: bytes = b"<Order/>") -> Delivery:
    """Return something that the Poststelle hands in."""
    return Delivery(tenant=TENANT, channel="upload", sender="", file_name="a.xml", data=data)


def test_the_person_that_hands_it_in_has_begun_the_case(town: World) -> None:
    receipt = town.app.receive(delivery(), by=CLERK)

    (view,) = town.app.engine.cases(CLERK, receipt.business_key)
    first = town.app.engine.timeline(CLERK, view.id)[0]
    assert (first.kind, first.actor) == ("case.started", "kranz")


def test_nobody_hands_in_for_another_tenant(town: World) -> None:
    stranger = Actor(tenant="anderswo", person="x", rights=frozenset({Right.START}))

    with pytest.raises(ForbiddenError, match="nur für den eigenen Mandanten"):
        town.app.receive(delivery(), by=stranger)


def test_who_may_not_start_a_case_hands_in_nothing(town: World) -> None:
    reader = Actor(tenant=TENANT, person="vogt", rights=frozenset({Right.READ}))

    with pytest.raises(ForbiddenError):
        town.app.receive(delivery(), by=reader)
    assert town.rows(sa.select(invoice.c.id)) == []


def test_what_cannot_be_written_beside_the_receipt_undoes_it(town: World) -> None:
    def fail(connection: sa.Connection, receipt: Receipt) -> None:
        raise RuntimeError(receipt.receipt_no)

    with pytest.raises(RuntimeError, match="E-2026-000001"):
        town.app.receive(delivery(), within=fail)
    assert town.rows(sa.select(invoice.c.id)) == town.rows(sa.select(case.c.id)) == []
    assert town.app.receive(delivery()).receipt_no == "E-2026-000001"
    with pytest.raises(RuntimeError):
        town.app.receive(delivery(), within=fail)
    assert town.rows(sa.select(receipt_repeat.c.id)) == []
