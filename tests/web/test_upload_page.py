"""The page on which invoices are handed in: several at once, and what became of each."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.web.conftest import Browser, Town, blank_pdf
from werkzeug.test import TestResponse

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.tables import case, task_offer, user_task
from laufzettel.errors import StorageError
from laufzettel.identity import Right
from laufzettel.records.tables import document, invoice, mail, receipt_repeat
from laufzettel.web.layout import home
from laufzettel.web.parts import Parts

PATH = "/annehmen"
Samples = Callable[[str], bytes]


def hand_in(browser: Browser, *files: tuple[str, bytes], **fields: Any) -> TestResponse:
    """Send the form with these files, as a browser without JavaScript does."""
    chosen = [(io.BytesIO(data), name) for name, data in files]
    return browser.submit(PATH, PATH, dateien=chosen, **fields)


def told(answer: TestResponse) -> list[str]:
    """Return what the page says of each file, as text."""
    rows = re.findall(r"<li [^>]*data-upload-kind[^>]*>(.*?)</li>", answer.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows[:-1]]


def entered(town: Town) -> list[tuple[str, str, str]]:
    """Return number, channel and sender of the Eingangsbuch."""
    columns = (invoice.c.receipt_no, invoice.c.channel, invoice.c.sender)
    with town.app.db.read() as connection:
        rows = connection.execute(sa.select(*columns).order_by(invoice.c.receipt_no))
        return [tuple(row) for row in rows]


def test_each_file_gets_its_number_and_a_link_to_its_case(
    musterstadt: Town, samples: Samples
) -> None:
    clerk = musterstadt.browser("kranz")

    answer = hand_in(
        clerk, ("gut.xml", samples("gut.xml")), ("scan.pdf", blank_pdf()), absender="  Post  "
    )

    assert told(answer) == [
        "gut.xml – angenommen als E-2026-000001",
        "scan.pdf – angenommen als E-2026-000002",
    ]
    assert entered(musterstadt) == [
        ("E-2026-000001", "upload", "Post"),
        ("E-2026-000002", "upload", "Post"),
    ]
    (first, _) = re.findall(r'href="(/vorgaenge/[0-9a-z]{26})"', answer.text)
    case_page = clerk.get(first)
    assert case_page.status_code == 200
    assert "E-2026-000001" in case_page.text and "R. Kranz" in case_page.text


def test_what_lay_here_already_is_named_and_opens_no_second_case(
    musterstadt: Town, samples: Samples
) -> None:
    clerk = musterstadt.browser("kranz")
    hand_in(clerk, ("gut.xml", samples("gut.xml")))

    answer = hand_in(clerk, ("noch-einmal.xml", samples("gut.xml")))

    assert told(answer) == [
        (
            "noch-einmal.xml – lag schon vor als E-2026-000001 , eingegangen 30.11.2026 07:30. "
            "Vermerkt, kein zweiter Vorgang."
        )
    ]
    assert len(entered(musterstadt)) == 1
    with musterstadt.app.db.read() as connection:
        assert connection.execute(sa.select(receipt_repeat.c.channel)).all() == [("upload",)]


def test_a_known_confidential_case_is_named_by_its_number_alone(
    musterstadt: Town, samples: Samples
) -> None:
    musterstadt.receive(samples("gut.xml"))
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(case).values(confidential=True, unit="jugendamt"))
        connection.execute(sa.update(user_task).values(group_="jugendamt", groups=["jugendamt"]))
        connection.execute(sa.delete(task_offer))

    answer = hand_in(musterstadt.browser("kranz"), ("a.xml", samples("gut.xml")))

    assert told(answer) == [
        "a.xml – lag schon vor als E-2026-000001. Vermerkt, kein zweiter Vorgang."
    ]
    assert "/vorgaenge/" not in answer.text.partition("data-upload-list")[2]


REFUSED = [
    (b"", "Die Datei ist leer."),
    (b"\xef\xbb\xbf \n", "Die Datei ist leer."),
    (b"\x89PNG\r\n\x1a\n....", "Das ist ein Bild"),
    (b"\xff\xd8\xff\xe0....", "Das ist ein Bild"),
    (b"II*\x00....", "Das ist ein Bild"),
    (b"PK\x03\x04....", "Das ist ein ZIP-Archiv oder ein Office-Dokument"),
    (b"\xd0\xcf\x11\xe0....", "Das ist ein Office-Dokument oder eine Outlook-Nachricht."),
    (b"Received: from x by y\r\n", "Das ist eine E-Mail"),
    (b"<!DOCTYPE html><html>", "Das ist eine Webseite"),
    (b"<svg xmlns='x'>", "Das ist eine Webseite"),
    (b"MZ....", "Das ist weder XML noch PDF"),
]


def test_what_is_no_invoice_is_refused_with_what_to_do(musterstadt: Town, samples: Samples) -> None:
    files = [(f"{number}.xml", data) for number, (data, _) in enumerate(REFUSED)]

    answer = hand_in(musterstadt.browser("kranz"), ("gut.xml", samples("gut.xml")), *files)

    assert f"1 angenommen, 0 lagen schon vor, {len(REFUSED)} nicht angenommen" in answer.text
    *refused, last = told(answer)
    assert last == "gut.xml – angenommen als E-2026-000001"
    for row, (_, why) in zip(refused, REFUSED, strict=True):
        assert why in row and "bitte" in row.lower()


def test_a_file_above_the_limit_is_refused_and_the_others_are_not(
    musterstadt: Town, samples: Samples
) -> None:
    limit(musterstadt, file_max=20_000)

    answer = hand_in(
        musterstadt.browser("kranz"),
        ("groß.pdf", b"%PDF-" + b"x" * 20_000),
        ("gut.xml", b"<Invoice/>"),
    )

    assert told(answer) == [
        (
            "groß.pdf 20 kB – nicht angenommen Die Datei ist 0,1 MB groß; angenommen werden höchstens "
            "0 MB. Bitte den Lieferanten um eine kleinere Datei bitten, große Anlagen getrennt."
        ),
        "gut.xml – angenommen als E-2026-000001",
    ]


def test_a_form_above_the_limit_is_refused_whole_with_what_to_do(musterstadt: Town) -> None:
    limit(musterstadt, upload_max=50_000)

    answer = hand_in(musterstadt.browser("kranz"), ("a.pdf", b"%PDF-" + b"x" * 60_000))

    assert answer.status_code == 413
    assert "teilen Sie die Dateien auf mehrere Sendungen auf" in answer.text
    assert entered(musterstadt) == []


def test_the_form_may_be_larger_than_any_other_request(musterstadt: Town) -> None:
    pages = musterstadt.pages
    pages.config["MAX_CONTENT_LENGTH"] = 10_000

    answer = hand_in(musterstadt.browser("kranz"), ("a.pdf", b"%PDF-" + b"x" * 60_000))

    assert told(answer) == ["a.pdf – angenommen als E-2026-000001"]


def test_without_a_file_the_form_says_so(musterstadt: Town) -> None:
    answer = musterstadt.browser("kranz").submit(PATH, PATH)

    assert "Bitte wählen Sie mindestens eine Datei aus." in answer.text


def test_when_the_store_fails_nothing_is_told_as_taken_in(
    musterstadt: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is on disk; the second meets a full disk; the third is not even tried."""
    put, calls = musterstadt.app.store.put, iter([True, False])

    def fill(data: bytes, *, tenant: str) -> Any:
        if next(calls):
            return put(data, tenant=tenant)
        raise StorageError("Der Dokumentenspeicher ist nicht benutzbar: kein Platz.")

    monkeypatch.setattr(musterstadt.app.store, "put", fill)
    answer = hand_in(
        musterstadt.browser("kranz"), *((f"{n}.xml", b"<a>%d</a>" % n) for n in range(3))
    )

    assert "1 angenommen, 0 lagen schon vor, 2 nicht angenommen" in answer.text
    assert [row.split(" ")[0] for row in told(answer)] == ["1.xml", "2.xml", "0.xml"]
    assert answer.text.count("kein Platz. Nicht angenommen. Bitte die Datei in einer Minute") == 2
    assert len(entered(musterstadt)) == 1


