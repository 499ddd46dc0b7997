"""Until when the next person can act, and the euros behind it, in every list (practice.md S2)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from tests.handlers.conftest import Written
from tests.simulation.world import CERTIFY, CLOSED_ACCOUNT, OPERATOR, TENANT, World

from laufzettel.clock import OFFICE_ZONE, VirtualClock
from laufzettel.engine.tables import case, user_task
from laufzettel.records.tables import tenant

ORDER = {"decision": "anordnen"}
#: 24.871,00 EUR, issued on Friday, 20.11.: 3 % = 746,13 EUR until Friday, 04.12.
S2: dict[str, Any] = {
    "number": "EP-77815",
    "issued": date(2026, 11, 20),
    "net": "20900.00",
    "skonto": ((14, "3.00"),),
}


def shown(town: World) -> tuple[str, str, str | None, Decimal | None]:
    """Return element, last moment, outer date and stake of the one open task."""
    columns = (user_task.c.element, user_task.c.act_by, user_task.c.outer_date, user_task.c.stake)
    ((element, act_by, outer, stake),) = town.rows(
        sa.select(*columns).where(user_task.c.status == "open")
    )
    local = act_by.astimezone(OFFICE_ZONE)
    return element, f"{local:%d.%m. %H:%M}", f"{outer.astimezone(OFFICE_ZONE):%d.%m.}", stake


def at(town: World, moment: str) -> None:
    """Let it be that moment of an office clock."""
    assert isinstance(town.clock, VirtualClock)
    town.clock.set(datetime.fromisoformat(moment).replace(tzinfo=OFFICE_ZONE))


def received(town: World, data: bytes) -> None:
    town.deliver("rechnung.xml", data)
    town.work()


def certified(town: World) -> None:
    (task,) = town.tasks("certify")
    town.complete("yilmaz", task, CERTIFY)
    town.work()


def preset(town: World, **settings: Any) -> None:
    """Change settings of the tenant."""
    with town.app.db.write() as connection:
        stored = connection.execute(sa.select(tenant.c.settings)).scalar_one()
        connection.execute(sa.update(tenant).values(settings={**stored, **settings}))


def test_each_person_sees_until_when_it_can_act_itself(town: World, written: Written) -> None:
    """Above the limit two sign after the Fachamt, one after who orders."""
    received(town, written(**S2))
    first = shown(town)

    certified(town)

    assert first == ("certify", "01.12. 10:00", "04.12.", Decimal("746.13"))
    assert shown(town) == ("order", "02.12. 10:00", "04.12.", Decimal("746.13"))


def test_the_last_signature_has_until_an_hour_before_the_payment_run(
    town: World, written: Written
) -> None:
    """„spätestens Do 03.12. 10:00“, where nobody countersigns."""
    received(town, written(**{**S2, "net": "1000.00"}))
    certified(town)

    assert shown(town) == ("order", "03.12. 10:00", "04.12.", Decimal("35.70"))


def test_a_skonto_out_of_reach_leaves_the_due_date_and_no_stake(
    town: World, written: Written
) -> None:
    received(town, written(**S2))
    at(town, "2026-12-03T08:00")

    certified(town)

    assert shown(town) == ("order", "16.12. 10:00", "20.12.", None)


def test_who_hurries_gets_a_lost_skonto_back_into_reach(town: World, written: Written) -> None:
    """Lost for who has two signatures to come; certified at once, the next one still makes it."""
    at(town, "2026-12-01T11:00")
    received(town, written(**S2))
    first = shown(town)

    certified(town)

    assert first == ("certify", "15.12. 10:00", "20.12.", None)
    assert shown(town) == ("order", "02.12. 10:00", "04.12.", Decimal("746.13"))


def test_under_the_strict_rule_one_more_signs(town: World, written: Written) -> None:
    preset(town, duty_preset="streng")

    received(town, written(**S2))

    assert shown(town) == ("certify_facts", "30.11. 10:00", "04.12.", Decimal("746.13"))


def test_the_tenants_own_calendar_counts(town: World, written: Written) -> None:
    preset(town, payment_runs=["mi 09:00"], bank_days=2, days_per_signature=0)

    received(town, written(**S2))

    assert shown(town) == ("certify", "02.12. 08:00", "04.12.", Decimal("746.13"))


def test_the_poststelle_decides_about_a_doppelrechnung_one_signature_earlier(
    town: World, written: Written
) -> None:
    received(town, written(**S2))
    certified(town)
    (task,) = town.tasks("order")
    town.complete("lohmann", task, ORDER)
    (task,) = town.tasks("countersign")
    town.complete("reineke", task, {"decision": "zeichnen"})

    received(town, written(**S2, note="Zweitschrift"))

    assert shown(town) == ("check_duplicate", "30.11. 10:00", "04.12.", Decimal("746.13"))


def test_without_a_due_date_the_law_sets_one(town: World, written: Written) -> None:
    """§ 286 (3) BGB: thirty days after receipt, here Wednesday, 23.12."""
    received(town, written(net="100.00", skonto=(), days_to_pay=None))

    assert shown(town) == ("certify", "21.12. 10:00", "23.12.", None)


def test_a_skonto_in_another_currency_is_no_euros(town: World, written: Written) -> None:
    received(town, written(**S2, currency="CHF"))

    element, _, outer, stake = shown(town)
    assert (element, outer, stake) == ("certify", "04.12.", None)


def test_a_ruecklaeufer_is_due_for_the_desk_that_mends_it_and_then_for_who_orders(
    town: World, written: Written
) -> None:
    """The HKR refuses the closed account; the Geschäftsbuchhaltung is followed by two others."""
    received(town, written(**S2))
    (task,) = town.tasks("certify")
    town.complete("yilmaz", task, {**CERTIFY, "gl_account": CLOSED_ACCOUNT})
    (task,) = town.tasks("order")
    town.complete("brandt", task, ORDER)
    (task,) = town.tasks("countersign")
    town.complete("reineke", task, {"decision": "zeichnen"})
    town.work()
    town.ledger_works()
    town.work()
    refused = shown(town)
    (task,) = town.tasks("correct_accounts")
    accounts = {"cost_center": "5410", "gl_account": "523100", "note": "berichtigt"}

    town.complete("okafor", task, accounts)

    assert refused == ("correct_accounts", "01.12. 10:00", "04.12.", Decimal("746.13"))
    assert shown(town) == ("order", "02.12. 10:00", "04.12.", Decimal("746.13"))


def test_once_the_hkr_has_accepted_nobody_can_lose_anything_any_more(
    town: World, written: Written
) -> None:
    received(town, written(**S2))
    town.finish()

    assert town.rows(sa.select(case.c.status, case.c.act_by, case.c.stake)) == [
        ("ended", None, None)
    ]


def test_a_credit_note_is_never_ordered_as_a_payment(town: World, written: Written) -> None:
    """BT-115 of a credit note is above zero, and still nothing is to be paid."""
    received(town, written(net="50.00", type_code="381", corrects="RE-1"))

    certified(town)

    (task,) = town.tasks()
    assert task.element == "certify"
    assert town.rows(sa.select(sa.func.count()).select_from(sa.table("cash_order"))) == [(0,)]


def test_a_bad_setting_of_the_tenant_stops_with_what_to_write(
    town: World, written: Written
) -> None:
    preset(town, payment_runs=["immer"])

    received(town, written(**S2))

    causes = [one.cause for one in town.app.engine.incidents(OPERATOR)]
    assert len(causes) == 1
    assert "„immer“ ist kein Zahllauf. Richtig ist etwa „di 11:00“" in causes[0]


def test_an_invoice_due_beyond_every_calendar_has_no_deadline(
    town: World, written: Written
) -> None:
    received(town, written(net="100.00", skonto=(), issued=date(2999, 1, 1)))

    assert town.rows(sa.select(user_task.c.act_by, user_task.c.outer_date)) == [(None, None)]


def test_times_are_stored_in_utc(town: World, written: Written) -> None:
    received(town, written(**S2))

    assert town.rows(sa.select(user_task.c.act_by).where(user_task.c.tenant == TENANT)) == [
        (datetime(2026, 12, 1, 9, 0, tzinfo=UTC),)
    ]
