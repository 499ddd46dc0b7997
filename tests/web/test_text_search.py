"""The Auskunft finds an invoice by a word of its text, for whom its case shows itself."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.web.conftest import Browser, Town, text_pdf
from tests.web.inbox.test_inbox_plans import plan

from laufzettel.__main__ import main
from laufzettel.archive import personal
from laufzettel.cli import reindex
from laufzettel.cli.demo.town import TENANT
from laufzettel.db import Database
from laufzettel.engine.tables import case, task_offer, user_task
from laufzettel.records import search
from laufzettel.records.tables import invoice, invoice_text
from laufzettel.web.case.queries import Reader
from laufzettel.web.search import queries as texts

Samples = Callable[[str], bytes]
#: A word that stands in no field of a list, only in a position of the invoice.
MANY = 5_000
MARKER = b"Zwergkastanienschalung"


@pytest.fixture
def case_id(musterstadt: Town, samples: Samples) -> str:
    """An invoice with the marker in a position."""
    data = samples("gut.xml")
    marked = re.sub(rb"(<cac:Item>\s*<cbc:Name>)", rb"\1" + MARKER + b" ", data, count=1)
    marked = re.sub(rb"(<cac:Item>\s*(<cbc:Description>))", rb"\1" + MARKER + b" ", marked, count=1)
    assert MARKER in marked
    return musterstadt.receive(marked)


def ask(browser: Browser, text: str) -> str:
    """Return what the Auskunft answers."""
    answer = browser.get("/auskunft", q=text)
    assert answer.status_code == 200
    return answer.text.partition("</form>")[2].partition("<footer")[0]


def test_a_word_of_a_position_is_found_with_where_it_stands(
    musterstadt: Town, case_id: str
) -> None:
    page = ask(musterstadt.browser("yilmaz"), "zwergkastanien")

    assert f'href="/vorgaenge/{case_id}"' in page
    assert "<mark>Zwergkastanienschalung</mark>" in page
    assert "Im Text von Rechnungen und Anlagen" in page


def test_a_word_of_a_file_inside_is_found_and_the_file_is_named(
    musterstadt: Town, case_id: str
) -> None:
    page = ask(musterstadt.browser("yilmaz"), "Fläche")

    assert "Anlage aufmass_schulstrasse.csv" in page
    assert f'href="/vorgaenge/{case_id}"' in page


def test_what_stands_as_a_card_is_not_listed_once_more(musterstadt: Town, case_id: str) -> None:
    page = ask(musterstadt.browser("yilmaz"), "TB-2026-1187")

    assert page.count(f'href="/vorgaenge/{case_id}"') == 1
    assert "Im Text von" not in page


def test_nothing_of_a_confidential_invoice_is_found_by_those_it_is_nothing_to(
    musterstadt: Town, case_id: str
) -> None:
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(case).values(confidential=True, unit="jugendamt"))
        connection.execute(sa.update(user_task).values(group_="jugendamt", groups=["jugendamt"]))
        connection.execute(sa.delete(task_offer))
    questions = ["Zwergkastanienschalung", "Zwerg", "Fläche", "Gehweg", "Schulstraße"]

    for login in ("yilmaz", "kranz", "wiebusch"):
        pages = "".join(ask(musterstadt.browser(login), text) for text in questions)
        assert case_id not in pages and "<mark>" not in pages
        assert "Bergmann" not in pages and "E-2026-000001" not in pages
    for login in ("damm", "vogt"):
        assert "<mark>Zwergkastanienschalung</mark>" in ask(
            musterstadt.browser(login), "Zwergkastanienschalung"
        )


def test_texts_that_are_missing_are_read_anew_by_the_command(
    musterstadt: Town, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with musterstadt.app.db.write() as connection:
        for invoice_id in connection.execute(sa.select(invoice.c.id)).scalars().all():
            search.forget(connection, TENANT, invoice_id)
    assert "<mark>" not in ask(musterstadt.browser("yilmaz"), "Zwerg")
    monkeypatch.setattr(reindex, "compose", lambda _: contextlib.nullcontext(musterstadt.app))

    assert main(["reindex"]) == 0

    assert "<mark>Zwergkastanienschalung</mark>" in ask(musterstadt.browser("yilmaz"), "Zwerg")


def test_what_an_invoice_says_is_found_though_its_check_stands_still(
    musterstadt: Town, samples: Samples
) -> None:
    """Rules that are missing are the operator's matter; the telephone rings all the same."""
    data = samples("gut.xml").replace(b"Gehweg", b"Ungeprueft Schilfdeckung", 1)
    assert b"Ungeprueft" in data

    found = musterstadt.receive(data)

    page = ask(musterstadt.browser("yilmaz"), "Schilfdeckungen")
    assert f'href="/vorgaenge/{found}"' in page and "<mark>Schilfdeckung</mark>" in page


