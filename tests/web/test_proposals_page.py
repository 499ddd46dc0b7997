"""Zuordnung: what is proposed with its evidence, and the two people who take it over."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.web.conftest import Browser, Town, blank_pdf, hidden, town_reader
from werkzeug.test import TestResponse

from laufzettel.ids import new_id
from laufzettel.records.tables import invoice, routing_proposal


@pytest.fixture
def proposal(musterstadt: Town) -> str:
    """The id of an open proposal that came from an invoice."""
    return proposed(musterstadt)


def proposed(musterstadt: Town, **changed: str) -> str:
    """Have the Poststelle propose a row; return its id."""
    case_id = musterstadt.receive(blank_pdf(), name="scan.pdf")
    row = {
        "id": new_id(),
        "tenant": "musterstadt",
        "field": "supplier_name",
        "value": "Garten <Klee>",
        "unit": "bauamt",
        "clerk": "yilmaz",
        "case_id": case_id,
        "invoice_id": new_id(),
        "proposed_by": "kranz",
        "status": "open",
        **changed,
    }
    with musterstadt.app.db.write() as connection:
        row["proposed_at"] = musterstadt.app.db.now(connection)  # type: ignore[assignment]
        connection.execute(sa.insert(routing_proposal), row)
    return str(row["id"])


def test_the_designer_sees_who_wants_it_and_what_invoices_say(
    musterstadt: Town, proposal: str
) -> None:
    with musterstadt.app.db.write() as connection:
        ids = connection.scalars(sa.select(invoice.c.id)).all()
        values = {"supplier_name": "Garten <Klee>", "unit": "bauamt"}
        connection.execute(sa.update(invoice).where(invoice.c.id.in_(ids)).values(values))

    page = musterstadt.browser("sommer").get("/vorschlaege").text

    assert "1 offen" in page
    assert "Lieferant „Garten &lt;Klee&gt;“ → Bauamt, M. Yılmaz" in page
    assert "R. Kranz" in page and "aus diesem Vorgang" in page
    assert "1 Rechnung hat diesen Wert: 1 × Bauamt" in page


def test_whose_vat_id_it_is_stands_beside_it(musterstadt: Town) -> None:
    proposed(musterstadt, field="supplier_vat_id", value="DE123456788")
    with musterstadt.app.db.write() as connection:
        values = {"supplier_vat_id": "DE123456788", "supplier_name": "Federkiel", "unit": "bauamt"}
        connection.execute(sa.update(invoice).values(values))

    page = musterstadt.browser("sommer").get("/vorschlaege").text

    assert "USt-IdNr. des Lieferanten „DE123456788“ (Federkiel) → Bauamt" in page


def test_what_a_confidential_unit_gets_is_no_evidence(musterstadt: Town, proposal: str) -> None:
    with musterstadt.app.db.write() as connection:
        values = {"supplier_name": "Garten <Klee>", "unit": "jugendamt"}
        connection.execute(sa.update(invoice).values(values))

    page = musterstadt.browser("sommer").get("/vorschlaege").text

    assert "Noch keine Rechnung mit diesem Wert liegt bei einer Stelle." in page
    assert "Jugend" not in page


def test_the_row_is_shown_in_the_table_with_what_the_lint_says(
    musterstadt: Town, proposal: str
) -> None:
    page = musterstadt.browser("sommer").get(f"/vorschlaege/{proposal}").text

    assert "mit dieser Zeile bekommt er sie" in page
    new = page.split('aria-current="true"')[2].split("</tr>")[0]
    assert ">neu<" in new
    assert re.findall("<code>(.*?)</code>", new) == [
        "&#34;Garten &lt;Klee&gt;&#34;",
        "&#34;bauamt&#34;",
        "&#34;yilmaz&#34;",
    ]
    assert "Keine Lücke, keine verdeckte Zeile, kein Fehler." in page


def test_two_people_take_it_over_and_the_tenant_has_a_version_of_its_own(
    musterstadt: Town, proposal: str
) -> None:
    one, two = musterstadt.browser("sommer"), musterstadt.browser("lohmann")
    address, because = f"/vorschlaege/{proposal}", f"grund-{proposal}"

    early = press(two, proposal, "freigeben", **{because: "ja"})
    wanted = press(one, proposal, "aufnehmen", **{because: "Vertrag 12"})
    alone = press(one, proposal, "freigeben", **{because: "ja"})
    assert "/freigeben" not in one.get(address).text
    assert f'formaction="{address}/freigeben"' in two.get(address).text
    released = press(two, proposal, "freigeben", **{because: "gesehen"})
    again = press(two, proposal, "freigeben", **{because: "gesehen"})

    codes = [each.status_code for each in (early, wanted, alone, released, again)]
    assert codes == [409, 302, 403, 302, 409]
    (version,) = musterstadt.app.engine.models(town_reader(), "zustaendigkeit")
    assert (version.number, version.is_shared, version.deployed_by) == (1, False, "lohmann")
    (standing,) = (
        each
        for each in musterstadt.app.engine.standing_decisions(town_reader())
        if each.decision == "rechnung_zustaendigkeit"
    )
    assert (standing.bundle_id, len(standing.rules)) == (version.bundle_id, 2)
    kinds = [
        (each.kind, each.actor, each.data.get("chosen_by"))
        for each in musterstadt.app.engine.timeline(town_reader(), "routing")
    ]
    assert kinds == [("routing.chosen", "sommer", None), ("routing.taken", "lohmann", "sommer")]
    page = one.get("/vorschlaege").text
    assert "Kein offener Vorschlag." in page and "in die Tabelle aufgenommen" in page


def test_an_invoice_goes_where_the_new_row_says(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    proposal = proposed(musterstadt, field="supplier_name", value="Tiefbau Bergmann & Söhne GmbH")
    with musterstadt.app.db.write() as connection:
        row = sa.update(routing_proposal).values(unit="schulamt", clerk=None)
        connection.execute(row)
    press(musterstadt.browser("sommer"), proposal, "aufnehmen", **{f"grund-{proposal}": "x"})
    press(musterstadt.browser("lohmann"), proposal, "freigeben", **{f"grund-{proposal}": "x"})

    case_id = musterstadt.receive(samples("gut.xml"))

    (task,) = musterstadt.app.engine.tasks(town_reader(), case_id)
    with musterstadt.app.db.read() as connection:
        supplier = connection.scalar(sa.select(sa.func.max(invoice.c.supplier_name)))
    assert supplier == "Tiefbau Bergmann & Söhne GmbH"
    assert task.groups == ("schulamt",)


def test_a_second_row_joins_the_first_whichever_was_chosen_when(musterstadt: Town) -> None:
    first = proposed(musterstadt, value="Erste")
    second = proposed(musterstadt, value="Zweite")
    one, two = musterstadt.browser("sommer"), musterstadt.browser("lohmann")
    for each in (first, second):
        press(one, each, "aufnehmen", **{f"grund-{each}": "x"})
    for each in (second, first):
        press(two, each, "freigeben", **{f"grund-{each}": "x"})

    versions = musterstadt.app.engine.models(town_reader(), "zustaendigkeit")
    tables = musterstadt.app.engine.standing_decisions(town_reader())
    (rules,) = (one.rules for one in tables if one.decision == "rechnung_zustaendigkeit")

    assert [each.number for each in versions] == [2, 1]
    assert [rule[5] for rule in rules] == ['"Zweite"', '"Erste"', "-"]


def test_a_row_that_another_covers_is_said_before_anybody_wants_it(musterstadt: Town) -> None:
    first, again = proposed(musterstadt, value="Erste"), proposed(musterstadt, value="Erste")
    press(musterstadt.browser("sommer"), first, "aufnehmen", **{f"grund-{first}": "x"})
    press(musterstadt.browser("lohmann"), first, "freigeben", **{f"grund-{first}": "x"})

    page = musterstadt.browser("sommer").get(f"/vorschlaege/{again}").text

    assert "lz--warning" in page
    assert "Keine Lücke" not in page


def test_declining_needs_a_reason_and_stands_in_the_audit(musterstadt: Town, proposal: str) -> None:
    browser = musterstadt.browser("sommer")

    silent = press(browser, proposal, "ablehnen")
    told = press(browser, proposal, "ablehnen", **{f"grund-{proposal}": "nur dieses Jahr"})
    page = browser.get("/vorschlaege").text

    assert (silent.status_code, told.status_code) == (400, 302)
    assert "Bitte nennen Sie den Grund" in silent.text
    assert "Kein offener Vorschlag." in page and "nur dieses Jahr" in page
    (event,) = musterstadt.app.engine.timeline(town_reader(), "routing")
    assert (event.kind, event.texts["reason"]) == ("routing.declined", "nur dieses Jahr")


def test_who_only_reads_is_offered_nothing(musterstadt: Town, proposal: str) -> None:
    browser = musterstadt.browser("vogt")
    page = browser.get(f"/vorschlaege/{proposal}").text

    assert "Garten" in browser.get("/vorschlaege").text
    assert "Garten" in page
    assert "<textarea" not in page and "ablehnen" not in page


def press(browser: Browser, proposal: str, what: str, **fields: str) -> TestResponse:
    """Send the form of a proposal, whichever of its buttons there are."""
    csrf = hidden(browser.get("/barrierefreiheit").text, "csrf")
    return browser.client.post(f"/vorschlaege/{proposal}/{what}", data={"csrf": csrf, **fields})