def test_the_name_of_a_file_is_text_and_never_a_path(musterstadt: Town) -> None:
    answer = hand_in(
        musterstadt.browser("kranz"), ("../../etc/<script>alert(1)</script>.xml", b"<Invoice/>")
    )

    assert told(answer) == ["script_.xml – angenommen als E-2026-000001"]
    with musterstadt.app.db.read() as connection:
        assert connection.execute(sa.select(document.c.file_name)).scalar_one() == "script_.xml"


def test_nothing_is_parsed_in_the_request(
    musterstadt: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **named: Any) -> Any:
        raise AssertionError("parsed in a request")

    monkeypatch.setattr("laufzettel.safe_xml.parse", refuse)
    monkeypatch.setattr("laufzettel.einvoice.pdf.open_pdf", refuse)

    answer = hand_in(
        musterstadt.browser("kranz"), ("a.xml", b"<!DOCTYPE x><x>"), ("b.pdf", blank_pdf())
    )

    assert "2 angenommen" in answer.text


def test_a_foreign_form_hands_in_nothing(musterstadt: Town) -> None:
    clerk = musterstadt.browser("kranz")
    data = {"csrf": "0" * 64, "dateien": (io.BytesIO(b"<Invoice/>"), "a.xml")}

    assert clerk.client.post(PATH, data=data).status_code == 403
    assert entered(musterstadt) == []


