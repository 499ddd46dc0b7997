"""The Skonto travels with the order: it is signed, handed over, and taken when paid in time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from tests.handlers.conftest import Written
from tests.handlers.test_listing import ORDER, S2, at, certified, received
from tests.simulation.world import World

from laufzettel.engine.tables import effect
from laufzettel.records.tables import booking, cash_order


def on_the_order(town: World) -> tuple[Any, ...]:
    """Return last day and deduction of the one order."""
    (row,) = town.rows(sa.select(cash_order.c.discount_until, cash_order.c.discount_amount))
    return tuple(row)


def test_the_order_carries_the_skonto_that_can_still_be_taken(
    town: World, written: Written
) -> None:
    received(town, written(**S2))

    certified(town)

    assert on_the_order(town) == (date(2026, 12, 4), Decimal("746.13"))


def test_of_two_steps_the_one_that_ends_first_is_ordered(town: World, written: Written) -> None:
    received(town, written(**{**S2, "skonto": ((14, "3.00"), (21, "2.00"))}))
    at(town, "2026-12-05T08:00")

    certified(town)

    assert on_the_order(town) == (date(2026, 12, 11), Decimal("497.42"))


def test_a_step_that_no_payment_run_can_meet_does_not_hide_the_next_one(
    town: World, written: Written
) -> None:
    """3 % until Friday, 04.12., but the last run before it is on Thursday at eleven."""
    received(town, written(**{**S2, "skonto": ((14, "3.00"), (21, "2.00"))}))
    at(town, "2026-12-03T12:00")

    certified(town)

    assert on_the_order(town) == (date(2026, 12, 11), Decimal("497.42"))


def test_a_skonto_that_is_over_is_not_ordered(town: World, written: Written) -> None:
    received(town, written(**S2))
    at(town, "2026-12-05T08:00")

    certified(town)

    assert on_the_order(town) == (None, None)


def test_paid_in_time_the_deduction_is_taken(town: World, written: Written) -> None:
    """EP-77815: 24.871,00 less 3 % = 24.124,87 (practice.md S2)."""
    received(town, written(**S2))
    certified(town)
    (task,) = town.tasks("order")
    town.complete("lohmann", task, ORDER)
    (task,) = town.tasks("countersign")
    town.complete("reineke", task, {"decision": "zeichnen"})

    town.finish()

    ((payload,),) = town.rows(sa.select(effect.c.payload).where(effect.c.channel == "hkr"))
    ((paid,),) = town.rows(sa.select(booking.c.paid_amount))
    assert (payload["discount_until"], payload["discount_amount"]) == ("2026-12-04", "746.13")
    assert paid == Decimal("24124.87")
