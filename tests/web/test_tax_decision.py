"""The tax at the certification: proposed, decided by a person, kept with the invoice."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.web.api.conftest import Program, token
from tests.web.conftest import Browser, Town, form_of, hidden, town_reader
from werkzeug.test import TestResponse

from laufzettel.cli.demo import town as demo
from laufzettel.engine.audit.tables import audit_event
from laufzettel.records.api_tokens import Scope
from laufzettel.records.tables import tenant
from laufzettel.records.tax import offices, rules
from laufzettel.records.tax.tables import tax_decision


@pytest.fixture(scope="session")
def written() -> Callable[..., bytes]:
    """Return a writer of the sample of the generator: one rate, an inland supplier."""
    folder = str(Path(__file__).resolve().parents[2] / "examples")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    generator = importlib.import_module("make_invoices")

    def write(**terms: Any) -> bytes:
        data: bytes = generator.as_ubl(replace(generator.samples.GOOD, attachments=(), **terms))
        return data

    return write


@pytest.fixture
def good(written: Callable[..., bytes]) -> bytes:
    """The sample as it is."""
    return written()


def clerk(town: Town) -> Browser:
    """Return the browser of somebody of the Bauamt."""
    return town.browser("yilmaz")


def certify(town: Town) -> str:
    """Return the address of the one certification that is open."""
    tasks = town.app.engine.tasks(town_reader())
    (found,) = [one for one in tasks if one.element == "certify" and one.status == "open"]
    return f"/aufgaben/{found.id}"


def sign(town: Town, path: str, **tax: str) -> TestResponse:
    """Certify, with what is said about the tax."""
    fields = {"decision": "feststellen", "cost_center": "66010", "gl_account": "523100"}
    shown = hidden(clerk(town).get(path).text, "displayed")
    return clerk(town).submit(path, path, **fields, displayed=shown, **tax)


OFFICE = {"tax_office": "5313", "tax_number": "2181508150"}


def keep_office(town: Town) -> None:
    """Let the town know one Finanzamt and its account."""
    file = "Nummer;Name;IBAN\n5313;Finanzamt Detmold;DE02 1203 0000 0000 2020 51"
    rows = [row.values for row in offices.read(file.encode()).rows]
    with town.app.db.write() as connection:
        offices.LIST.write(connection, demo.TENANT, rows, town.app.db.now(connection))


def kept(town: Town) -> list[Any]:
    with town.app.db.read() as connection:
        return list(connection.execute(sa.select(tax_decision)).mappings())


def require(town: Town) -> None:
    with town.app.db.write() as connection:
        known = connection.execute(sa.select(tenant.c.settings)).scalar_one()
        connection.execute(sa.update(tenant).values(settings={**known, "tax_required": True}))


def test_proposals_are_marked_and_nothing_is_filled_in(musterstadt: Town, good: bytes) -> None:
    musterstadt.receive(good)

    page = clerk(musterstadt).get(certify(musterstadt)).text

    assert "Vorsteuerabzug: 0 %" in page and "zu bestätigen" in page
    assert "§ 27 Abs. 22 und 22a UStG" in page
    assert 'name="tax_choice"' in page
    form = page[page.index('id="zeichnen"') :]
    assert "Vorgeschlagen: 0 %" in form and 'value="0 %"' not in form


def test_without_a_decision_nothing_is_kept(musterstadt: Town, good: bytes) -> None:
    musterstadt.receive(good)

    answer = sign(musterstadt, certify(musterstadt))

    assert answer.status_code == 302
    assert kept(musterstadt) == []


def test_the_decision_is_kept_with_who_made_it_and_stands_in_the_audit(
    musterstadt: Town, good: bytes
) -> None:
    case = musterstadt.receive(good)

    answer = sign(musterstadt, certify(musterstadt), tax_choice="vorschlag")

    assert answer.status_code == 302
    (row,) = kept(musterstadt)
    assert (row["decided_by"], row["follows"]) == ("yilmaz", True)
    assert row["decided"]["input_tax"] == "0 %"
    assert "Entschieden wie vorgeschlagen" in clerk(musterstadt).get(f"/vorgaenge/{case}").text
    with musterstadt.app.db.read() as connection:
        (event,) = connection.execute(
            sa.select(audit_event).where(audit_event.c.kind == "tax.decided")
        ).all()
    assert event.actor == "yilmaz"


def test_another_decision_needs_every_answer_and_a_reason(musterstadt: Town, good: bytes) -> None:
    musterstadt.receive(good)
    path = certify(musterstadt)

    empty = sign(musterstadt, path, tax_choice="anders", tax_0="V19")
    said = {"tax_0": "V19", "tax_1": "Lieferant", "tax_2": "40 %", "tax_3": "keine"}
    done = sign(musterstadt, path, tax_choice="anders", tax_note="Freibad, BgA", **said)

    assert empty.status_code == 422
    assert "Vorsteuerabzug: Bitte füllen Sie dieses Feld aus." in empty.text
    assert 'value="V19"' in empty.text  # nothing typed is lost
    assert done.status_code == 302
    (row,) = kept(musterstadt)
    assert (row["follows"], row["note"]) == (False, "Freibad, BgA")
    assert row["decided"]["input_tax"] == "40 %"


def test_where_the_tenant_asks_for_it_nobody_certifies_without(
    musterstadt: Town, good: bytes
) -> None:
    require(musterstadt)
    musterstadt.receive(good)
    path = certify(musterstadt)

    missing = sign(musterstadt, path)
    shown = hidden(clerk(musterstadt).get(path).text, "displayed")
    back = {"decision": "zurueckweisen", "rejection_text": "Falsche Menge"}
    rejected = clerk(musterstadt).submit(path, path, displayed=shown, **back)

    assert missing.status_code == 422
    assert "Steuerliche Behandlung: Bitte füllen Sie dieses Feld aus." in missing.text
    assert rejected.status_code == 302


def test_a_half_filled_decision_is_kept_as_a_draft_and_shown_again(
    musterstadt: Town, good: bytes
) -> None:
    musterstadt.receive(good)
    path = certify(musterstadt)
    half = {"tax_choice": "anders", "tax_2": "40 %", "tax_note": "Freibad"}
    browser = clerk(musterstadt)
    ours = form_of(browser.get(path).text, path)
    assert browser.client.post(f"{path}/entwurf", data={**ours, **half}).status_code == 200

    page = clerk(musterstadt).get(path).text

    form = page[page.index('id="zeichnen"') :]
    assert 'value="anders" checked' in form
    assert 'value="40 %"' in form and ">Freibad</textarea>" in form
    assert "Das Formular zeigt Ihren gespeicherten Entwurf." in page


def test_what_was_refused_keeps_no_decision(musterstadt: Town, good: bytes) -> None:
    """The decision is written with the signature or not at all."""
    musterstadt.receive(good)
    path = certify(musterstadt)
    stale = "0" * 64

    fields = {"decision": "feststellen", "cost_center": "66010", "gl_account": "523100"}
    answer = clerk(musterstadt).submit(
        path, path, **fields, displayed=stale, tax_choice="vorschlag"
    )

    assert answer.status_code == 409
    assert kept(musterstadt) == []


def test_the_api_is_no_way_round_the_decision(musterstadt: Town, good: bytes) -> None:
    musterstadt.receive(good)
    secret = token(musterstadt, Scope.TASKS_READ, Scope.TASKS_WORK, login="yilmaz")
    program = Program(musterstadt.pages.test_client(), secret)
    task = certify(musterstadt).rpartition("/")[2]
    seen = program.get(f"/tasks/{task}").json["case_version"]
    values = {"decision": "feststellen", "cost_center": "66010", "gl_account": "523100"}
    require(musterstadt)

    refused = program.post(f"/tasks/{task}/complete", {"values": values, "seen": seen})

    answered = {"values": {**values, "tax_choice": "vorschlag"}, "seen": seen}
    unseen = program.post(f"/tasks/{task}/complete", answered)

    assert (refused.status_code, unseen.status_code) == (422, 422)
    assert "Steuerliche Behandlung: Bitte füllen Sie dieses Feld aus." in refused.text
    assert "Das entscheidet man auf der Seite der Aufgabe" in unseen.text
    assert kept(musterstadt) == []


def test_the_year_of_a_builder_is_summed_and_his_certificate_ends_the_withholding(
    musterstadt: Town, written: Callable[..., bytes]
) -> None:
    """§ 48 Abs. 2, § 48b EStG: what was decided before counts; the register is asked each time."""
    keep_office(musterstadt)
    musterstadt.receive(written(number="TB-1", type_code="875"))
    sign(musterstadt, certify(musterstadt), tax_choice="vorschlag", **OFFICE)
    musterstadt.receive(written(number="TB-2", type_code="875", issued=date(2026, 11, 9)))
    path = certify(musterstadt)

    without = clerk(musterstadt).get(path).text
    file = "Nummer;Lieferant;USt-IdNr;Gilt ab;Gilt bis\nFB-1;Tiefbau;DE123456788;1.1.2026;1.1.2030"
    found = rules.read_certificates(file.replace("1.1.", "01.01.").encode())
    with musterstadt.app.db.write() as connection:
        now = musterstadt.app.db.now(connection)
        rows = [row.values for row in found.rows]
        rules.LISTS["certificates"].write(connection, demo.TENANT, rows, now)
    held = clerk(musterstadt).get(path).text

    assert "2026 voraussichtlich 36.865,20 € an diesen Leistenden" in without
    assert "15 % von 18.432,60 € = 2.764,89 €" in without
    assert "Bauabzugsteuer: keine" in held
    assert "Freistellungsbescheinigung FB-1 gilt bis 01.01.2030" in held
