"""A PDF original beside the data of its invoice: pictures of its pages, never the file itself."""

from __future__ import annotations

import sqlalchemy as sa
from tests.einvoice.test_fulltext import pdf_saying
from tests.web.conftest import Town

from laufzettel.engine.tables import case


def received(town: Town) -> str:
    """Take in a PDF of two pages, and return the address of its case."""
    return f"/vorgaenge/{town.receive(pdf_saying('Nur', 'Papier'), name='scan.pdf')}"


def test_its_pages_are_pictures_that_can_do_nothing(musterstadt: Town) -> None:
    address, browser = received(musterstadt), musterstadt.browser("yilmaz")

    page = browser.get(f"{address}/original")
    picture = browser.get(f"{address}/original/2.png")

    assert page.status_code == 200
    assert f'src="{address}/original/1.png" alt="Seite 1 von 2 als Bild"' in page.text
    assert f'src="{address}/original/2.png"' in page.text and "/original/3.png" not in page.text
    assert "<iframe" not in page.text and "<object" not in page.text and "<embed" not in page.text
    assert (picture.status_code, picture.content_type) == (200, "image/png")
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert picture.data.startswith(b"\x89PNG")
    assert f'href="{address}/original"' in browser.get(address).text


def test_a_page_that_there_is_not_is_said_so(musterstadt: Town) -> None:
    address, browser = received(musterstadt), musterstadt.browser("yilmaz")

    codes = [browser.get(f"{address}/original/{n}.png").status_code for n in (0, 3, 31, 99999)]

    assert codes == [404, 400, 404, 404]


def test_what_cannot_be_drawn_is_still_there_to_be_saved(musterstadt: Town) -> None:
    case_id = musterstadt.receive(b"%PDF-1.4 kaputt", name="kaputt.pdf")

    page = musterstadt.browser("yilmaz").get(f"/vorgaenge/{case_id}/original")

    assert page.status_code == 200
    assert "lässt sich nicht zeichnen" in page.text
    assert f'href="/vorgaenge/{case_id}/dokumente/' in page.text


def test_an_original_that_is_no_pdf_has_no_pictures(musterstadt: Town) -> None:
    case_id = musterstadt.receive(b"<Invoice/>")

    for path in ("original", "original/1.png"):
        answer = musterstadt.browser("yilmaz").get(f"/vorgaenge/{case_id}/{path}")
        assert answer.status_code == 404
        assert "kein PDF als Original" in answer.text


def test_the_original_of_a_confidential_case_is_as_hidden_as_the_case(musterstadt: Town) -> None:
    address = received(musterstadt)
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(case).values(confidential=True, unit="jugendamt"))

    for path in ("original", "original/1.png"):
        assert musterstadt.browser("yilmaz").get(f"{address}/{path}").status_code == 404
        assert musterstadt.browser("vogt").get(f"{address}/{path}").status_code == 200
