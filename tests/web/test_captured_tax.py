"""The tax of an invoice that came without data: asked of who certifies, decided by the same table."""

from __future__ import annotations

import orjson
import pytest
import sqlalchemy as sa
from tests.web.conftest import Town, text_pdf
from tests.web.test_capture_page import TYPED
from tests.web.test_task_page import CERTIFY, the_task
from tests.web.test_tax_decision import OFFICE, keep_office, kept
from tests.web.test_withholding import set_up, the_order

from laufzettel.cli.demo import town as demo
from laufzettel.engine.api import FormError
from laufzettel.engine.audit.tables import audit_event
from laufzettel.errors import ConflictError
from laufzettel.identity import Actor
from laufzettel.records import people
from laufzettel.records.tables import cash_order
from laufzettel.records.tax import rules
from laufzettel.records.tax.tables import invoice_tax

#: What is answered where nothing is proposed.
OTHERWISE = {
    "tax_choice": "anders",
    "tax_note": "wie in der Rechnung",
    "tax_0": "19",
    "tax_1": "Lieferant",
    "tax_2": "0 %",
}


def act(town: Town, login: str, case_id: str, **values: str) -> None:
    """Answer the open task as on its page, which draws the PDF and is slow therefore."""
    with town.app.db.read() as connection:
        actor = people.actor(connection, demo.TENANT, login, at=town.clock.now())
    engine, task = town.app.engine, the_task(town, case_id).id
    engine.complete(actor, task, values, fields_seen=engine.task(actor, task).seen)
    town.settle()


def captured(town: Town, **typed: str) -> str:
    """Take in paper of a painter and let the Poststelle type it; return the case."""
    number = typed.get("invoice_number", "2026-77")
    case_id = town.receive(text_pdf("Malerbetrieb", number), name=f"{number}.pdf")
    act(town, "kranz", case_id, **TYPED | {"gross_amount": "11900,00"} | typed)
    assert the_task(town, case_id).element == "certify"
    return case_id


def certify(town: Town, case_id: str, **tax: str) -> None:
    act(town, "yilmaz", case_id, **CERTIFY, **tax)


def proposals(town: Town, case_id: str) -> dict[str, str]:
    """Return value and text of each part, as the page of the certification shows them."""
    with town.app.db.read() as connection:
        actor = people.actor(connection, demo.TENANT, "yilmaz", at=town.clock.now())
    tax = town.app.engine.task(actor, the_task(town, case_id).id).about["invoice.tax"]
    return {part.kind: f"{part.value}: {part.text} {part.source}" for part in tax.parts}


def give_certificate(town: Town, until: str = "01.01.2030") -> None:
    file = "Nummer;Lieferant;USt-IdNr;Gilt ab;Gilt bis\n"
    file += f"FB-7;Malerbetrieb Öztürk;DE136695976;01.01.2026;{until}"
    rows = [row.values for row in rules.read_certificates(file.encode()).rows]
    with town.app.db.write() as connection:
        rules.LISTS["certificates"].write(
            connection, demo.TENANT, rows, town.app.db.now(connection)
        )


def test_nobody_certifies_captured_paper_without_a_word_about_the_tax(musterstadt: Town) -> None:
    """§ 48a Abs. 3 EStG, § 13b UStG: what is overlooked, the Kommune owes."""
    case_id = captured(musterstadt)

    with pytest.raises(FormError) as silent:
        certify(musterstadt, case_id)

    assert silent.value.errors == (
        "Ist es eine Bauleistung?: Bitte füllen Sie dieses Feld aus.",
        "Steuerliche Behandlung: Bitte füllen Sie dieses Feld aus.",
    )


def test_a_program_certifies_no_captured_paper(musterstadt: Town) -> None:
    task = the_task(musterstadt, captured(musterstadt)).id
    yilmaz = Actor(tenant=demo.TENANT, person="yilmaz", groups=frozenset({"bauamt"}))

    with pytest.raises(FormError, match="Ist es eine Bauleistung"):
        musterstadt.app.engine.complete(yilmaz, task, CERTIFY)


