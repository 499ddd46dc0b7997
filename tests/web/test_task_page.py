"""The task page: what is signed is what was shown, and nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.web.conftest import Browser, Town, form_of, hidden, town_reader

from laufzettel.engine.api import UserTask
from laufzettel.records.tables import cash_order, invoice, web_session

CERTIFY = {"decision": "feststellen", "cost_center": "5410", "gl_account": "523100", "note": ""}


@pytest.fixture
def case_id(musterstadt: Town, samples: Callable[[str], bytes]) -> str:
    """A case that waits for its Feststellung."""
    return musterstadt.receive(samples("gut.xml"))


def the_task(town: Town, case_id: str) -> UserTask:
    """Return the one open task of the case."""
    (task,) = town.app.engine.tasks(town_reader(), case_id)
    return task


def sign(town: Town, browser: Browser, case_id: str, **fields: str) -> UserTask:
    """Sign the open task of the case on its page and return what it was."""
    task = the_task(town, case_id)
    path = f"/aufgaben/{task.id}"
    answer = browser.submit(path, path, **fields)
    assert answer.status_code == 302, answer.text
    town.settle()
    return task


def test_the_page_shows_invoice_deadline_and_who_comes_after(
    musterstadt: Town, case_id: str
) -> None:
    task = the_task(musterstadt, case_id)

    page = musterstadt.browser("yilmaz").get(f"/aufgaben/{task.id}").text

    assert "<h1" in page and "Sachlich und rechnerisch feststellen" in page
    assert "18.432,60" in page
    assert "formal in Ordnung" in page
    assert "gültig" not in page
    assert re.search(r"Auszahlung anordnen.*K\. Brandt", page, re.DOTALL)
    assert "An das HKR übergeben" in page


def test_a_signed_task_is_confirmed_in_the_basket_and_leaves_its_trace(
    musterstadt: Town, case_id: str
) -> None:
    browser = musterstadt.browser("yilmaz")
    task = the_task(musterstadt, case_id)
    page = browser.get(f"/aufgaben/{task.id}").text
    shown = hidden(page, "displayed")

    path = f"/aufgaben/{task.id}"
    answer = browser.client.post(path, data={**form_of(page, path), **CERTIFY})
    basket = browser.get(answer.headers["Location"]).text
    event = next(
        one
        for one in musterstadt.app.engine.timeline(town_reader(), case_id)
        if one.kind == "task.completed"
    )

    assert answer.status_code == 302
    assert "Erledigt um 07:30: Sachlich und rechnerisch feststellen" in basket
    assert (event.actor, event.data["duties"]) == ("yilmaz", ["sachlich", "rechnerisch"])
    assert event.data["displayed"] == shown


def test_a_wrong_form_comes_back_with_everything_that_was_typed(
    musterstadt: Town, case_id: str
) -> None:
    browser = musterstadt.browser("yilmaz")
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"

    answer = browser.submit(
        path, path, decision="feststellen", cost_center="5410", gl_account="", note="Aufmaß fehlt"
    )

    assert answer.status_code == 422
    assert "Sachkonto: Bitte füllen Sie dieses Feld aus." in answer.text
    assert 'href="#gl_account"' in answer.text
    assert 'value="5410"' in answer.text
    assert "Aufmaß fehlt" in answer.text
    assert 'value="feststellen" checked' in answer.text


def test_the_same_form_sent_twice_signs_once(musterstadt: Town, case_id: str) -> None:
    browser = musterstadt.browser("yilmaz")
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"
    data = {**form_of(browser.get(path).text, path), **CERTIFY}

    answers = [browser.client.post(path, data=data) for _ in range(2)]
    events = musterstadt.app.engine.timeline(town_reader(), case_id)

    assert [answer.status_code for answer in answers] == [302, 302]
    assert [one.kind for one in events].count("task.completed") == 1


def test_the_slower_one_reads_who_was_faster_and_keeps_his_words(
    musterstadt: Town, case_id: str
) -> None:
    slow, fast = musterstadt.browser("yilmaz"), musterstadt.browser("brandt")
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"
    data = {**form_of(slow.get(path).text, path), **CERTIFY, "note": "Meine lange Begründung"}
    sign(musterstadt, fast, case_id, **CERTIFY)

    answer = slow.client.post(path, data=data)

    assert answer.status_code == 409
    assert "K. Brandt" in answer.text and "07:30" in answer.text
    assert "Meine lange Begründung" in answer.text


def test_whoever_certified_reads_why_he_cannot_order_and_who_can(
    musterstadt: Town, case_id: str
) -> None:
    browser = musterstadt.browser("brandt")
    sign(musterstadt, browser, case_id, **CERTIFY)
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"

    page = browser.get(path).text
    answer = browser.submit(path, path, decision="anordnen", note="")

    for text in (page, answer.text):
        assert "Sie haben am 30.11.2026" in text
        assert "Wer feststellt, ordnet nicht an" in text
        assert "T. Reineke" in text
    assert answer.status_code == 403


def test_nobody_signs_an_order_that_was_changed_under_his_eyes(
    musterstadt: Town, case_id: str
) -> None:
    sign(musterstadt, musterstadt.browser("yilmaz"), case_id, **CERTIFY)
    browser = musterstadt.browser("brandt")
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"
    data = {**form_of(browser.get(path).text, path), "decision": "anordnen", "note": ""}
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(cash_order).values(payee_iban="DE02120300000000202051"))

    answer = browser.client.post(path, data=data)

    assert answer.status_code == 409
    assert "Die Angaben haben sich geändert" in answer.text
    assert the_task(musterstadt, case_id).element == "order"


def test_nobody_signs_without_saying_what_was_shown(musterstadt: Town, case_id: str) -> None:
    """A form made by hand, or by a page of an earlier version."""
    browser = musterstadt.browser("yilmaz")
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"
    given = form_of(browser.get(path).text, path)
    del given["displayed"]

    answer = browser.client.post(path, data={**given, **CERTIFY})

    assert answer.status_code == 409
    assert the_task(musterstadt, case_id).element == "certify"


def test_a_draft_waits_for_its_author_alone(musterstadt: Town, case_id: str) -> None:
    author, other = musterstadt.browser("yilmaz"), musterstadt.browser("brandt")
    task = the_task(musterstadt, case_id)
    path = f"/aufgaben/{task.id}"

    answer = author.client.post(
        f"{path}/entwurf",
        data={**form_of(author.get(path).text, path), **CERTIFY, "note": "halb fertig"},
    )

    assert answer.get_json() == {"message": "Entwurf gespeichert 07:30"}
    assert "halb fertig" in author.get(path).text
    assert "gespeicherten Entwurf" in author.get(path).text
    assert "halb fertig" not in other.get(path).text


def test_what_was_typed_when_the_session_ended_is_there_after_the_login(
    musterstadt: Town, case_id: str
) -> None:
    browser = musterstadt.browser("yilmaz")
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"
    data = {**form_of(browser.get(path).text, path), **CERTIFY, "note": "nicht verlieren"}
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.delete(web_session))

    lost = browser.client.post(path, data=data)
    found = re.search(r'name="kept" value="([^"]*)"', lost.text)
    token = hidden(lost.text, "token")
    assert found is not None
    import html

    answer = browser.client.post(
        "/anmelden",
        data={
            "token": token,
            "tenant": "musterstadt",
            "login": "yilmaz",
            "kept": html.unescape(found[1]),
            "next": path,
        },
    )

    assert lost.status_code == 401
    assert "ist nicht verloren" in lost.text
    assert answer.headers["Location"] == path
    assert "nicht verlieren" in browser.get(path).text


def test_a_claimed_task_is_shown_to_the_others_without_a_form(
    musterstadt: Town, case_id: str
) -> None:
    owner, other = musterstadt.browser("yilmaz"), musterstadt.browser("brandt")
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"
    owner.submit(path, f"{path}/uebernehmen")

    page = other.get(path).text

    assert "M. Yılmaz hat diese Aufgabe übernommen." in page
    assert 'name="decision"' not in page


def test_a_deputy_signs_for_himself_and_the_trace_says_for_whom(
    musterstadt: Town, case_id: str
) -> None:
    browser = musterstadt.browser("yilmaz")
    browser.submit("/auskunft", "/vertretung", person="brandt")
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"

    page = browser.get(path).text
    sign(musterstadt, browser, case_id, **CERTIFY)
    event = next(
        one
        for one in musterstadt.app.engine.timeline(town_reader(), case_id)
        if one.kind == "task.completed"
    )

    assert "Vertretung für K. Brandt" in page
    assert (event.actor, event.data["deputy_for"]) == ("yilmaz", "brandt")


def test_hostile_texts_of_an_invoice_do_nothing(musterstadt: Town, case_id: str) -> None:
    evil = '"><script>alert(1)</script>'
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(invoice).values(supplier_name=evil, payee_name=evil))
        connection.execute(
            sa.text("UPDATE user_task SET party = :evil, subject = :evil"), {"evil": evil}
        )
    browser = musterstadt.browser("yilmaz")
    task = the_task(musterstadt, case_id)

    for path in (
        "/aufgaben",
        f"/aufgaben/{task.id}",
        f"/vorgaenge/{case_id}",
        "/auskunft?q=script",
    ):
        page = browser.get(path).text
        assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in browser.get("/aufgaben").text
