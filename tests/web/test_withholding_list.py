"""The list for the Anmeldung (§ 48a EStG): by the day of the payment, with sums, once announced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from tests.web.conftest import Town
from tests.web.test_tax_decision import OFFICE, certify, keep_office, sign, written
from tests.web.test_withholding import receive_building, the_order

from laufzettel.cli.demo import town as demo
from laufzettel.records.cash_order import booking_key
from laufzettel.records.tables import booking, cash_order, invoice
from laufzettel.records.tax.returns import _PAID, Month

__all__ = ["written"]


@pytest.fixture
def paid(musterstadt: Town, written: Callable[..., bytes]) -> Callable[..., None]:
    """Return what has the order of a builder booked and paid on a day."""

    def pay(on: date, amount: str = "15667.71") -> None:
        keep_office(musterstadt)
        receive_building(musterstadt, written)
        sign(musterstadt, certify(musterstadt), tax_choice="vorschlag", **OFFICE)
        order = the_order(musterstadt)
        row = {
            "tenant": demo.TENANT,
            "order_key": booking_key(demo.TENANT, order["id"], order["revision"]),
            "cash_order_id": order["id"],
            "document_no": "2026-1",
            "paid_on": on,
            "paid_amount": Decimal(amount),
        }
        with musterstadt.app.db.write() as connection:
            now = musterstadt.app.db.now(connection)
            connection.execute(sa.insert(booking).values(accepted_at=now, **row))
            connection.execute(sa.update(cash_order).values(number="A-2026-000001"))

    return pay


def page(town: Town, month: str = "", login: str = "okafor") -> str:
    return town.browser(login).get("/bauabzugsteuer", **({"monat": month} if month else {})).text


def test_the_month_is_that_of_the_payment(musterstadt: Town, paid: Callable[..., None]) -> None:
    paid(date(2026, 11, 30))

    november, december = page(musterstadt, "2026-11"), page(musterstadt, "2026-12")

    assert "anzumelden und abzuführen bis 10.12.2026" in november
    assert "18.432,60" in november and "2.764,89" in november
    assert "Finanzamt Detmold" in november and "2181508150" in november
    assert "In diesem Monat ist nichts einbehalten worden." in december


def test_the_table_for_the_anmeldung_has_the_sums(
    musterstadt: Town, paid: Callable[..., None]
) -> None:
    paid(date(2026, 11, 30))

    answer = musterstadt.browser("vogt").get("/bauabzugsteuer.csv", monat="2026-11")

    lines = answer.data.decode("utf-8-sig").splitlines()
    assert answer.content_type == "text/csv"
    assert lines[0].startswith("Finanzamt;IBAN;Steuernummer;Leistender")
    assert lines[1].startswith("Finanzamt Detmold;DE02120300000000202051;2181508150;")
    assert lines[1].endswith(";30.11.2026;18432,60;2764,89;15667,71")
    assert lines[-1] == "Summe;;;;;;;;;;18432,60;2764,89;"


def test_the_basket_reminds_until_it_is_announced_and_again_when_more_was_paid(
    musterstadt: Town, paid: Callable[..., None]
) -> None:
    paid(date(2026, 11, 30))
    musterstadt.clock.advance(days=3)
    okafor = musterstadt.browser("okafor")

    reminded = okafor.get("/aufgaben").text
    others = musterstadt.browser("yilmaz").get("/aufgaben").text
    okafor.submit("/bauabzugsteuer?monat=2026-11", "/bauabzugsteuer/angemeldet", monat="2026-11")
    done = okafor.get("/aufgaben").text
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(cash_order).values(withheld_amount=Decimal("2765.00")))
    again = okafor.get("/aufgaben").text

    assert "2.764,89\xa0€ anmelden und abführen bis" in reminded
    assert "anmelden und abführen" not in others
    assert "anmelden und abführen" not in done
    assert "Seit der Anmeldung hat sich etwas geändert." in again
    assert "Angemeldet am" in page(musterstadt, "2026-11")


def test_an_empty_month_and_a_wrong_one_are_refused(musterstadt: Town) -> None:
    okafor = musterstadt.browser("okafor")
    paths = {"token": ""}

    assert okafor.get("/bauabzugsteuer", monat="2026-13").status_code == 400
    answer = okafor.client.post("/bauabzugsteuer/angemeldet", data=paths)
    assert answer.status_code in (400, 403)


def test_what_was_paid_otherwise_than_ordered_is_told(
    musterstadt: Town, paid: Callable[..., None]
) -> None:
    paid(date(2026, 11, 30), amount="18432.60")

    assert "ausgezahlt wurden" in page(musterstadt, "2026-11")


def test_the_list_is_found_by_keys_and_reads_no_other_order(musterstadt: Town) -> None:
    with musterstadt.app.db.read() as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("the plan of an empty table says nothing on PostgreSQL")
        of = {"of_tenant": "a", "of_first": "2026-11-01", "of_last": "2026-11-30"}
        compiled = _PAID.compile(connection.engine, compile_kwargs={"render_postcompile": True})
        plan: Any = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled}",
            tuple({**compiled.params, **of}[name] for name in compiled.positiontup or ()),
        )
        steps = " | ".join(row[3] for row in plan)

    assert "ix_cash_order_withheld" in steps
    assert "(tenant=? AND order_key=?)" in steps
    assert "SCAN" not in steps


def test_months_follow_each_other() -> None:
    december = Month.parse("2026-12")

    assert (str(december.next), str(december.before)) == ("2027-01", "2026-11")
    assert december.due_on == date(2027, 1, 11)


def test_a_confidential_invoice_is_named_by_its_receipt_alone(
    musterstadt: Town, paid: Callable[..., None]
) -> None:
    """Its figures are needed for the Anmeldung; who built what for whom is not everybody's."""
    paid(date(2026, 11, 30))
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(invoice).values(unit="jugendamt"))

    shown = page(musterstadt, "2026-11")
    table = musterstadt.browser("okafor").get("/bauabzugsteuer.csv", monat="2026-11").data

    assert "Vertraulich E-2026-000001" in shown and "2.764,89" in shown
    assert "Bergmann" not in shown and b"Bergmann" not in table
    assert "Bergmann" in page(musterstadt, "2026-11", login="vogt")