def test_of_a_captured_bauleistung_the_order_withholds_fifteen_per_cent(musterstadt: Town) -> None:
    keep_office(musterstadt)
    case_id = captured(musterstadt)
    yes = {"tax_building": "ja", "tax_3": "15 %", **OTHERWISE}

    asked = musterstadt.browser("yilmaz").get(f"/aufgaben/{the_task(musterstadt, case_id).id}").text
    with pytest.raises(FormError, match="Bitte wählen Sie, an welches Finanzamt"):
        certify(musterstadt, case_id, **yes)
    certify(musterstadt, case_id, **yes, **OFFICE)

    assert "Bauabzugsteuer: offen" in asked and "Steuerschuldner: offen" in asked
    assert "Wenn ja, 15 %: Bauleistung. Keine Freistellungsbescheinigung im Register" in asked
    assert "15 % von 11.900,00 € = 1.785,00 € sind einzubehalten" in asked
    order = the_order(musterstadt)
    assert (str(order["amount"]), str(order["withheld_amount"])) == ("11900.00", "1785.00")
    assert order["withheld_iban"] == "DE02120300000000202051"
    (row,) = kept(musterstadt)
    assert (row["is_construction"], str(row["gross"]), row["pay_year"]) == (True, "11900.00", 2026)
    with musterstadt.app.db.read() as connection:
        event = connection.execute(
            sa.select(audit_event).where(audit_event.c.kind == "tax.decided")
        ).one()
    assert (event.actor, orjson.loads(event.data)["building"]) == ("yilmaz", "ja")
    page = musterstadt.browser("yilmaz").get(f"/vorgaenge/{case_id}").text
    assert "Bei der Feststellung gesagt: Bauleistung. Keine Freistellungsbescheinigung" in page


def test_of_what_is_no_bauleistung_nothing_is_withheld_and_nothing_counts(
    musterstadt: Town,
) -> None:
    case_id = captured(musterstadt)

    certify(musterstadt, case_id, tax_building="nein", **OTHERWISE)

    (row,) = kept(musterstadt)
    assert (row["is_construction"], row["decided"]["withholding"]) == (False, "keine")
    assert row["proposal"][3][2] == "Bei der Feststellung gesagt: keine Bauleistung."
    assert the_order(musterstadt)["withheld_amount"] is None


def test_the_register_of_certificates_is_looked_at_and_asked_again_before_the_order(
    musterstadt: Town,
) -> None:
    set_up(musterstadt, second_signature_above="20000.00")
    give_certificate(musterstadt)
    case_id = captured(musterstadt)

    told = proposals(musterstadt, case_id)["withholding"]
    certify(musterstadt, case_id, tax_building="ja", tax_3="keine", **OTHERWISE)
    give_certificate(musterstadt, until="01.12.2026")
    with pytest.raises(ConflictError) as refused:
        act(musterstadt, "brandt", case_id, decision="anordnen")

    assert "Freistellungsbescheinigung FB-7 gilt bis 01.01.2030" in told
    with musterstadt.app.db.read() as connection:
        assert connection.execute(sa.select(invoice_tax.c.exempt)).scalar_one() == "FB-7"
    assert "dann gilt die Freistellungsbescheinigung FB-7 nicht" in str(refused.value)


def test_the_year_of_a_builder_is_summed_over_paper(musterstadt: Town) -> None:
    """§ 48 Abs. 2 EStG: below the limit alone, above it together."""
    first = captured(musterstadt, gross_amount="3000,00")
    certify(musterstadt, first, tax_building="ja", tax_3="keine", **OTHERWISE)

    second = captured(musterstadt, gross_amount="2500,00", invoice_number="2026-78")

    told = proposals(musterstadt, second)["withholding"]
    assert "2026 voraussichtlich 5.500,00 € an diesen Leistenden" in told
    assert "15 % von 2.500,00 € = 375,00 €" in told


#: What the paper of a builder says of its tax.
SAID = {
    "vat_kind": "saetze",
    "vat_rates": "19; 7",
    "supplier_country": "DE",
    "performed_on": "2025-12-31",
}


