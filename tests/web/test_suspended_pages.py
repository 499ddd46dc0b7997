"""A suspended case on its pages: hidden in the basket, said in words, and back afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.web.conftest import Town, form_of, town_reader
from tests.web.test_task_page import CERTIFY, the_task

from laufzettel.identity import system

HOUSE = system("musterstadt")


@pytest.fixture
def case_id(musterstadt: Town, samples: Callable[[str], bytes]) -> str:
    """A case that waits for its Feststellung."""
    return musterstadt.receive(samples("gut.xml"))


def test_its_task_leaves_the_basket_and_its_pages_say_that_it_rests(
    musterstadt: Town, case_id: str
) -> None:
    browser, engine = musterstadt.browser("yilmaz"), musterstadt.app.engine
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"
    assert path in browser.get("/aufgaben?korb=gruppe").text

    engine.suspend(HOUSE, case_id, "Anzeige bei der Polizei")

    assert path not in browser.get("/aufgaben?korb=gruppe").text
    page = browser.get(path).text
    assert "Diese Aufgabe ruht" in page
    assert "wird sie nicht mehr gebraucht" not in page
    case = musterstadt.browser("vogt").get(f"/vorgaenge/{case_id}").text
    assert "Der Vorgang ist angehalten" in case
    assert case.count("Anzeige bei der Polizei") == 1
    assert "angehalten: Anzeige bei der Polizei" in case
    assert f"/vorgaenge/{case_id}" in browser.get("/vorgaenge?stand=angehalten").text

    engine.resume(HOUSE, case_id, "eingestellt")

    assert path in browser.get("/aufgaben?korb=gruppe").text
    assert "Diese Aufgabe ruht" not in browser.get(path).text


def test_who_signs_meanwhile_is_told_and_keeps_what_was_typed(
    musterstadt: Town, case_id: str
) -> None:
    browser = musterstadt.browser("yilmaz")
    path = f"/aufgaben/{the_task(musterstadt, case_id).id}"
    page = browser.get(path).text
    musterstadt.app.engine.suspend(HOUSE, case_id, "Prüfung")

    answer = browser.client.post(path, data={**form_of(page, path), **CERTIFY, "note": "mein Satz"})

    assert answer.status_code == 409
    assert "Diese Aufgabe ruht" in answer.text
    assert "mein Satz" in answer.text
    musterstadt.app.engine.resume(HOUSE, case_id, "weiter")
    assert musterstadt.app.engine.tasks(town_reader(), case_id)[0].element == "certify"
