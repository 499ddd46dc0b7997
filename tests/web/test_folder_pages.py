"""The Unterschriftenmappe: displayed, marked singly, one confirmation, single records."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.web.conftest import Browser, Town, form_of, town_reader
from tests.web.test_task_page import CERTIFY, sign, the_task

from laufzettel.records import accounts
from laufzettel.records.tables import account, cash_order

PASSWORD = "korrekt pferd batterie"


@pytest.fixture
def cases(musterstadt: Town, samples: Callable[[str], bytes]) -> list[str]:
    """Two cases that M. Yılmaz has certified and somebody else must order."""
    found = [musterstadt.receive(samples(name)) for name in ("gut.xml", "ruecklaeufer.xml")]
    browser = musterstadt.browser("yilmaz")
    for case_id in found:
        sign(musterstadt, browser, case_id, **CERTIFY)
    return found


def opened(browser: Browser) -> str:
    """Open a new folder and return its address."""
    answer = browser.submit("/unterschriften", "/unterschriften")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def mark(town: Town, browser: Browser, folder: str, case_id: str) -> int:
    """Look at the item of the case, mark it, and return the code of the answer."""
    path = f"{folder}/{the_task(town, case_id).id}"
    return browser.submit(path, f"{path}/vormerken").status_code


def test_what_was_looked_at_and_marked_is_signed_with_one_confirmation(
    musterstadt: Town, cases: list[str]
) -> None:
    browser = musterstadt.browser("brandt")
    folder = opened(browser)
    for case_id in cases:
        assert mark(musterstadt, browser, folder, case_id) == 302

    answer = browser.submit(folder, f"{folder}/zeichnen")
    musterstadt.settle()
    page = browser.get(folder).text
    events = [
        one
        for case_id in cases
        for one in musterstadt.app.engine.timeline(town_reader(), case_id)
        if one.kind == "task.completed" and one.actor == "brandt"
    ]

    assert answer.status_code == 302
    assert "2 gezeichnet." in page
    assert len(events) == 2
    assert len({one.data["displayed"] for one in events}) == 2
    assert {one.data["folder"] for one in events} == {folder.rpartition("/")[2]}


def test_nothing_unseen_can_be_marked(musterstadt: Town, cases: list[str]) -> None:
    browser = musterstadt.browser("brandt")
    folder = opened(browser)
    task = the_task(musterstadt, cases[0])
    csrf = form_of(browser.get("/unterschriften").text, "/unterschriften")["csrf"]

    answer = browser.client.post(f"{folder}/{task.id}/vormerken", data={"csrf": csrf})

    assert answer.status_code == 400
    assert "Bitte sehen Sie das erst an" in answer.text


def test_a_page_that_a_browser_fetches_ahead_counts_as_unseen(
    musterstadt: Town, cases: list[str]
) -> None:
    browser = musterstadt.browser("brandt")
    folder = opened(browser)
    path = f"{folder}/{the_task(musterstadt, cases[0]).id}"

    browser.client.get(path, headers={"Sec-Purpose": "prefetch"})
    csrf = form_of(browser.get("/unterschriften").text, "/unterschriften")["csrf"]
    answer = browser.client.post(f"{path}/vormerken", data={"csrf": csrf})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        ("user_task", "remarks = 'finding=2'", "Hinweis"),
        ("user_task", "remarks = 'bank_changed'", "IBAN|Bankverbindung"),
        ("user_task", "amount = 9000000", "reicht nicht bis 90.000,00 €"),
    ],
    ids=["finding", "changed bank data", "over the limit"],
)
def test_an_item_with_a_doubt_must_be_signed_by_itself(
    musterstadt: Town, cases: list[str], table: str, change: str, reason: str
) -> None:
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.text(f"UPDATE {table} SET {change} WHERE status = 'open'"))
    browser = musterstadt.browser("brandt")
    folder = opened(browser)
    path = f"{folder}/{the_task(musterstadt, cases[0]).id}"

    page = browser.get(path).text
    csrf = form_of(browser.get("/unterschriften").text, "/unterschriften")["csrf"]
    answer = browser.client.post(f"{path}/vormerken", data={"csrf": csrf})

    assert "Nicht in der Mappe zu zeichnen" in page
    assert re.search(reason, page)
    assert f'action="{path}/vormerken"' not in page
    assert answer.status_code == 403


def test_whoever_certified_cannot_mark_and_reads_why(musterstadt: Town, cases: list[str]) -> None:
    browser = musterstadt.browser("yilmaz")
    folder = opened(browser)

    page = browser.get(f"{folder}/{the_task(musterstadt, cases[1]).id}").text

    assert "Wer feststellt, ordnet nicht an" in page


def test_an_item_that_changed_after_it_was_shown_is_not_signed(
    musterstadt: Town, cases: list[str]
) -> None:
    browser = musterstadt.browser("brandt")
    folder = opened(browser)
    for case_id in cases:
        mark(musterstadt, browser, folder, case_id)
    with musterstadt.app.db.write() as connection:
        first = connection.execute(sa.select(cash_order.c.id).limit(1)).scalar_one()
        connection.execute(
            sa.update(cash_order)
            .where(cash_order.c.id == first)
            .values(payee_iban="DE02120300000000202051")
        )

    browser.submit(folder, f"{folder}/zeichnen")
    page = browser.get(folder).text

    assert "1 gezeichnet." in page
    assert "nicht gezeichnet" in page


def test_the_password_is_asked_once_for_the_whole_folder(
    musterstadt: Town, cases: list[str]
) -> None:
    browser = musterstadt.browser("brandt")
    hashed = accounts.hash_password(PASSWORD)
    with musterstadt.app.db.write() as connection:
        connection.execute(
            sa.update(account).where(account.c.login == "brandt").values(password_hash=hashed)
        )
    folder = opened(browser)
    for case_id in cases:
        mark(musterstadt, browser, folder, case_id)

    wrong = browser.submit(folder, f"{folder}/zeichnen", password="falsch")
    none_signed = "gezeichnet." not in browser.get(folder).text
    right = browser.submit(folder, f"{folder}/zeichnen", password=PASSWORD)

    assert (wrong.status_code, none_signed, right.status_code) == (403, True, 302)
    assert "Anmeldename oder Passwort stimmt nicht." in wrong.text


def test_a_folder_is_its_owners_alone(musterstadt: Town, cases: list[str]) -> None:
    folder = opened(musterstadt.browser("brandt"))

    assert musterstadt.browser("reineke").get(folder).status_code == 404


def test_an_empty_basket_makes_no_folder_and_says_so(musterstadt: Town) -> None:
    answer = musterstadt.browser("brandt").submit("/unterschriften", "/unterschriften")

    assert answer.status_code == 200
    assert "Hier liegt nichts, was in eine Unterschriftenmappe passt." in answer.text
    assert "Neue Mappe öffnen" in answer.text


def test_the_demonstration_has_no_password_to_ask_for(musterstadt: Town, cases: list[str]) -> None:
    browser = musterstadt.browser("brandt")
    folder = opened(browser)
    mark(musterstadt, browser, folder, cases[0])

    assert 'type="password"' not in browser.get(folder).text
