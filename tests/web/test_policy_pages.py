"""Prüfregeln: what holds and why, a change with preview, the second person, the history."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.second_person import deployed
from tests.web.conftest import SAMPLES, Browser, Town, town_reader

from laufzettel.engine.model.sources import load_folder
from laufzettel.identity import Actor, Right

CHANGE = {"regel": "LZ-DATUM-ALT", "folge": "ansehen", "ab": "2026-12-01", "ab_betrag": "5.000,00"}
LIGHTER = {"regel": "LZ-IBAN", "folge": "vermerken", "ab": "2026-12-01", "ab_betrag": ""}
EDIT = "/pruefregeln/aendern?" + "&".join(f"{k}={v}" for k, v in LIGHTER.items())


@pytest.fixture
def second(musterstadt: Town) -> Browser:
    """The browser of a second person who may deploy."""
    return musterstadt.browser("lohmann")


def words(html: str) -> str:
    """Return the text of a page without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def propose(browser: Browser) -> str:
    """Have somebody propose something lighter; return the id of the change."""
    path = "/pruefregeln/eintragen"
    answer = browser.submit(EDIT, path, **LIGHTER, grund="Wir rufen an")
    assert answer.status_code == 302, answer.text
    found = re.search(r"/pruefregeln/(\w{26})/ablehnen", browser.get("/pruefregeln").text)
    assert found
    return found[1]


def test_every_layer_says_what_follows_and_what_is_fixed(musterstadt: Town) -> None:
    page = words(musterstadt.browser("sommer").get("/pruefregeln").text)

    assert "Was nicht sicher lesbar ist, wird nie angenommen." in page
    assert "Eine amtliche Regel wird nie übergangen." in page
    assert "Keine eigene Zeile; überall gilt die Vorgabe." in page
    assert "Auf ein falsches Konto kann niemand zahlen." in page
    assert "Noch nichts geändert." in page


def test_a_rule_of_the_law_is_not_offered_to_be_passed_over_and_says_why(musterstadt: Town) -> None:
    browser = musterstadt.browser("sommer")

    demanded = browser.get("/pruefregeln/aendern?regel=LZ-LEISTUNGSZEIT").text
    free = browser.get("/pruefregeln/aendern?regel=LZ-SKONTO").text
    fixed = browser.get("/pruefregeln/aendern?regel=datei").text

    assert "Die Angabe verlangt § 14 Abs. 4 Nr. 6 UStG; sie wird nie übergangen." in demanded
    assert 'value="uebergehen"' not in demanded and 'value="vermerken"' in demanded
    assert 'value="uebergehen"' in free
    assert 'name="folge"' not in fixed and "wird nie angenommen" in fixed


