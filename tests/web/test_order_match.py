"""The invoice beside its order on the pages: live, bound to the signature, silent where secret."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.web.api.conftest import Program, token
from tests.web.conftest import Browser, Town, hidden, town_reader

from laufzettel.cli.demo import town as demo
from laufzettel.engine.tables import user_task
from laufzettel.records.api_tokens import Scope
from laufzettel.records.purchasing import orders

YOUTH = "059990000000-51000-86"
SELLER = "Tiefbau Bergmann & Söhne GmbH"
Write = Callable[..., bytes]


@pytest.fixture(scope="session")
def write() -> Write:
    """Return a writer of invoices of one seller, with one position."""
    folder = str(Path(__file__).resolve().parents[2] / "examples")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    generator = importlib.import_module("make_invoices")
    made = importlib.import_module("sample_invoices.town_model")

    def of(number: str, net: str, **terms: Any) -> bytes:
        items = (made.item("Leistung", net),)
        sample = replace(
            generator.samples.GOOD, number=number, items=items, attachments=(), **terms
        )
        data: bytes = generator.as_ubl(sample)
        return data

    return of


def order(town: Town, gross: str, **more: Any) -> None:
    """Put the order 4500012873, which the invoices name, on the list."""
    row = orders.order_row(
        number="4500012873",
        supplier_name=more.pop("supplier", SELLER),
        gross=Decimal(gross),
        **more,
    )
    with town.app.db.write() as connection:
        now = town.app.db.now(connection)
        orders.write(connection, demo.TENANT, "orders", [row], now)


def certify(town: Town, case_id: str) -> str:
    """Return the address of the page of the case's certification."""
    tasks = town.app.engine.tasks(town_reader())
    (found,) = [one for one in tasks if one.element == "certify" and one.case_id == case_id]
    return f"/aufgaben/{found.id}"


def clerk(town: Town) -> Browser:
    """Return the browser of somebody of the Bauamt."""
    (who,) = [one.id for one in demo.PEOPLE if "bauamt" in one.groups][:1]
    return town.browser(who)


def remarks(town: Town, case_id: str) -> str:
    with town.app.db.read() as connection:
        query = sa.select(user_task.c.remarks).where(
            user_task.c.element == "certify", user_task.c.case_id == case_id
        )
        return str(connection.execute(query).scalar_one())


def test_without_an_order_list_nothing_is_said(musterstadt: Town, write: Write) -> None:
    one = musterstadt.receive(write("TB-1", "100.00"))

    assert "lz-order" not in clerk(musterstadt).get(certify(musterstadt, one)).text


def test_the_certification_shows_what_is_left_of_the_order(musterstadt: Town, write: Write) -> None:
    order(musterstadt, "300.00")
    one = musterstadt.receive(write("TB-1", "100.00"))
    case = musterstadt.receive(write("TB-2", "200.00", issued=date(2026, 11, 9)))

    first = clerk(musterstadt).get(certify(musterstadt, one)).text
    page = clerk(musterstadt).get(f"/vorgaenge/{case}").text

    told = (
        "Auftrag 4500012873: 300,00 €, davon abgerechnet 119,00 € (noch nicht angeordnet: "
        "119,00 €), mit dieser 357,00 € → 57,00 € darüber, Toleranz 5,00 €"
    )
    assert told in page
    assert "davon abgerechnet 238,00 €" in first  # the later one counts too
    assert "order_differs" not in remarks(musterstadt, one)
    assert "order_differs" in remarks(musterstadt, case)


def test_what_is_signed_is_what_was_shown_of_the_order(musterstadt: Town, write: Write) -> None:
    order(musterstadt, "300.00")
    path = certify(musterstadt, musterstadt.receive(write("TB-1", "100.00")))
    before = hidden(clerk(musterstadt).get(path).text, "displayed")
    order(musterstadt, "50.00")

    answer = clerk(musterstadt).submit(
        path,
        path,
        decision="feststellen",
        cost_center="66010",
        gl_account="523100",
        displayed=before,
    )

    assert answer.status_code == 409
    assert "haben sich geändert" in answer.text


