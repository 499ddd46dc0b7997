"""Signing in and out: what a stranger, a thief and a forgetful clerk find."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.web.conftest import Browser, Town, hidden

from laufzettel.records import accounts
from laufzettel.records.tables import account, web_session

PASSWORD = "korrekt pferd batterie"


@pytest.fixture
def guarded(musterstadt: Town) -> Town:
    """The town with a password for M. Yılmaz, and no demonstration."""
    hashed = accounts.hash_password(PASSWORD)
    with musterstadt.app.db.write() as connection:
        connection.execute(
            sa.update(account).where(account.c.login == "yilmaz").values(password_hash=hashed)
        )
    parts = musterstadt.pages.extensions["laufzettel"]
    musterstadt.pages.extensions["laufzettel"] = dataclasses.replace(parts, is_demo=False)
    return musterstadt


def signing_in(town: Town, **fields: str) -> tuple[int, str, list[str]]:
    """Return code, text and cookies of the answer to a filled login form."""
    client = town.pages.test_client()
    page = client.get("/anmelden", base_url="https://localhost")
    token = hidden(page.text, "token")
    data = {"token": token, "tenant": "musterstadt", "login": "yilmaz", "password": PASSWORD}
    answer = client.post("/anmelden", data={**data, **fields}, base_url="https://localhost")
    return answer.status_code, answer.text, answer.headers.getlist("Set-Cookie")


def test_a_stranger_is_led_to_the_login_and_back_to_where_he_wanted(musterstadt: Town) -> None:
    client = musterstadt.pages.test_client()

    answer = client.get("/aufgaben?korb=meine")
    page = client.get(answer.headers["Location"])

    assert answer.status_code == 302
    assert hidden(page.text, "next") == "/aufgaben?korb=meine"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_login_leads_to_no_other_site(musterstadt: Town, target: str) -> None:
    page = musterstadt.pages.test_client().get("/anmelden", query_string={"next": target})

    assert hidden(page.text, "next") == ""


def test_a_right_password_opens_a_session_in_a_cookie_of_this_host_only(guarded: Town) -> None:
    code, _text, cookies = signing_in(guarded)
    session = next(each for each in cookies if each.startswith("__Host-laufzettel="))

    assert code == 302
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(session.split("; "))
    assert "Domain" not in session


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "falsch"},
        {"login": "niemand"},
        {"tenant": "nachbarstadt"},
        {"login": "brandt", "password": ""},
    ],
    ids=["password", "unknown", "other tenant", "account without password"],
)
def test_a_wrong_login_says_no_more_than_that_it_is_wrong(
    guarded: Town, fields: dict[str, str]
) -> None:
    code, text, cookies = signing_in(guarded, **fields)

    assert code == 403
    assert "Anmeldename oder Passwort stimmt nicht." in text
    assert not [each for each in cookies if each.startswith("__Host-laufzettel=")]


def test_five_wrong_passwords_stop_even_the_right_one_for_a_minute(guarded: Town) -> None:
    for _ in range(5):
        signing_in(guarded, password="falsch")

    blocked = signing_in(guarded)
    guarded.clock.advance(minutes=1)
    later = signing_in(guarded)

    assert blocked[0] == 403
    assert "Bitte in 1 Minute erneut versuchen" in blocked[1]
    assert later[0] == 302


def test_without_the_demonstration_nobody_enters_with_one_click(guarded: Town) -> None:
    client = guarded.pages.test_client()
    page = client.get("/anmelden", base_url="https://localhost")
    data = {"token": hidden(page.text, "token"), "tenant": "musterstadt", "login": "brandt"}

    answer = client.post("/anmelden", data=data, base_url="https://localhost")

    assert answer.status_code == 403
    assert "Anmelden als" not in page.text


def test_a_login_form_of_another_browser_is_refused(musterstadt: Town) -> None:
    """Otherwise a stranger could sign somebody in as himself (login CSRF)."""
    token = hidden(musterstadt.pages.test_client().get("/anmelden").text, "token")
    victim = musterstadt.pages.test_client()
    victim.get("/anmelden")

    answer = victim.post(
        "/anmelden", data={"token": token, "tenant": "musterstadt", "login": "kranz"}
    )

    assert answer.status_code == 403


def test_every_login_gets_a_new_session_and_ends_the_one_before(musterstadt: Town) -> None:
    browser = musterstadt.browser("yilmaz")
    with musterstadt.app.db.read() as connection:
        before = connection.execute(sa.select(web_session.c.id)).scalars().all()
    browser.client.post("/abmelden", data={"csrf": _csrf(browser)})

    browser.sign_in("brandt")
    with musterstadt.app.db.read() as connection:
        after = connection.execute(sa.select(web_session.c.id)).scalars().all()

    assert len(before) == len(after) == 1
    assert before != after


def test_a_stolen_cookie_is_worthless_after_the_logout(musterstadt: Town) -> None:
    browser = musterstadt.browser("yilmaz")
    cookie = browser.client.get_cookie("laufzettel")
    assert cookie is not None

    browser.client.post("/abmelden", data={"csrf": _csrf(browser)})
    thief = musterstadt.pages.test_client()
    thief.set_cookie("laufzettel", cookie.value)

    assert thief.get("/aufgaben").status_code == 302


def test_a_form_without_the_key_of_the_session_changes_nothing(musterstadt: Town) -> None:
    browser = musterstadt.browser("yilmaz")
    other = musterstadt.browser("brandt")

    for data in ({}, {"csrf": ""}, {"csrf": _csrf(other)}):
        answer = browser.client.post("/abmelden", data=data)
        assert answer.status_code == 403
        assert "Dieses Formular ist abgelaufen" in answer.text
    assert browser.get("/aufgaben").status_code == 200


def test_a_form_that_another_site_sends_is_refused_even_with_the_key(musterstadt: Town) -> None:
    browser = musterstadt.browser("yilmaz")

    answer = browser.client.post(
        "/abmelden", data={"csrf": _csrf(browser)}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code == 403


def test_a_browser_left_alone_is_signed_out(musterstadt: Town) -> None:
    browser = musterstadt.browser("yilmaz")
    musterstadt.clock.set(musterstadt.clock.now() + timedelta(hours=2, seconds=1))

    assert browser.get("/aufgaben").status_code == 302


def _csrf(browser: Browser) -> str:
    return hidden(browser.get("/auskunft").text, "csrf")


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_only_a_proxy_of_ours_is_believed_about_who_asks(
    musterstadt: Town, proxies: int, seen: str
) -> None:
    """Otherwise anybody could get somebody else's address blocked."""
    from flask import request

    from laufzettel.web import create_app
    from laufzettel.web.auth.guard import public

    parts = musterstadt.pages.extensions["laufzettel"]
    pages = create_app(dataclasses.replace(parts, proxies=proxies))

    @pages.get("/wer")
    @public
    def who() -> str:
        return str(request.remote_addr)

    answer = pages.test_client().get("/wer", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})

    assert answer.text == seen


def test_an_account_that_no_page_is_for_is_led_to_the_page_of_everybody(
    musterstadt: Town,
) -> None:
    with musterstadt.app.db.write() as connection:
        connection.execute(
            sa.insert(account).values(
                tenant="musterstadt", login="modelle", person="yilmaz", rights=[]
            )
        )
    browser = Browser(musterstadt.pages.test_client()).sign_in("modelle")

    first = browser.get("/")
    page = browser.get(first.headers["Location"])

    assert (first.headers["Location"], page.status_code) == ("/barrierefreiheit", 200)
    assert 'href="/aufgaben"' not in page.text
