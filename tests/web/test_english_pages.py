"""With English chosen, every page of a filled town is English but for what it tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, cast

import lxml.html
import pytest
import sqlalchemy as sa
from tests.einvoice.scans import paper, scan
from tests.web.conftest import Browser, Town, blank_pdf, town_reader, unchecked
from tests.web.test_access import ACCESS, csrf_of, path_of, routes
from tests.web.test_folder_pages import mark, opened
from tests.web.test_proposals_page import proposed
from tests.web.test_task_page import CERTIFY, sign, the_task
from tools import texts
from werkzeug.test import TestResponse

from laufzettel.archive.tables import retention_run
from laufzettel.cli.demo.town import TENANT
from laufzettel.engine.api import BatchKind, Selection
from laufzettel.engine.tables import parcel
from laufzettel.identity import Actor, Right
from laufzettel.ids import new_id
from laufzettel.records.api_tokens import Scope
from laufzettel.web.auth.cookies import LANGUAGE

Samples = Callable[[str], bytes]

#: What a GET answers with no page of ours: files, data, and ways on to a page.
NO_PAGES: Final = {
    "static",
    "health",
    "home",
    "inbox.following",
    "case.document",
    "case.attachment",
    "case.copy",
    "case.page",
    "case.report_file",
    "cockpit.data",
    "stacks.picture",
    "upload.separator",
    "withholding.as_csv",
    *(name for name, access in ACCESS.items() if isinstance(access, Scope)),
    "api.openapi",
}
#: Told by models, their forms, rules, suppliers, the audit: German on every page.
TOLD: Final = (
    "//*[local-name()='svg'] | //pre | //body//*[@lang='de'] | //*[contains(@class, 'lz-timeline')]"
    " | //*[contains(@class, 'lz-step-list')] | //*[contains(@class, 'inv-view')]"
    " | //form[@id='zeichnen']//*[self::label or self::legend or self::option or self::p"
    " or contains(@class, 'kern-hint')] | //*[@role='alert']//li"
)
#: How names from models and sentences of the domain begin that pages of this town show.
GERMAN: Final = (
    "An das HKR übergeben",
    "Eingang vom 30.11.2026 um 07:30",
    "Nicht geprüft: Die PDF-Datei enthält keine E-Rechnung.",
    "Die genannte Ursache beheben, dann „Erneut versuchen“.",
    "Diese Aufgabe gibt es bei diesem Mandanten nicht.",
    "Mandant „musterstadt“: ",
)
SPOKEN: Final = ("aria-label", "alt", "title", "placeholder", "data-label", "data-selected")


@pytest.fixture
def ids(musterstadt: Town, samples: Samples) -> dict[str, str]:
    """Ids of things that exist in the town: a case that was paid for, one that waits, a folder
    with an item that is marked, a handover, incidents.
    """
    town = musterstadt
    pdf_id = town.receive(blank_pdf(), name="leer.pdf")
    town.receive(unchecked(), name="neu.xml")
    town.receive(b"%PDF-1.4 kaputt", name="kaputt.pdf")
    ordered, certified, waiting = (
        town.receive(samples(name)) for name in ("gut.xml", "ruecklaeufer.xml", "klein.xml")
    )
    yilmaz, brandt = town.browser("yilmaz"), town.browser("brandt")
    sign(town, yilmaz, ordered, **CERTIFY)
    sign(town, brandt, ordered, decision="anordnen", note="")
    sign(town, town.browser("reineke"), ordered, decision="zeichnen", note="")
    sign(town, yilmaz, certified, **CERTIFY)
    folder = opened(brandt)
    mark(town, brandt, folder, certified)
    with town.app.db.read() as connection:
        sent = connection.execute(
            sa.select(parcel.c.id).where(parcel.c.channel == "hkr")
        ).scalar_one()
    return {
        "case_id": ordered,
        "task_id": the_task(town, waiting).id,
        "pdf_id": pdf_id,
        "item_id": the_task(town, certified).id,
        "folder_id": folder.rpartition("/")[2],
        "parcel_id": sent,
        "number": "0",
        "layer": "recht",
        "process_id": "eingangsrechnung",
        "proposal_id": proposed(town),
        "batch_id": _batch(town),
        "run_id": _deletion(town),
        "stack_id": the_task(
            town, town.receive(scan(*map(paper, ("eins", "zwei"))), name="stapel.pdf")
        ).id,
    }


def _deletion(town: Town) -> str:
    """Propose a deletion of nothing yet; return its id."""
    row = {"id": new_id(), "tenant": TENANT, "proposed_by": "sommer", "reason": "Probe"}
    with town.app.db.write() as connection:
        now = town.app.db.now(connection)
        connection.execute(sa.insert(retention_run), row | {"proposed_at": now})
    return row["id"]


def _batch(town: Town) -> str:
    """Order an act on many incidents; return its id."""
    sommer = Actor(tenant=TENANT, person="sommer", rights=frozenset(Right))
    wanted = Selection(code=town.app.engine.incidents(town_reader())[0].code)
    return town.app.engine.order_batch(sommer, BatchKind.RETRY, wanted, "Probe")


def _asked(town: Town, endpoint: str) -> str:
    """Return what an address must ask for besides its path."""
    if endpoint == "operate.retry_all":
        return f"?art={town.app.engine.incidents(town_reader())[0].code}"
    change = "?regel=LZ-IBAN&folge=vermerken&ab=2026-12-01"
    return change if endpoint == "policy.edit" else ""


def english(town: Town, login: str) -> Browser:
    """Return the browser of somebody who has chosen English."""
    browser = town.browser(login)
    answer = browser.client.post("/sprache", data={"language": "en", "csrf": csrf_of(browser)})
    assert answer.status_code == 302
    return browser


def translated() -> dict[str, re.Pattern[str]]:
    """Return every German text that is another in English, and how to find it."""
    return {
        german: _pattern(german)
        for message in texts.load(texts.TRANSLATIONS / "en.po")
        for german in ([message.id] if isinstance(message.id, str) else message.id)
        if german and german not in texts.SAME
    }


def _pattern(german: str) -> re.Pattern[str]:
    marks = {"%d": r"\d+", "%(num)d": r"\d+", "%(n)d": r"\d+", "{n}": r"\d+"}
    pieces = re.split(f"({texts.PLACEHOLDER.pattern})", german)
    written = "".join(
        marks.get(piece, ".+?") if place % 2 else re.escape(piece)
        for place, piece in enumerate(pieces)
    )
    return re.compile(rf"(?<!\w){written}(?!\w)")


def german_left(html: str) -> set[str]:
    """Return every German text of ours that a page shows besides what it tells."""
    page = lxml.html.document_fromstring(html)
    for told in cast("list[lxml.html.HtmlElement]", page.xpath(TOLD)):
        told.drop_tree()
    patterns = translated()
    return {
        f"{german} ← {text}"
        for text in _shown(page)
        if not text.startswith(GERMAN)
        for german, pattern in patterns.items()
        if pattern.search(text)
    }


def _shown(page: lxml.html.HtmlElement) -> Iterator[str]:
    for text in cast("list[str]", page.xpath("//text()")):
        yield " ".join(text.split())
    for name in SPOKEN:
        yield from cast("list[str]", page.xpath(f"//@{name}"))


def frame_of(html: str) -> set[str]:
    """Return which words of the frame stand on a page, German and English."""
    words = ("Skip to content", "Accessibility", "Sign out", "Demonstration")
    german = ("Zum Inhalt springen", "Barrierefreiheit", "Abmelden", "Vorführung")
    return {word for word in (*words, *german) if f">{word}<" in html}


def walk(town: Town, ids: dict[str, str], login: str) -> Iterator[tuple[str, TestResponse]]:
    """Yield every page that a person may open, with its endpoint."""
    browser = english(town, login)
    for endpoint, method, rule in routes(town.pages):
        if method == "GET" and endpoint not in NO_PAGES:
            given = dict(ids)
            if endpoint == "folder.item":
                given["task_id"] = ids["item_id"]
            elif endpoint == "case.original":
                given["case_id"] = ids["pdf_id"]
            elif endpoint == "stacks.show":
                given["task_id"] = ids["stack_id"]
            answer = browser.client.get(path_of(rule, given) + _asked(town, endpoint))
            if answer.status_code == 200:
                yield endpoint, answer


def test_every_page_is_english_for_whoever_chose_it(musterstadt: Town, ids: dict[str, str]) -> None:
    seen: set[str] = set()
    wrong: dict[tuple[str, str], object] = {}
    for login in ("yilmaz", "brandt", "wiebusch", "vogt", "kranz", "sommer"):
        for endpoint, answer in walk(musterstadt, ids, login):
            seen.add(endpoint)
            left = german_left(answer.text)
            frame = frame_of(answer.text)
            if left or '<html lang="en">' not in answer.text:
                wrong[login, endpoint] = left
            if frame != {"Skip to content", "Accessibility", "Sign out", "Demonstration"}:
                wrong[login, endpoint] = frame
    pages = {endpoint for endpoint, method, _rule in routes(musterstadt.pages) if method == "GET"}

    assert wrong == {}
    assert seen == pages - NO_PAGES - {"auth.login"}
    assert pages <= set(ACCESS)


def test_what_a_form_answers_with_is_english(musterstadt: Town, ids: dict[str, str]) -> None:
    yilmaz, vogt = english(musterstadt, "yilmaz"), english(musterstadt, "vogt")
    key, gone = csrf_of(yilmaz), the_incident(musterstadt)
    answers = {
        "bulk": yilmaz.client.post(
            "/aufgaben/uebernehmen", data={"csrf": key, "aufgabe": [ids["task_id"], "0" * 26]}
        ),
        "nothing chosen": yilmaz.client.post("/aufgaben/uebernehmen", data={"csrf": key}),
        "incomplete": yilmaz.submit(
            f"/aufgaben/{ids['task_id']}", f"/aufgaben/{ids['task_id']}", decision=""
        ),
        "verified": vogt.client.post(
            f"/vorgaenge/{ids['case_id']}/pruefen", data={"csrf": csrf_of(vogt)}
        ),
        "no right": yilmaz.client.get("/stoerungen"),
        "no page": yilmaz.client.get("/nirgends"),
        "no way": yilmaz.client.get(f"/stoerungen/{gone}/erneut"),
        "bad filter": yilmaz.get("/aufgaben", von="viel"),
        "empty search": yilmaz.get("/auskunft", q="gibt es nicht"),
        "found": yilmaz.get("/auskunft", q="18432,60"),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "bulk": 200,
        "nothing chosen": 400,
        "incomplete": 422,
        "verified": 200,
        "no right": 403,
        "no page": 404,
        "no way": 405,
        "bad filter": 400,
        "empty search": 200,
        "found": 200,
    }
    assert {text for answer in answers.values() for text in german_left(answer.text)} == set()
    assert all('<html lang="en">' in answer.text for answer in answers.values())


def the_incident(town: Town) -> str:
    """Return the id of an open incident."""
    return town.app.engine.incidents(town_reader())[0].id


def test_a_stranger_chooses_english_before_signing_in(musterstadt: Town) -> None:
    client = musterstadt.pages.test_client()
    german = client.get("/anmelden").text

    answer = client.post("/sprache", data={"language": "en", "next": "/anmelden"})
    page = client.get(answer.headers["Location"]).text

    assert (answer.status_code, answer.headers["Location"]) == (302, "/anmelden")
    assert '<html lang="de">' in german and ">Barrierefreiheit<" in german
    assert '<html lang="en">' in page
    assert "Sign in as M. Yılmaz" in page
    assert german_left(page) == set()
    assert frame_of(page) == {"Skip to content", "Accessibility", "Demonstration"}


def test_the_cookie_alone_decides_and_an_unknown_language_is_german(musterstadt: Town) -> None:
    client = musterstadt.pages.test_client()
    pages = {}
    for chosen in ("en", "de", "tlh"):
        client.set_cookie(LANGUAGE, chosen)
        pages[chosen] = re.findall(r'<html lang="(\w+)">', client.get("/barrierefreiheit").text)

    assert pages == {"en": ["en"], "de": ["de"], "tlh": ["de"]}


def test_a_german_word_on_an_english_page_would_be_found() -> None:
    html = (
        '<html><body><p title="Suchen">Seit 3. Mai 2026 wird sie nicht mehr gebraucht; der'
        " Vorgang ist weitergegangen.</p><svg><text>Anordnung</text></svg></body></html>"
    )

    left = {line.partition(" ← ")[0] for line in german_left(html)}

    assert {"Suchen", "Vorgang"} <= left
    assert "Seit %(when)s wird sie nicht mehr gebraucht; der Vorgang ist weitergegangen." in left
    assert "Anordnung" not in left