def test_a_paper_is_found_by_its_text_and_by_what_was_captured_of_it(musterstadt: Town) -> None:
    found = musterstadt.receive(text_pdf("Schieferdeckung am Bauhof"), name="scan.pdf")
    assert f'href="/vorgaenge/{found}"' in ask(musterstadt.browser("yilmaz"), "Schiefer")

    with musterstadt.app.db.write() as connection:
        (invoice_id,) = connection.execute(sa.select(invoice.c.id)).scalars()
        search.put_part(connection, TENANT, invoice_id, "", "Dachdeckerei Klein")

    for asked in ("Schieferdeckungen", "Dachdeckereien"):
        assert f'href="/vorgaenge/{found}"' in ask(musterstadt.browser("yilmaz"), asked)


def test_another_tenant_finds_nothing(musterstadt: Town, case_id: str) -> None:
    neighbour = Reader(tenant="anderswo", person=None, groups=frozenset(), reads_all=True)

    with musterstadt.app.db.read() as connection:
        assert texts.hits(connection, neighbour, "Zwerg") == []


def test_what_an_invoice_says_is_text_in_a_snippet(musterstadt: Town, case_id: str) -> None:
    with musterstadt.app.db.write() as connection:
        (invoice_id,) = connection.execute(sa.select(invoice.c.id)).scalars()
        hostile = {"<img src=x>": "vorher <script>alert(1)</script> Kastanie \u202e nachher"}
        search.put(connection, TENANT, invoice_id, hostile)

    page = ask(musterstadt.browser("yilmaz"), "Kastanie")

    assert "<mark>Kastanie</mark> � nachher" in page
    assert "vorher" in page and "<script>alert" not in page  # PostgreSQL leaves tags out
    assert "Anlage &lt;img src=x&gt;" in page


@pytest.mark.parametrize("text", ['"', "a OR b", "NEAR(", "' & |", "*", "\x00", "(" * 200])
def test_whatever_is_typed_is_answered(musterstadt: Town, case_id: str, text: str) -> None:
    ask(musterstadt.browser("yilmaz"), text)


def test_what_is_erased_after_its_time_is_not_found_any_more(
    musterstadt: Town, case_id: str
) -> None:
    with musterstadt.app.db.write() as connection:
        (invoice_id,) = connection.execute(sa.select(invoice.c.id)).scalars()
        today = musterstadt.app.db.now(connection).date()
        personal.erase(connection, TENANT, invoice_id, on=today)
        assert connection.execute(sa.select(invoice_text)).all() == []

    assert "<mark>" not in ask(musterstadt.browser("yilmaz"), "Zwerg")


def test_the_index_finds_the_texts_and_brings_the_newest_first(
    musterstadt: Town, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among thousands a handful has the word, and no other is read."""
    db: Database = musterstadt.app.db
    with db.write() as connection:
        _copy(connection, case, lambda n: {"business_key": f"invoice:{n:026d}"})
        _copy(connection, invoice, lambda n: {"receipt_no": f"E-{n}", "sha256": f"{n:064d}"})
        for n in range(MANY):
            search.put(connection, TENANT, f"{n:026d}", {"": _text(n)})
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE")
    reader = Reader(tenant=TENANT, person="yilmaz", groups=frozenset({"bauamt"}), reads_all=False)

    monkeypatch.setattr(search, "snippets", lambda *_: {})  # a second query, by key

    found = plan(db, lambda connection: texts.hits(connection, reader, "kies"))

    if db.is_sqlite:
        assert re.search(r"SCAN invoice_words VIRTUAL TABLE INDEX \d+:.*M", found)
        assert "SEARCH invoice_text USING INTEGER PRIMARY KEY" in found
        assert "SCAN invoice_text" not in found and "SCAN invoice\n" not in found
        assert "TEMP B-TREE FOR ORDER BY" not in found
    else:
        assert "Bitmap Index Scan on ix_invoice_text_words" in found


def _copy(
    connection: sa.Connection, table: sa.Table, changed: Callable[[int], dict[str, str]]
) -> None:
    """Write the one row of the table many times, each with an id of its own."""
    row = dict(connection.execute(sa.select(table)).mappings().one())
    rows = [row | {"id": f"{n:026d}"} | changed(n) for n in range(MANY)]
    connection.execute(sa.insert(table), rows)


def _text(number: int) -> str:
    return f"Rechnung {number} über Lieferung" + (" kies" if number % 1000 == 7 else "")


def test_an_account_is_shown_by_its_end_alone(musterstadt: Town, case_id: str) -> None:
    with musterstadt.app.db.write() as connection:
        (invoice_id,) = connection.execute(sa.select(invoice.c.id)).scalars()
        text = "Gaubenblech bitte auf DE89 3704 0044 0532 0130 00 überweisen"
        search.put(connection, TENANT, invoice_id, {"brief.pdf": text})

    page = ask(musterstadt.browser("yilmaz"), "Gauben")

    assert "<mark>Gaubenblech</mark> bitte auf … 3000 überweisen" in page
