"""The case as one file to hand out, and what is left of a case after its term."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from tests.web.conftest import Town

from laufzettel.identity import Actor, Right

RIGHTS = frozenset({Right.OPERATE, Right.READ})
YILMAZ = Actor(tenant="musterstadt", person="yilmaz", rights=RIGHTS)
BRANDT = Actor(tenant="musterstadt", person="brandt", rights=RIGHTS)


@pytest.fixture
def case_id(musterstadt: Town, samples: Callable[[str], bytes]) -> str:
    return musterstadt.receive(samples("gut.xml"), name="rechnung.xml")


def test_an_auditor_gets_the_case_as_one_file(musterstadt: Town, case_id: str) -> None:
    path = f"/vorgaenge/{case_id}"

    answer = musterstadt.browser("vogt").submit(path, f"{path}/akte.zip", grund="Stichprobe 2026")

    assert answer.content_type == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert f"vorgang-{case_id}/SHA256SUMS" in names
    assert f"vorgang-{case_id}/dokumente/01-original-rechnung.xml" in names
    assert f'filename="vorgang-{case_id}.zip"' in answer.headers["Content-Disposition"]


def test_without_a_reason_nothing_is_handed_out(musterstadt: Town, case_id: str) -> None:
    path = f"/vorgaenge/{case_id}"

    answer = musterstadt.browser("vogt").submit(path, f"{path}/akte.zip", grund=" ")

    assert answer.status_code == 400
    assert "Bitte geben Sie den Grund an" in answer.text


def test_a_clerk_has_no_such_button(musterstadt: Town, case_id: str) -> None:
    assert "Akte ausgeben" not in musterstadt.browser("yilmaz").get(f"/vorgaenge/{case_id}").text
    assert "Akte ausgeben" in musterstadt.browser("vogt").get(f"/vorgaenge/{case_id}").text


def test_the_page_of_an_erased_case_says_so_and_still_opens(
    musterstadt: Town, case_id: str
) -> None:
    app = musterstadt.app
    app.engine.cancel(YILMAZ, case_id, "Irrläufer von Bergmann")
    musterstadt.settle()
    app.retention.adopt(YILMAZ, 2026, date(2027, 6, 24), "Ratsbeschluss")
    musterstadt.clock.set(datetime(2034, 1, 2, 12, tzinfo=UTC))
    app.deletion.delete(BRANDT, app.deletion.propose(YILMAZ, "Aussonderung"), "geprüft")
    browser = musterstadt.browser("vogt")

    page = browser.get(f"/vorgaenge/{case_id}").text

    assert "Der Inhalt wurde am 02.01.2034 nach Ablauf der Aufbewahrungsfrist gelöscht." in page
    assert "(Inhalt am 02.01.2034 nach Frist gelöscht)" in page
    assert "Bergmann" not in page
    assert "6 Jahre nach § 59 Abs. 2 KomHVO NRW" in page
    assert browser.get("/vorgaenge").status_code == 200
    assert (
        "Alles stimmt."
        in browser.submit(f"/vorgaenge/{case_id}", f"/vorgaenge/{case_id}/pruefen").text
    )
    made = browser.submit(f"/vorgaenge/{case_id}", f"/vorgaenge/{case_id}/akte.zip", grund="x")
    assert made.content_type == "application/zip"
