"""A confidential invoice that went from one unit to another: who reads it, on every way there is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.web.api.conftest import MakeProgram
from tests.web.conftest import Browser, Town
from tests.web.test_task_page import CERTIFY, sign

from laufzettel.records.api_tokens import Scope

Samples = Callable[[str], bytes]
WORD = "Betonpflaster"


@pytest.fixture
def moved(musterstadt: Town, samples: Samples) -> str:
    """An invoice that the Jugendamt says is not its, and the Poststelle sends to the Bauamt."""
    ours = samples("gut.xml").replace(b"059990000000-21000-70", b"059990000000-51000-86")
    case_id = musterstadt.receive(ours)
    given_back = {"decision": "nicht_zustaendig", "note": "kein Fall von uns"}
    sign(musterstadt, musterstadt.browser("damm"), case_id, **given_back)
    chosen = {"chosen_unit": "Bauamt", "always": "nein"}
    sign(musterstadt, musterstadt.browser("kranz"), case_id, **chosen)
    return case_id


def ways(browser: Browser, case_id: str) -> dict[str, bool]:
    """Return on which ways the person gets to see what the invoice says."""
    listed = browser.get("/vorgaenge").text
    return {
        "page": browser.get(f"/vorgaenge/{case_id}").status_code == 200,
        "xml": browser.get(f"/vorgaenge/{case_id}/xml").status_code == 200,
        "copy": browser.get(f"/vorgaenge/{case_id}/pruefbericht.json").status_code == 200,
        "word": f'href="/vorgaenge/{case_id}"' in browser.get("/auskunft", q=WORD).text,
        "list": f'href="/vorgaenge/{case_id}"' in listed,
    }


NOTHING = {"page": False, "xml": False, "copy": False, "word": False, "list": False}
EVERYTHING = dict.fromkeys(NOTHING, True)


def test_the_unit_that_it_came_to_reads_it_and_the_one_that_it_left_no_more(
    musterstadt: Town, moved: str
) -> None:
    seen = {
        login: ways(musterstadt.browser(login), moved)
        for login in ("yilmaz", "damm", "kranz", "okafor", "vogt")
    }

    assert seen == {
        "yilmaz": EVERYTHING,
        "damm": NOTHING,
        "kranz": NOTHING,
        "okafor": NOTHING,
        "vogt": EVERYTHING,
    }


def test_its_name_stays_neutral_where_it_went(musterstadt: Town, moved: str) -> None:
    for login in ("damm", "kranz", "okafor", "wiebusch"):
        listed = musterstadt.browser(login).get("/vorgaenge").text
        assert "Vertraulich E-2026-000001" in listed
        assert "Bergmann" not in listed and "TB-2026-1187" not in listed


def test_programs_see_no_more_than_the_person_they_act_for(
    musterstadt: Town, moved: str, program: MakeProgram
) -> None:
    scopes = (Scope.CASES_READ, Scope.INVOICES_READ)
    codes = {
        login: program(*scopes, login=login).get(f"/cases/{moved}").status_code
        for login in ("yilmaz", "damm", "kranz")
    }
    codes["machine"] = program(*scopes).get(f"/cases/{moved}").status_code
    listed = {login: program(*scopes, login=login).get("/invoices").json for login in ("damm",)}

    assert codes == {"yilmaz": 200, "damm": 404, "kranz": 404, "machine": 404}
    assert listed == {"damm": {"items": [], "next": None}}


def test_the_folder_is_handed_out_to_whom_may_read_everything_alone(
    musterstadt: Town, moved: str
) -> None:
    page, path = f"/vorgaenge/{moved}", f"/vorgaenge/{moved}/akte.zip"

    assert musterstadt.browser("vogt").submit(page, path, grund="Stichprobe").status_code == 200
    for login in ("yilmaz", "damm"):
        assert musterstadt.browser(login).client.post(path).status_code == 403


def test_who_has_signed_reads_what_was_signed_for_good(musterstadt: Town, moved: str) -> None:
    """Whoever stands for a payment must be able to say why."""
    sign(musterstadt, musterstadt.browser("yilmaz"), moved, **CERTIFY)
    with musterstadt.app.db.write() as connection:  # as if the unit were another's by now
        connection.exec_driver_sql("UPDATE case_ SET unit = 'schulamt'")
        connection.exec_driver_sql(
            "UPDATE user_task SET status = 'cancelled' WHERE status = 'open'"
        )
        connection.exec_driver_sql("DELETE FROM task_offer")

    assert ways(musterstadt.browser("yilmaz"), moved) == EVERYTHING
    assert ways(musterstadt.browser("brandt"), moved) == NOTHING