def test_the_preview_decides_stored_findings_again(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    musterstadt.receive(samples("gut.xml"))
    report = words(musterstadt.browser("vogt").get("/pruefregeln/schicht/recht").text)
    assert "LZ-LEISTUNGSZEIT" in report
    browser = musterstadt.browser("sommer")

    page = words(browser.get("/pruefregeln/aendern", **CHANGE).text)

    assert "Diese Änderung hätte die letzte geprüfte Rechnung so entschieden" in page
    assert "1 × wie bisher" in page
    assert "Eintragen" in page and "zweite Person" not in page


def test_a_change_holds_with_day_reason_and_person_and_is_audited(musterstadt: Town) -> None:
    browser = musterstadt.browser("sommer")
    address = "/pruefregeln/aendern?" + "&".join(f"{k}={v}" for k, v in CHANGE.items())

    silent = browser.submit(address, "/pruefregeln/eintragen", **CHANGE, grund=" ")
    made = browser.submit(address, "/pruefregeln/eintragen", **CHANGE, grund="DA Rechnungen Nr. 4")
    page = words(browser.get("/pruefregeln").text)

    assert (silent.status_code, made.status_code) == (400, 302)
    assert "LZ-DATUM-ALT Die Rechnung wurde lange vor dem Eingang ausgestellt." in page
    assert "über 5.000,00 €" in page.replace("\xa0", " ")
    assert "ab 01.12.2026" in page and "gilt heute nicht" in page
    assert "„DA Rechnungen Nr. 4“" in page and "N. Sommer" in page
    (event,) = musterstadt.app.engine.timeline(town_reader(), "settings")
    assert (event.kind, event.actor, event.data["subject"]) == (
        "policy.changed",
        "sommer",
        "LZ-DATUM-ALT",
    )


def test_what_makes_less_of_a_finding_takes_two(musterstadt: Town, second: Browser) -> None:
    browser = musterstadt.browser("sommer")

    assert "zweite Person" in browser.get(EDIT).text
    change = propose(browser)
    own = browser.get("/pruefregeln").text
    assert f"/pruefregeln/{change}/freigeben" not in own and "Zurückziehen" in own
    release = {f"grund-{change}": "Verfügung vom 12.11."}
    csrf = re.search(r'name="csrf" value="([^"]+)"', own)
    assert csrf
    refused = browser.client.post(
        f"/pruefregeln/{change}/freigeben", data={"csrf": csrf[1], **release}
    )
    theirs = second.get("/pruefregeln").text
    assert f'formaction="/pruefregeln/{change}/freigeben"' in theirs
    csrf = re.search(r'name="csrf" value="([^"]+)"', theirs)
    assert csrf
    done = second.client.post(f"/pruefregeln/{change}/freigeben", data={"csrf": csrf[1], **release})

    assert (refused.status_code, done.status_code) == (403, 302)
    page = words(browser.get("/pruefregeln").text)
    assert "zweite Person: P. Lohmann" in page and "„Verfügung vom 12.11.“" in page
    assert "alt keine Zeile neu LZ-IBAN: vermerken ab 01.12.2026" in page.replace(" :", ":")
    assert "Wartet auf eine zweite Person" not in page
    kinds = [one.kind for one in musterstadt.app.engine.timeline(town_reader(), "settings")]
    assert kinds == ["policy.proposed", "policy.changed"]


def test_own_rules_stand_with_their_version_and_cells(musterstadt: Town) -> None:
    sommer = Actor(tenant="musterstadt", person="sommer", rights=frozenset({Right.DEPLOY}))
    deployed(musterstadt.app.engine, sommer, load_folder(SAMPLES / "pruefregeln"))

    page = words(musterstadt.browser("vogt").get("/pruefregeln").text)

    assert "Fassung 1, eingespielt am 30.11.2026 07:30 von N. Sommer" in page
    assert "Bruttobetrag Auftrag genannt Regel Gewicht Befund Was zu tun ist Feld" in page
    assert "&gt; 1000 false &#34;AUFTRAG-1&#34; &#34;warnung&#34;" in page


def test_a_row_about_the_beginning_of_rules_leads_to_their_layer(musterstadt: Town) -> None:
    page = musterstadt.browser("sommer").get("/pruefregeln/aendern", regel="LZ-RECHNEN-*").text

    assert 'href="/pruefregeln/schicht/rechnen"' in page


def test_who_only_reads_sees_all_and_changes_nothing(musterstadt: Town) -> None:
    propose(musterstadt.browser("sommer"))
    browser = musterstadt.browser("vogt")

    page = browser.get("/pruefregeln").text

    assert "Wir rufen an" in page
    assert "Zurückziehen" not in page and "/pruefregeln/aendern" not in page
    assert browser.get(EDIT).status_code == 403
    assert "<a href" not in browser.get("/pruefregeln/schicht/bank").text.split("tbody>")[1]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/pruefregeln/aendern", 302),
        ("/pruefregeln/aendern?regel=" + "X" * 81, 404),
        ("/pruefregeln/aendern?regel=LZ-IBAN&folge=durchwinken", 400),
        ("/pruefregeln/aendern?regel=LZ-IBAN&folge=ansehen&ab=morgen", 400),
        ("/pruefregeln/aendern?regel=LZ-IBAN&folge=ansehen&ab=2026-12-01&ab_betrag=viel", 400),
        ("/pruefregeln/aendern?regel=LZ-IBAN&folge=vermerken&ab=2026-11-01", 400),
        ("/pruefregeln/schicht/zauber", 404),
        ("/pruefregeln/schicht/en16931?q=leitweg", 200),
    ],
)
def test_addresses_that_make_no_sense_say_so(musterstadt: Town, path: str, code: int) -> None:
    assert musterstadt.browser("sommer").get(path).status_code == code
