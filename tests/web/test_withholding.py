"""Bauabzugsteuer from the decision to the HKR: the order carries it, and never a cent twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from tests.web.conftest import Town, hidden, town_reader
from tests.web.test_tax_decision import OFFICE, certify, keep_office, kept, sign, written

from laufzettel.cli.demo import town as demo
from laufzettel.engine.api import FormError
from laufzettel.identity import Actor
from laufzettel.records.tables import cash_order, tenant
from laufzettel.records.tax import offices, rules
from laufzettel.records.tax.tables import tax_office

__all__ = ["written"]


def receive_building(town: Town, written: Callable[..., bytes], **terms: Any) -> str:
    """Take in an Abschlag of a builder over 18.432,60 € and certify it with 15 %."""
    return town.receive(written(number="TB-1", type_code="875", skonto=(), **terms))


def the_order(town: Town) -> Any:
    with town.app.db.read() as connection:
        return connection.execute(sa.select(cash_order)).mappings().one()


def task_of(town: Town, element: str) -> str:
    tasks = town.app.engine.tasks(town_reader())
    (found,) = [one for one in tasks if one.element == element and one.status == "open"]
    return f"/aufgaben/{found.id}"


def answer(town: Town, login: str, path: str, **fields: str) -> Any:
    browser = town.browser(login)
    shown = hidden(browser.get(path).text, "displayed")
    return browser.submit(path, path, displayed=shown, **fields)


def set_up(town: Town, **settings: Any) -> None:
    with town.app.db.write() as connection:
        known = connection.execute(sa.select(tenant.c.settings)).scalar_one()
        connection.execute(sa.update(tenant).values(settings={**known, **settings}))


def give_certificate(town: Town) -> None:
    file = (
        "Nummer;Lieferant;USt-IdNr;Gilt ab;Gilt bis\nFB-1;Tiefbau;DE123456788;01.01.2026;01.01.2030"
    )
    rows = [row.values for row in rules.read_certificates(file.encode()).rows]
    with town.app.db.write() as connection:
        rules.LISTS["certificates"].write(
            connection, demo.TENANT, rows, town.app.db.now(connection)
        )


def test_the_order_has_two_positions_that_arrive_at_the_hkr(
    musterstadt: Town, written: Callable[..., bytes]
) -> None:
    keep_office(musterstadt)
    receive_building(musterstadt, written)

    done = sign(musterstadt, certify(musterstadt), tax_choice="vorschlag", **OFFICE)
    order = the_order(musterstadt)
    page = musterstadt.browser("reineke").get(task_of(musterstadt, "order")).text

    assert done.status_code == 302
    assert (str(order["amount"]), str(order["withheld_amount"])) == ("18432.60", "2764.89")
    assert (order["withheld_name"], order["withheld_iban"]) == (
        "Finanzamt Detmold",
        "DE02120300000000202051",
    )
    assert "2181508150" in order["withheld_purpose"] and "TB-1" in order["withheld_purpose"]
    assert "15.667,71" in page and "2.764,89" in page and "Finanzamt Detmold" in page

    answer(musterstadt, "reineke", task_of(musterstadt, "order"), decision="anordnen")
    answer(musterstadt, "lohmann", task_of(musterstadt, "countersign"), decision="zeichnen")
    musterstadt.settle()
    (file,) = musterstadt.app.ledgers.root(demo.TENANT).glob("an/*.jsonl")
    header, line, _trailer = map(json.loads, file.read_text("utf-8").splitlines())

    assert header["version"] == 2
    assert (line["amount"], line["withholding"]["amount"]) == ("18432.60", "2764.89")
    assert {"question": "input_tax", "answer": "0 %"} in line["tax"]


def test_without_finanzamt_and_steuernummer_nothing_is_certified(
    musterstadt: Town, written: Callable[..., bytes]
) -> None:
    receive_building(musterstadt, written)
    path = certify(musterstadt)

    unknown = sign(musterstadt, path, tax_choice="vorschlag")
    keep_office(musterstadt)
    unsaid = sign(musterstadt, path, tax_choice="vorschlag", tax_number="12")
    otherwise = {"tax_0": "19", "tax_1": "Lieferant", "tax_2": "0 %", "tax_3": "15 %"}
    done = sign(
        musterstadt, path, tax_choice="anders", tax_note="wie gehabt", **otherwise, **OFFICE
    )

    assert (
        unknown.status_code == 422
        and "Noch ist kein Finanzamt mit Konto eingetragen" in unknown.text
    )
    assert unsaid.status_code == 422 and "Bitte wählen Sie, an welches Finanzamt" in unsaid.text
    assert "Das ist keine Steuernummer" in unsaid.text
    assert done.status_code == 302, done.text
    assert str(the_order(musterstadt)["withheld_amount"]) == "2764.89"


def test_vat_that_somebody_decides_the_kommune_owes_belongs_to_the_gegenleistung(
    musterstadt: Town, written: Callable[..., bytes]
) -> None:
    """§ 48 Abs. 3 EStG with § 13b UStG, also where the table proposed the supplier as debtor."""
    keep_office(musterstadt)
    receive_building(musterstadt, written)
    otherwise = {"tax_0": "13b", "tax_1": "Kommune", "tax_2": "0 %", "tax_3": "15 %"}

    typed = {**otherwise, "tax_1": "die Kommune"}
    path = certify(musterstadt)
    unknown = sign(musterstadt, path, tax_choice="anders", tax_note="§ 13b", **typed, **OFFICE)
    sign(musterstadt, path, tax_choice="anders", tax_note="§ 13b", **otherwise, **OFFICE)

    assert unknown.status_code == 422, "there are two who may owe it, chosen and not typed"
    assert str(the_order(musterstadt)["withheld_amount"]) == "3290.22"
    (row,) = kept(musterstadt)
    assert str(row["gross"]) == "21934.79"


def test_where_fifteen_per_cent_are_proposed_nobody_certifies_without_a_decision(
    musterstadt: Town, written: Callable[..., bytes]
) -> None:
    """§ 48a Abs. 3 EStG: what is not withheld, the Kommune owes itself."""
    receive_building(musterstadt, written)
    path = certify(musterstadt)

    silent = sign(musterstadt, path)

    assert silent.status_code == 422
    assert "Steuerliche Behandlung: Bitte füllen Sie dieses Feld aus." in silent.text
    assert "Noch nicht entschieden" not in silent.text[silent.text.index('id="zeichnen"') :]


def test_a_program_certifies_no_bauleistung_undecided(
    musterstadt: Town, written: Callable[..., bytes]
) -> None:
    receive_building(musterstadt, written)
    task = certify(musterstadt).rpartition("/")[2]
    yilmaz = Actor(tenant=demo.TENANT, person="yilmaz", groups=frozenset({"bauamt"}))
    values = {"decision": "feststellen", "cost_center": "66010", "gl_account": "523100"}

    with pytest.raises(FormError, match="Steuerliche Behandlung"):
        musterstadt.app.engine.complete(yilmaz, task, values)


def test_an_hkr_that_reads_no_second_position_gets_no_order(
    musterstadt: Town, written: Callable[..., bytes]
) -> None:
    set_up(musterstadt, ledger_format=1)
    keep_office(musterstadt)
    receive_building(musterstadt, written)

    refused = sign(musterstadt, certify(musterstadt), tax_choice="vorschlag", **OFFICE)

    assert refused.status_code == 422
    assert "Die Übergabe an das HKR trägt keine zweite Position" in refused.text
    with musterstadt.app.db.read() as connection:
        assert connection.execute(sa.select(cash_order)).all() == []


def test_a_certificate_that_comes_before_the_order_voids_what_rested_on_its_lack(
    musterstadt: Town, written: Callable[..., bytes]
) -> None:
    """Scene S3: with the new certificate the 15 % are gone, and nobody orders them by mistake."""
    set_up(musterstadt, second_signature_above="20000.00")
    keep_office(musterstadt)
    receive_building(musterstadt, written)
    sign(musterstadt, certify(musterstadt), tax_choice="vorschlag", **OFFICE)
    give_certificate(musterstadt)

    refused = answer(musterstadt, "reineke", task_of(musterstadt, "order"), decision="anordnen")
    back = {"decision": "zurueckgeben", "note": "Bescheinigung liegt vor"}
    answer(musterstadt, "reineke", task_of(musterstadt, "order"), **back)
    sign(musterstadt, certify(musterstadt), tax_choice="vorschlag")

    assert refused.status_code == 409
    assert "gilt die Freistellungsbescheinigung FB-1" in refused.text
    assert the_order(musterstadt)["withheld_amount"] is None
    answer(musterstadt, "reineke", task_of(musterstadt, "order"), decision="anordnen")
    assert the_order(musterstadt)["status"] == "issued"


def test_an_account_that_is_taken_off_the_list_is_paid_no_more(
    musterstadt: Town, written: Callable[..., bytes]
) -> None:
    keep_office(musterstadt)
    receive_building(musterstadt, written)
    path = certify(musterstadt)
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.delete(tax_office))

    gone = sign(musterstadt, path, tax_choice="vorschlag", **OFFICE)

    assert gone.status_code == 422


@pytest.mark.parametrize("line", ["1;Amt;DE00120300000000202051", "--;Amt;DE02120300000000202051"])
def test_a_list_of_finanzaemter_with_a_wrong_account_is_refused(line: str) -> None:
    assert offices.read(f"Nummer;Name;IBAN\n{line}".encode()).faults
