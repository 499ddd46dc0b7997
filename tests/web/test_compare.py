"""Two invoices side by side: the evidence, the decision, and what stays confidential."""

from __future__ import annotations

from types import ModuleType

import sqlalchemy as sa
from tests.web.conftest import Browser, Town, as_file, hidden, town_reader

from laufzettel.cli.demo import town as demo
from laufzettel.records.heads.tables import head_import, invoice_head
from laufzettel.records.tables import document, tenant

YOUTH = "059990000000-51000-86"


def waiting(town: Town, element: str) -> str:
    """Return the address of the page of the one open task of that element."""
    (found,) = [t for t in town.app.engine.tasks(town_reader()) if t.element == element]
    return f"/aufgaben/{found.id}"


def clerk(town: Town, group: str = "poststelle") -> Browser:
    """Return the browser of somebody whom the group's tasks are offered to."""
    (who,) = [one.id for one in demo.PEOPLE if group in one.groups][:1]
    return town.browser(who)


def test_both_invoices_stand_side_by_side_with_the_reasons(
    musterstadt: Town, generator: ModuleType
) -> None:
    first = musterstadt.receive(as_file(generator, number="TB-2026-01187"))
    musterstadt.receive(as_file(generator, number="TB 1187"))

    page = clerk(musterstadt).get(waiting(musterstadt, "check_duplicate")).text

    assert "Gleicht einer früheren Rechnung" in page
    assert "TB-2026-01187" in page and "TB 1187" in page
    assert "gleich, nur anders geschrieben" in page
    assert "100 von 100 Punkten" in page
    assert f"/vorgaenge/{first}/dokumente/" in page


def test_originals_of_both_can_be_opened(musterstadt: Town, generator: ModuleType) -> None:
    data = as_file(generator, number="TB-2026-01187")
    first = musterstadt.receive(data)
    musterstadt.receive(as_file(generator, number="TB 1187"))
    with musterstadt.app.db.read() as connection:
        shas = connection.execute(
            sa.select(document.c.sha256).where(document.c.kind == "original")
        ).scalars()
        answers = [
            clerk(musterstadt).get(f"/vorgaenge/{first}/dokumente/{sha}").status_code
            for sha in shas
        ]

    assert sorted(answers) == [200, 404]  # each case hands out its own


def test_what_is_decided_is_what_was_shown(musterstadt: Town, generator: ModuleType) -> None:
    """The evidence is part of the digest that the decision is bound to."""
    musterstadt.receive(as_file(generator, number="TB-2026-01187"))
    musterstadt.receive(as_file(generator, number="TB 1187"))
    path = waiting(musterstadt, "check_duplicate")
    before = hidden(clerk(musterstadt).get(path).text, "displayed")
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.text("UPDATE duplicate_suspect SET points = 61"))

    after = hidden(clerk(musterstadt).get(path).text, "displayed")
    answer = clerk(musterstadt).submit(
        path, path, decision="neu", note="Anderer Zeitraum", displayed=before
    )

    assert before != after
    assert answer.status_code == 409
    assert "haben sich geändert" in answer.text


def test_of_a_confidential_invoice_only_its_neutral_name_is_shown(
    musterstadt: Town, generator: ModuleType
) -> None:
    """To the Poststelle; who may read it sees it all."""
    musterstadt.receive(
        as_file(generator, number="HS-Markerkind-11", buyer_reference=YOUTH, order="Bescheid")
    )
    musterstadt.receive(as_file(generator, number="HS Markerkind 11"))
    path = waiting(musterstadt, "check_duplicate")

    page = clerk(musterstadt).get(path).text
    told = page[page.index("Gleicht einer") : page.index("Unterlagen")]

    assert "Vertraulich E-2026-000001" in told
    assert "HS-Markerkind-11" not in page
    assert "von 100 Punkten" not in page
    assert "gleiche USt-IdNr." not in page


def test_a_head_of_the_old_system_is_shown_with_its_place(
    musterstadt: Town, generator: ModuleType
) -> None:
    seller = generator.samples.GOOD.seller
    head = {
        "id": "h" * 26,
        "tenant": demo.TENANT,
        "vat_id": seller.vat_id.lower(),
        "number_key": "tb1187",
        "number": "TB 2026/1187",
        "seller_name": "Tiefbau Alt",
        "currency": "EUR",
        "import_id": "i" * 26,
        "line": 17,
        "unit": "jugendamt",
        "paid_on": generator.samples.GOOD.issued,
        "issued_on": generator.samples.GOOD.issued,
    }
    batch = {
        "id": "i" * 26,
        "tenant": demo.TENANT,
        "file_name": "alt.csv",
        "sha256": "0" * 64,
        "rows": 1,
        "added": 1,
        "imported_at": musterstadt.clock.now(),
    }
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.insert(invoice_head), head)
        connection.execute(sa.insert(head_import), batch)
    musterstadt.receive(as_file(generator, number="TB-1187"))
    path = waiting(musterstadt, "check_duplicate")

    hidden_page = clerk(musterstadt).get(path).text
    with musterstadt.app.db.write() as connection:
        kept = connection.execute(sa.select(tenant.c.settings)).scalar_one()
        connection.execute(sa.update(tenant).values(settings={**kept, "confidential_units": []}))
    page = clerk(musterstadt).get(path).text

    assert "Vertraulich alt.csv, 17" in hidden_page and "Tiefbau Alt" not in hidden_page
    assert "übernommen aus alt.csv, Zeile 17" in page
    assert "Tiefbau Alt" in page and "liegt im Altsystem" in page


def test_the_case_keeps_what_was_compared(musterstadt: Town, generator: ModuleType) -> None:
    musterstadt.receive(as_file(generator, number="TB-2026-01187"))
    second = musterstadt.receive(as_file(generator, number="TB 1187"))
    path = waiting(musterstadt, "check_duplicate")
    clerk(musterstadt).submit(path, path, decision="doppelrechnung", note="Zweitschrift")
    musterstadt.settle()

    page = clerk(musterstadt).get(f"/vorgaenge/{second}").text

    assert "Gleicht einer früheren Rechnung" in page
    assert "gleich, nur anders geschrieben" in page
