"""The Eingangskorb in the browser: baskets, filters in the address, many at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.web.conftest import Browser, Town, town_reader

Samples = Callable[[str], bytes]


@pytest.fixture
def ids(musterstadt: Town, samples: Samples) -> list[str]:
    """Two tasks in the basket of the Bauamt."""
    cases = [musterstadt.receive(samples(name)) for name in ("gut.xml", "ruecklaeufer.xml")]
    tasks = [musterstadt.app.engine.tasks(town_reader(), case)[0] for case in cases]
    return [task.id for task in tasks]


def titles(page: str) -> list[str]:
    """Return the ids of the tasks that a page lists, in order."""
    import re

    return re.findall(r'data-row-link href="/aufgaben/([0-9a-z]+)"', page)


def bulk(browser: Browser, path: str, chosen: list[str], **fields: str) -> str:
    """Do something with the chosen tasks and return the page that follows."""
    answer = browser.client.post(
        path,
        data={"csrf": _csrf(browser), "aufgabe": chosen, **fields},
        follow_redirects=True,
    )
    return answer.text


def _csrf(browser: Browser) -> str:
    from tests.web.conftest import hidden

    return hidden(browser.get("/aufgaben").text, "csrf")


def test_the_basket_of_the_group_shows_what_nobody_has_taken(
    musterstadt: Town, ids: list[str]
) -> None:
    browser = musterstadt.browser("yilmaz")

    assert set(titles(browser.get("/aufgaben").text)) == set(ids)
    assert titles(browser.get("/aufgaben?korb=meine").text) == []
    assert titles(musterstadt.browser("okafor").get("/aufgaben").text) == []


def test_taking_and_putting_back_moves_tasks_between_the_baskets(
    musterstadt: Town, ids: list[str]
) -> None:
    browser = musterstadt.browser("yilmaz")

    bulk(browser, "/aufgaben/uebernehmen", ids)
    mine = titles(browser.get("/aufgaben?korb=meine").text)
    bulk(browser, "/aufgaben/zuruecklegen", ids[:1])

    assert set(mine) == set(ids)
    assert titles(browser.get("/aufgaben?korb=meine").text) == ids[1:]
    assert titles(browser.get("/aufgaben?korb=gruppe").text) == ids[:1]


def test_what_somebody_else_took_is_named_and_the_rest_is_done(
    musterstadt: Town, ids: list[str]
) -> None:
    bulk(musterstadt.browser("brandt"), "/aufgaben/uebernehmen", ids[:1])
    browser = musterstadt.browser("yilmaz")

    page = bulk(browser, "/aufgaben/uebernehmen", ids)

    assert "1 erledigt, 1 nicht" in page
    assert "K. Brandt" in page
    assert titles(browser.get("/aufgaben?korb=meine").text) == ids[1:]


def test_a_follow_up_hides_a_task_until_its_day(musterstadt: Town, ids: list[str]) -> None:
    browser = musterstadt.browser("yilmaz")

    bulk(browser, "/aufgaben/wiedervorlage", ids[:1], tag="2026-12-02")
    hidden_now = titles(browser.get("/aufgaben").text)
    later = titles(browser.get("/aufgaben?korb=wiedervorlage").text)
    musterstadt.clock.advance(days=2)
    again = titles(musterstadt.browser("yilmaz").get("/aufgaben").text)

    assert hidden_now == ids[1:]
    assert later == ids[:1]
    assert set(again) == set(ids)


@pytest.mark.parametrize("day", ["2026-11-29", "gestern", "2036-01-01"])
def test_a_day_that_is_none_is_told_and_nothing_changes(
    musterstadt: Town, ids: list[str], day: str
) -> None:
    browser = musterstadt.browser("yilmaz")

    page = bulk(browser, "/aufgaben/wiedervorlage", ids, tag=day)

    assert "Wiedervorlage" in page
    assert set(titles(browser.get("/aufgaben").text)) == set(ids)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=Bergmann", 1),
        ("q=bergmann", 1),
        ("q=18.432,60", 1),
        ("q=%25", 0),
        ("q=gibt es nicht", 0),
        ("von=10000", 1),
        ("von=100&bis=2.000,00", 1),
        ("hinweise=ja", 0),
    ],
)
def test_filters_and_search_stand_in_the_address(
    musterstadt: Town, ids: list[str], query: str, count: int
) -> None:
    page = musterstadt.browser("yilmaz").get(f"/aufgaben?{query}").text

    assert len(titles(page)) == count


@pytest.mark.parametrize("query", ["korb=fremd", "frist=nie", "von=viel", "von=1.234", "seite=xyz"])
def test_an_address_that_no_page_makes_is_refused_in_german(musterstadt: Town, query: str) -> None:
    answer = musterstadt.browser("yilmaz").get(f"/aufgaben?{query}")

    assert answer.status_code == 400
    assert "Bitte" in answer.text


def test_the_next_task_is_the_most_urgent_of_the_own_ones(
    musterstadt: Town, ids: list[str]
) -> None:
    browser = musterstadt.browser("yilmaz")
    bulk(browser, "/aufgaben/uebernehmen", ids[1:])

    assert browser.get("/aufgaben/naechste").headers["Location"] == f"/aufgaben/{ids[1]}"


def test_a_follow_up_without_a_day_is_asked_for_its_day(musterstadt: Town, ids: list[str]) -> None:
    browser = musterstadt.browser("yilmaz")

    page = bulk(browser, "/aufgaben/wiedervorlage", ids, tag="")

    assert "Bitte wählen Sie den Tag der Wiedervorlage." in page
    assert set(titles(browser.get("/aufgaben").text)) == set(ids)


def test_in_its_own_basket_a_task_comes_back_without_a_day(
    musterstadt: Town, ids: list[str]
) -> None:
    browser = musterstadt.browser("yilmaz")
    bulk(browser, "/aufgaben/wiedervorlage", ids, tag="2026-12-02")

    bulk(browser, "/aufgaben/wiedervorlage?korb=wiedervorlage", ids[:1], tag="")

    assert titles(browser.get("/aufgaben").text) == ids[:1]


def test_nothing_chosen_is_said(musterstadt: Town, ids: list[str]) -> None:
    page = bulk(musterstadt.browser("yilmaz"), "/aufgaben/uebernehmen", [])

    assert "Bitte wählen Sie zuerst" in page