def test_an_order_that_is_not_on_the_list_never_rejects(musterstadt: Town, write: Write) -> None:
    order(musterstadt, "300.00", told=True)
    strange = musterstadt.receive(write("TB-1", "100.00", order="77"))
    silent = musterstadt.receive(write("TB-2", "170.00", order="", contract=""))

    page = clerk(musterstadt).get(certify(musterstadt, strange)).text
    other = clerk(musterstadt).get(certify(musterstadt, silent)).text
    assert "Den genannten Auftrag „77“ gibt es" in page
    assert "kein Grund zum Zurückweisen" in other


def test_a_confidential_invoice_of_the_order_gives_nothing_away(
    musterstadt: Town, write: Write
) -> None:
    order(musterstadt, "9000.00")
    musterstadt.receive(write("HS-Markerkind", "4321.00", buyer_reference=YOUTH))
    open_one = musterstadt.receive(write("TB-2", "100.00"))

    page = clerk(musterstadt).get(certify(musterstadt, open_one)).text

    assert "gibt es vertrauliche Rechnungen" in page
    assert not any(word in page for word in ("Markerkind", "5.141", "9.000,00", "5.260"))


def test_the_order_of_a_confidential_unit_shows_itself_to_that_unit_only(
    musterstadt: Town, write: Write
) -> None:
    order(musterstadt, "9000.00", unit="jugendamt", supplier="Heim Markerhof")
    case = musterstadt.receive(write("TB-2", "100.00"))

    page = clerk(musterstadt).get(certify(musterstadt, case)).text

    assert "gehört einer anderen Stelle" in page
    assert "Markerhof" not in page and "9.000,00" not in page


def test_lists_follow_the_order_list_and_its_deliveries(musterstadt: Town, write: Write) -> None:
    """„Auftrag prüfen“ is no memory of the day on which the invoice was entered."""
    case = musterstadt.receive(write("TB-1", "100.00"))
    program = Program(
        musterstadt.pages.test_client(), token(musterstadt, Scope.ORDERS_WRITE, Scope.ORDERS_READ)
    )
    known = {"number": "4500012873", "supplier_name": SELLER}

    unknown = remarks(musterstadt, case)
    small = program.post("/purchase-orders", {"orders": [{**known, "gross": "50.00"}]})
    too_much = remarks(musterstadt, case)
    program.post("/purchase-orders", {"orders": [{**known, "gross": "119.00"}]})

    assert small.status_code == 200
    assert "order_differs" not in unknown
    assert "order_differs" in too_much
    assert "order_differs" not in remarks(musterstadt, case)
    page = clerk(musterstadt).get(f"/vorgaenge/{case}").text
    assert page.count("Hinweise in den Listen geändert") == 2


def test_an_invoice_that_names_only_the_contract_follows_the_list_too(
    musterstadt: Town, write: Write
) -> None:
    """BT-12 without BT-13: which order that is, the list says, also when it learns of it later."""
    case = musterstadt.receive(write("TB-1", "100.00", order="", contract="V-2026-99"))
    other = musterstadt.receive(write("TB-2", "170.00", order="", contract="V-2026-98"))
    program = Program(
        musterstadt.pages.test_client(), token(musterstadt, Scope.ORDERS_WRITE, Scope.ORDERS_READ)
    )
    known = {"number": "4500012999", "supplier_name": SELLER, "contract": "V-2026-99"}

    before = remarks(musterstadt, case)
    small = program.post("/purchase-orders", {"orders": [{**known, "gross": "50.00"}]})
    too_much = remarks(musterstadt, case)
    program.post("/purchase-orders", {"orders": [{**known, "gross": "119.00"}]})

    assert small.status_code == 200, small.text
    assert ("order_differs" in before, "order_differs" in too_much) == (False, True)
    assert "order_differs" not in remarks(musterstadt, case)
    assert "order_differs" not in remarks(musterstadt, other)