def test_what_the_poststelle_read_of_the_tax_is_proposed(musterstadt: Town) -> None:
    keep_office(musterstadt)
    case_id = captured(musterstadt, **SAID)

    told = proposals(musterstadt, case_id)
    certify(musterstadt, case_id, tax_building="ja", tax_choice="vorschlag", **OFFICE)

    assert told["code:S 19 %"].startswith("19: Erfasst, geleistet am 31.12.2025.")
    assert told["code:S 7 %"].startswith("7: ")
    assert told["debtor"].startswith("Lieferant: Inländischer Lieferant")
    assert "§ 2 Abs. 3 UStG alter Fassung (BgA)" in told["input_tax"]
    (row,) = kept(musterstadt)
    assert row["follows"] is True
    order = the_order(musterstadt)
    assert (str(order["withheld_amount"]), order["fiscal_year_expense"]) == ("1785.00", 2025)


def test_vat_of_paper_that_the_kommune_owes_belongs_to_the_gegenleistung(
    musterstadt: Town,
) -> None:
    """§ 13b Abs. 5 UStG, § 48 Abs. 3 EStG: 15 % of 10.000 € and 1.900 €."""
    keep_office(musterstadt)
    said = {"vat_kind": "empfaenger", "supplier_country": "at", "gross_amount": "10000,00"}
    case_id = captured(musterstadt, **said)

    told = proposals(musterstadt, case_id)
    certify(musterstadt, case_id, tax_building="ja", tax_choice="vorschlag", **OFFICE)

    assert told["debtor"].startswith("Kommune: Ausländischer Lieferant")
    assert "19 % von 10.000,00 € = 1.900,00 € sind anzumelden" in told["debtor"]
    order = the_order(musterstadt)
    assert (str(order["amount"]), str(order["withheld_amount"])) == ("10000.00", "1785.00")


def test_a_seller_of_whom_nobody_said_where_he_sits_is_no_inland_seller(musterstadt: Town) -> None:
    case_id = captured(musterstadt, vat_kind="frei")

    told = proposals(musterstadt, case_id)

    assert told["code:E 0 %"].startswith("frei: ")
    assert told["debtor"].startswith("offen: Wo der Lieferant sitzt, ist nicht erfasst")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"vat_rates": "19; sieben"}, "Die Steuersätze sind Zahlen über 0"),
        ({"vat_rates": "0"}, "Die Steuersätze sind Zahlen über 0"),
        ({"supplier_country": "D1"}, "Das Land besteht aus zwei Buchstaben"),
    ],
)
def test_what_cannot_be_said_of_the_tax_comes_back(
    musterstadt: Town, typed: dict[str, str], problem: str
) -> None:
    case_id = musterstadt.receive(text_pdf("Malerbetrieb"), name="m.pdf")
    act(musterstadt, "kranz", case_id, **TYPED | SAID | typed)

    with musterstadt.app.db.read() as connection:
        actor = people.actor(connection, demo.TENANT, "kranz", at=musterstadt.clock.now())
    sheet = musterstadt.app.engine.task(actor, the_task(musterstadt, case_id).id)

    assert sheet.task.element == "capture"
    assert problem in sheet.shown["capture_problem"]


def test_a_row_of_the_table_spares_the_question(musterstadt: Town) -> None:
    file = "Art;Lieferant;Ergebnis;Gilt ab;Quelle;Stand\n"
    file += "Bauleistung;DE136695976;nein;01.01.2020;Rahmenvertrag Möbel;bestätigt"
    rows = [row.values for row in rules.read_rules(file.encode()).rows]
    with musterstadt.app.db.write() as connection:
        now = musterstadt.app.db.now(connection)
        rules.LISTS["rules"].write(connection, demo.TENANT, rows, now)
    case_id = captured(musterstadt)

    told = proposals(musterstadt, case_id)["withholding"]
    certify(musterstadt, case_id, tax_3="keine", **OTHERWISE)

    assert told == "keine: Nach der Steuertabelle keine Bauleistung. Rahmenvertrag Möbel"
    assert the_order(musterstadt)["withheld_amount"] is None


def test_an_hkr_without_a_second_position_gets_no_order_of_captured_paper(
    musterstadt: Town,
) -> None:
    set_up(musterstadt, ledger_format=1)
    keep_office(musterstadt)
    case_id = captured(musterstadt)

    with pytest.raises(FormError, match="Die Übergabe an das HKR trägt keine zweite Position"):
        certify(musterstadt, case_id, tax_building="ja", tax_3="15 %", **OTHERWISE, **OFFICE)

    with musterstadt.app.db.read() as connection:
        assert connection.execute(sa.select(cash_order)).all() == []
