"""The page of proposals: what is open, by whom, and declining one with a reason."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.web.conftest import Town, blank_pdf, town_reader

from laufzettel.ids import new_id
from laufzettel.records.tables import routing_proposal


@pytest.fixture
def proposal(musterstadt: Town) -> str:
    """The id of an open proposal that came from an invoice."""
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
    }
    with musterstadt.app.db.write() as connection:
        row["proposed_at"] = musterstadt.app.db.now(connection)  # type: ignore[assignment]
        connection.execute(sa.insert(routing_proposal), row)
    return str(row["id"])


def test_the_designer_sees_the_row_and_who_wants_it(musterstadt: Town, proposal: str) -> None:
    page = musterstadt.browser("sommer").get("/vorschlaege").text

    assert "1 offen" in page
    assert "Lieferant „Garten &lt;Klee&gt;“ → Bauamt, M. Yılmaz" in page
    assert "R. Kranz" in page and "aus diesem Vorgang" in page
    assert f"laufzettel routing take {proposal} ORDNER --tenant musterstadt" in page


def test_declining_needs_a_reason_and_stands_in_the_audit(musterstadt: Town, proposal: str) -> None:
    browser = musterstadt.browser("sommer")
    address = f"/vorschlaege/{proposal}/ablehnen"

    silent = browser.submit("/vorschlaege", address)
    told = browser.submit("/vorschlaege", address, **{f"grund-{proposal}": "nur dieses Jahr"})
    page = browser.get("/vorschlaege").text

    assert (silent.status_code, told.status_code) == (400, 302)
    assert "Bitte nennen Sie den Grund" in silent.text
    assert "Kein offener Vorschlag." in page and "nur dieses Jahr" in page
    (event,) = musterstadt.app.engine.timeline(town_reader(), "routing")
    assert (event.kind, event.texts["reason"]) == ("routing.declined", "nur dieses Jahr")


def test_who_only_reads_is_offered_nothing(musterstadt: Town, proposal: str) -> None:
    page = musterstadt.browser("vogt").get("/vorschlaege").text

    assert "Garten" in page
    assert "ablehnen" not in page and "routing take" not in page
