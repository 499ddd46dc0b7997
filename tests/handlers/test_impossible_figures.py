"""What the rules let pass and nobody means: it goes its way to a person, never into a Störung."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from tests.simulation.world import OPERATOR, World, sample

from laufzettel.records.tables import invoice

ISSUED = b"<cbc:IssueDate>2026-11-09</cbc:IssueDate>"


def came_through(town: World) -> bool:
    """Say whether the invoice was checked and entered, or sent back, without a Störung."""
    [(stage,)] = town.rows(sa.select(invoice.c.stage))
    return stage in {"registered", "rejected"} and not town.app.engine.incidents(OPERATOR)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_date_at_the_end_of_time_stops_no_invoice(town: World, day: str) -> None:
    xml = sample("SMALL")
    assert ISSUED in xml
    town.deliver("a.xml", xml.replace(ISSUED, f"<cbc:IssueDate>{day}</cbc:IssueDate>".encode()))

    town.work()

    assert came_through(town)


def test_a_price_for_next_to_nothing_stops_no_invoice(town: World) -> None:
    """BT-149 may be as small as it likes; the price for one is then no number that is compared."""
    price = b'<cbc:PriceAmount currencyID="EUR">99999999</cbc:PriceAmount>'
    price += b'<cbc:BaseQuantity unitCode="C62">0.000000000000000001</cbc:BaseQuantity>'
    xml = re.sub(rb"<cbc:PriceAmount.*?</cbc:PriceAmount>", price, sample("SMALL"))
    assert price in xml
    town.deliver("a.xml", xml)

    town.work()

    assert came_through(town)
