"""Störungen and Übergaben: cause, owner, retry; state, sum, items, bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.web.conftest import Town, town_reader, unchecked
from tests.web.test_task_page import CERTIFY, sign

from laufzettel.engine.tables import case, parcel
from laufzettel.identity import Actor, Right, system
from laufzettel.records.tables import account


@pytest.fixture
def handed_over(musterstadt: Town, samples: Callable[[str], bytes]) -> str:
    """The id of the Übergabe of one order that a person ordered and another countersigned."""
    case_id = musterstadt.receive(samples("gut.xml"))
    sign(musterstadt, musterstadt.browser("yilmaz"), case_id, **CERTIFY)
    sign(musterstadt, musterstadt.browser("brandt"), case_id, decision="anordnen", note="")
    sign(musterstadt, musterstadt.browser("reineke"), case_id, decision="zeichnen", note="")
    with musterstadt.app.db.read() as connection:
        found: str = connection.execute(sa.select(parcel.c.id)).scalar_one()
    return found


def test_an_incident_says_cause_owner_and_what_to_do(musterstadt: Town) -> None:
    musterstadt.receive(unchecked(), name="neu.xml")

    page = musterstadt.browser("wiebusch").get("/stoerungen").text

    assert "1 offen" in page
    assert "Die Prüfregeln fehlen." in page
    assert "Erneut versuchen" in page
    assert "Zuständig" in page


def test_of_a_confidential_case_an_operator_learns_only_that_something_stands_still(
    musterstadt: Town,
) -> None:
    case_id = musterstadt.receive(unchecked(), name="neu.xml")
    with musterstadt.app.db.write() as connection:
        values = {"confidential": True, "subject": "Hilfe zur Pflege"}
        connection.execute(sa.update(case).where(case.c.id == case_id).values(values))
        rights = sa.update(account).where(account.c.login == "wiebusch")
        connection.execute(rights.values(rights=["work", "operate"]))
    operator = Actor(tenant="musterstadt", rights=frozenset({Right.OPERATE}))

    page = musterstadt.browser("wiebusch").get("/stoerungen").text
    (told,) = musterstadt.app.engine.incidents(operator)

    for secret in ("Hilfe zur Pflege", "Prüfregeln fehlen", case_id):
        assert secret not in page
    assert "Ein vertraulicher Vorgang steht still." in page
    assert (told.case_id, told.cause) == (None, "Ein vertraulicher Vorgang steht still.")
    (seen,) = musterstadt.app.engine.incidents(town_reader())
    assert "Prüfregeln fehlen" in seen.cause


def test_a_retry_that_fails_again_is_a_new_incident(musterstadt: Town) -> None:
    musterstadt.receive(unchecked(), name="neu.xml")
    (before,) = musterstadt.app.engine.incidents(town_reader())
    browser = musterstadt.browser("wiebusch")

    answer = browser.submit("/stoerungen", f"/stoerungen/{before.id}/erneut")
    musterstadt.settle()
    (after,) = musterstadt.app.engine.incidents(town_reader())

    assert answer.headers["Location"] == "/stoerungen?erneut=ja"
    assert after.id != before.id


def test_an_incident_that_is_gone_cannot_be_retried(musterstadt: Town) -> None:
    musterstadt.receive(unchecked(), name="neu.xml")
    (one,) = musterstadt.app.engine.incidents(town_reader())
    browser = musterstadt.browser("wiebusch")
    browser.submit("/stoerungen", f"/stoerungen/{one.id}/erneut")
    csrf = {"csrf": _csrf(browser.get("/auskunft").text)}

    answer = browser.client.post(f"/stoerungen/{one.id}/erneut", data=csrf)

    assert answer.status_code == 404
    assert "schon erledigt" in answer.text


def _csrf(html: str) -> str:
    from tests.web.conftest import hidden

    return hidden(html, "csrf")


def test_what_nothing_can_try_again_is_settled_with_what_was_done(musterstadt: Town) -> None:
    engine = musterstadt.app.engine
    engine.report(
        system("musterstadt"), code="rueckmeldung_pruefen", cause="Unlesbar.", subject="datei-7"
    )
    (one,) = engine.incidents(town_reader())
    browser, path = musterstadt.browser("wiebusch"), f"/stoerungen/{one.id}/erledigt"
    assert "Erneut versuchen</span>" not in browser.get("/stoerungen").text

    without = browser.submit("/stoerungen", path, **{f"grund-{one.id}": " "})
    answer = browser.submit("/stoerungen", path, **{f"grund-{one.id}": "neu angefordert"})

    assert (without.status_code, answer.status_code) == (400, 302)
    assert engine.incidents(town_reader()) == []
    event = engine.timeline(town_reader(), "incidents")[-1]
    assert (event.kind, event.actor) == ("incident.settled", "wiebusch")
    assert event.texts == {"reason": "neu angefordert"}


def test_no_incident_is_good_news(musterstadt: Town) -> None:
    assert "Keine Störung. Alles läuft." in musterstadt.browser("vogt").get("/stoerungen").text


def test_a_handover_shows_state_sum_items_and_gives_its_bytes(
    musterstadt: Town, handed_over: str
) -> None:
    browser = musterstadt.browser("wiebusch")

    listed = browser.get("/uebergaben").text
    page = browser.get(f"/uebergaben/{handed_over}").text
    data = browser.get(f"/uebergaben/{handed_over}/datei").data

    assert "Übergabe an das HKR Nr. 1" in listed
    assert "18.432,60" in listed and "übergeben" in listed
    assert "Tiefbau Bergmann" in page
    assert hashlib.sha256(data).hexdigest() in page


def test_an_unknown_outcome_is_settled_by_a_person_with_a_reason(
    musterstadt: Town, handed_over: str
) -> None:
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.text("UPDATE parcel SET status = 'unknown'"))
        connection.execute(sa.text("UPDATE effect SET status = 'unknown'"))
    browser = musterstadt.browser("wiebusch")
    path = f"/uebergaben/{handed_over}"

    without = browser.submit(path, f"{path}/ausgang", gefunden="ja", grund="")
    answer = browser.submit(path, f"{path}/ausgang", gefunden="ja", grund="liegt im Eingang")
    event = musterstadt.app.engine.timeline(town_reader(), "parcels")[-1]

    assert (without.status_code, answer.status_code) == (400, 302)
    assert (event.kind, event.actor) == ("parcel.resolved", "wiebusch")
    assert event.texts["reason"] == "liegt im Eingang"


def test_who_operates_but_works_on_no_task_may_say_what_became_of_a_handover(
    musterstadt: Town, handed_over: str
) -> None:
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.text("UPDATE parcel SET status = 'unknown'"))
        connection.execute(sa.text("UPDATE effect SET status = 'unknown'"))
    browser, path = musterstadt.browser("sommer"), f"/uebergaben/{handed_over}"

    listed = browser.get("/uebergaben", stand="unbekannt").text
    answer = browser.submit(path, f"{path}/ausgang", gefunden="ja", grund="liegt vor")

    assert path in listed
    assert answer.status_code == 302
    assert path not in browser.get("/uebergaben", stand="unbekannt").text


def test_an_auditor_sees_and_changes_nothing(musterstadt: Town, handed_over: str) -> None:
    musterstadt.receive(unchecked(), name="neu.xml")
    browser = musterstadt.browser("vogt")

    assert "Erneut versuchen</span>" not in browser.get("/stoerungen").text
    assert browser.get(f"/uebergaben/{handed_over}/datei").status_code == 200
