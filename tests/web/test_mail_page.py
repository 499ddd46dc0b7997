"""The page of a mail: its files, and one click that makes one of them an invoice."""

from __future__ import annotations

import re

import sqlalchemy as sa
from tests.connectors.mails import mail
from tests.web.conftest import Browser, Town, hidden, text_pdf
from werkzeug.test import TestResponse

from laufzettel.cli.demo.town import TENANT
from laufzettel.connectors.intake.mails import take_mail
from laufzettel.engine.tables import user_task
from laufzettel.records.tables import invoice
from laufzettel.web.auth.guard import CSRF_FIELD

FILES = [
    ("angebot.pdf", "application/pdf", text_pdf("Angebot")),
    ("rechnung.pdf", "application/pdf", text_pdf("Rechnung")),
    ("logo.png", "image/png", b"\x89PNG\r\n\x1a\n"),
]
BUTTON = re.compile(
    r'<form method="post" action="(/vorgaenge/[0-9a-z]{26}/dateien/\w{64}/annehmen)"'
)


def arrive(town: Town) -> str:
    """Let a mail come of which nobody can say by itself what the invoice is; return its task."""
    desk = town.app.intake.desk(TENANT)
    take_mail(desk, mail(*FILES), key="p:1:1", channel="postfach-rechnung")
    with town.app.db.read() as connection:
        found = connection.execute(sa.select(user_task.c.id)).scalar_one()
    return f"/aufgaben/{found}"


def press(browser: Browser, html: str, way: str) -> TestResponse:
    """Send a form that the page does not have, or no longer has."""
    return browser.client.post(way, data={CSRF_FIELD: hidden(html, CSRF_FIELD)})


def plain(html: str) -> str:
    """Return the words of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_one_click_takes_a_file_over_and_says_its_number(musterstadt: Town) -> None:
    page, clerk = arrive(musterstadt), musterstadt.browser("kranz")
    ways = BUTTON.findall(clerk.get(page).text)
    assert len(ways) == 3

    answer = clerk.submit(page, ways[1])

    assert answer.status_code == 200
    assert "rechnung.pdf – angenommen als E-2026-000001" in plain(answer.text)
    assert f'href="{page}"' in answer.text
    shown = clerk.get(page)
    assert "übernommen als E-2026-000001" in plain(shown.text)
    assert BUTTON.findall(shown.text) == [ways[0], ways[2]]


def test_a_mail_shows_its_number_and_when_it_came(musterstadt: Town) -> None:
    """On its task and in its case; both are asked for on the telephone."""
    page, clerk = arrive(musterstadt), musterstadt.browser("kranz")
    task = clerk.get(page).text
    [case] = set(re.findall(r'href="(/vorgaenge/[0-9a-z]{26})"', task))

    for html in (task, clerk.get(case).text):
        assert re.search(r"P-2026-000001, (eingegangen )?\d\d\.\d\d\.2026 \d\d:\d\d", plain(html))


def test_pressed_again_on_a_page_that_is_old_it_stays_one_invoice(musterstadt: Town) -> None:
    page, clerk = arrive(musterstadt), musterstadt.browser("kranz")
    html = clerk.get(page).text
    ways = BUTTON.findall(html)

    clerk.submit(page, ways[1])
    again = press(clerk, html, ways[1])

    assert "rechnung.pdf – angenommen als E-2026-000001" in plain(again.text)
    with musterstadt.app.db.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(invoice)).scalar() == 1


def test_a_file_that_can_be_no_invoice_says_why_and_what_to_do(musterstadt: Town) -> None:
    page, clerk = arrive(musterstadt), musterstadt.browser("kranz")
    ways = BUTTON.findall(clerk.get(page).text)

    answer = clerk.submit(page, ways[2])

    assert answer.status_code == 422
    assert "logo.png Das ist ein Bild, keine Rechnung als XML oder PDF." in plain(answer.text)


def test_who_may_hand_in_no_invoices_sees_the_files_and_no_button(musterstadt: Town) -> None:
    """An auditor reads; the address is closed to him too."""
    page, clerk = arrive(musterstadt), musterstadt.browser("kranz")
    [way, *_] = BUTTON.findall(clerk.get(page).text)
    auditor = musterstadt.browser("vogt")
    case_page = way.partition("/dateien")[0]

    shown = auditor.get(case_page)

    assert "angebot.pdf" in shown.text and BUTTON.findall(shown.text) == []
    assert press(auditor, shown.text, way).status_code == 403


def test_a_hash_that_no_file_of_the_mail_has_is_not_there(musterstadt: Town) -> None:
    page, clerk = arrive(musterstadt), musterstadt.browser("kranz")
    html = clerk.get(page).text
    [way, *_] = BUTTON.findall(html)
    wrong = way.partition("/dateien")[0] + "/dateien/" + "0" * 64 + "/annehmen"

    assert press(clerk, html, wrong).status_code == 404