def test_who_may_not_start_cases_is_refused_before_the_form_is_read(musterstadt: Town) -> None:
    clerk = musterstadt.browser("yilmaz")

    answer = clerk.client.post(
        PATH, input_stream=Unreadable(), content_type="multipart/form-data; boundary=x"
    )

    assert answer.status_code == 403


class Unreadable(io.BytesIO):
    """A body whose reading is a failure."""

    def read(self, *args: Any) -> bytes:
        """Fail."""
        raise AssertionError("the body was read")


def limit(town: Town, *, file_max: int = 10**6, upload_max: int = 10**6) -> None:
    """Let the pages take less."""
    given: Parts = town.pages.extensions["laufzettel"]
    town.pages.extensions["laufzettel"] = dataclasses.replace(
        given, file_max=file_max, upload_max=upload_max
    )


def test_an_account_that_only_hands_in_begins_on_this_page(musterstadt: Town) -> None:
    with musterstadt.pages.test_request_context():
        assert home(frozenset({Right.START})) == PATH


def test_a_mahnung_gets_a_number_of_its_own_and_leads_to_where_it_is_entered(
    musterstadt: Town,
) -> None:
    """No entry of the Eingangsbuch; the same file again has it already."""
    clerk = musterstadt.browser("kranz")

    first = hand_in(clerk, ("mahnung.pdf", blank_pdf()), art="mahnung", absender="Post")
    again = hand_in(clerk, ("noch-einmal.pdf", blank_pdf()), art="mahnung")

    assert told(first) == [
        "mahnung.pdf – als Mahnung angenommen unter P-2026-000001 : jetzt erfassen"
    ]
    assert told(again) == [
        "noch-einmal.pdf – lag schon vor als P-2026-000001 . Kein zweiter Vorgang."
    ]
    (way,) = re.findall(r'href="(/aufgaben/[0-9a-z]{26})"[^>]*>jetzt erfassen', first.text)
    page = clerk.get(way)
    assert "Post ansehen" in page.text and "Nummer der angemahnten Rechnung" in page.text
    assert entered(musterstadt) == []


def test_another_kind_of_post_is_refused(musterstadt: Town) -> None:
    clerk = musterstadt.browser("kranz")

    assert hand_in(clerk, ("a.pdf", blank_pdf()), art="postkarte").status_code == 400


def test_paper_came_on_the_day_of_its_stamp(musterstadt: Town) -> None:
    """§ 130 Abs. 1 BGB: from then on terms run, whenever somebody scans it."""
    clerk = musterstadt.browser("kranz")
    today = datetime.now(OFFICE_ZONE).date()
    day = today - timedelta(days=3)

    hand_in(clerk, ("scan.pdf", blank_pdf()), eingang=day.isoformat())
    hand_in(clerk, ("mahnung.pdf", blank_pdf() + b"\n"), art="mahnung", eingang=day.isoformat())

    noon = datetime.combine(day, time(12), OFFICE_ZONE)
    with musterstadt.app.db.read() as connection:
        assert connection.execute(sa.select(invoice.c.received_at)).scalars().all() == [noon]
        assert connection.execute(sa.select(mail.c.received_at)).scalars().all() == [noon]


@pytest.mark.parametrize("stamp", ["2999-01-01", "1999-12-31", "gestern"])
def test_a_stamp_of_another_year_is_a_slip_and_nothing_is_taken(
    musterstadt: Town, stamp: str
) -> None:
    answer = hand_in(musterstadt.browser("kranz"), ("scan.pdf", blank_pdf()), eingang=stamp)

    assert answer.status_code == 400
    assert "Der Tag des Eingangsstempels liegt nicht im letzten Jahr." in answer.text
    assert entered(musterstadt) == []
