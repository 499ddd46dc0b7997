"""Betrieb: versions and moving cases, batches, messages nobody waited for, the Abgleich."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.second_person import deployed
from tests.web.conftest import Browser, Town, hidden, town_reader, unchecked
from tests.web.test_policy_pages import words

import laufzettel.bpmn
from laufzettel.cli.demo.town import TENANT
from laufzettel.engine.api import BatchStatus, Sources
from laufzettel.engine.model.sources import load_folder
from laufzettel.identity import SHARED, Actor, Right
from laufzettel.records.tables import tenant

INVOICE = Path(laufzettel.bpmn.__file__).parent / "eingangsrechnung"
ALL = Actor(tenant=TENANT, person="sommer", rights=frozenset(Right))


def press(browser: Browser, path: str, **fields: str) -> int:
    """Send a form to the address and return the code of the answer."""
    csrf = hidden(browser.get("/barrierefreiheit").text, "csrf")
    return browser.client.post(path, data={"csrf": csrf, **fields}).status_code


def own_version(town: Town) -> tuple[str, str]:
    """Give the town a version of its own; return the shared one's id and that."""
    (shared,) = town.app.engine.models(ALL, "eingangsrechnung")
    return shared.bundle_id, town.app.engine.deploy(ALL, load_folder(INVOICE)).bundle_id


def test_every_process_and_decision_stands_with_its_version(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    musterstadt.receive(samples("gut.xml"))
    own_version(musterstadt)

    page = words(musterstadt.browser("sommer").get("/betrieb").text)

    assert "eingangsrechnung eigene Nr. 1 „1.0“ 30.11.2026 07:30, N. Sommer 1 1" in page
    assert "Zuständigkeit rechnung_zustaendigkeit eingangsrechnung, eigene Nr. 1" in page
    assert "0 mit unbekanntem Ausgang" in page and "keiner; es wird gesendet" in page


def test_who_only_deploys_sees_versions_and_nothing_of_incidents(musterstadt: Town) -> None:
    page = words(musterstadt.browser("lohmann").get("/betrieb").text)

    assert "eingangsrechnung gemeinsam Nr. 1" in page
    assert "unbekanntem Ausgang" not in page
    assert (
        "Probelauf"
        not in musterstadt.browser("lohmann").get("/betrieb/prozesse/eingangsrechnung").text
    )


def test_a_version_is_chosen_for_new_cases_and_given_up_again(musterstadt: Town) -> None:
    shared, _own = own_version(musterstadt)
    browser, path = musterstadt.browser("sommer"), "/betrieb/prozesse/eingangsrechnung"

    silent = press(browser, f"{path}/festlegen", fassung=shared, grund=" ")
    chosen = press(browser, f"{path}/festlegen", fassung=shared, grund="Fehler in 1.1")
    page = words(browser.get(path).text)
    back = press(browser, f"{path}/festlegen", fassung="", grund="behoben")

    assert (silent, chosen, back) == (400, 302, 302)
    assert "gemeinsam Nr. 1 „1.0“ festgelegt" in page
    assert "festgelegt" not in browser.get(path).text
    told = [
        (one.kind, one.actor, one.texts.get("reason"))
        for one in musterstadt.app.engine.timeline(town_reader(), "models")
        if one.kind != "model.deployed"
    ]
    assert told == [
        ("model.pinned", "sommer", "Fehler in 1.1"),
        ("model.followed", "sommer", "behoben"),
    ]


def changed_model() -> Sources:
    """The invoice process with another condition."""
    files = load_folder(INVOICE).files
    changed = files["model.bpmn"].replace(b'=verdict = "unchecked"', b'=verdict = "ungeprueft"')
    changed = changed.replace(b'versionTag value="1.0"', b'versionTag value="1.1"')
    return Sources(files={**files, "model.bpmn": changed})


def decision(page: str, reason: str) -> tuple[str, dict[str, str]]:
    """Return the address of the one change that waits and what its form sends."""
    (change,) = re.findall(r"/betrieb/aenderungen/(\w{26})/ablehnen", page)
    fields = {f"grund-{change}": reason, f"gesehen-{change}": hidden(page, f"gesehen-{change}")}
    return f"/betrieb/aenderungen/{change}", fields


def test_a_version_that_changes_a_limit_is_chosen_by_two(musterstadt: Town) -> None:
    (shared,) = musterstadt.app.engine.models(ALL, "eingangsrechnung")
    deployed(musterstadt.app.engine, ALL, changed_model())
    one, two = musterstadt.browser("sommer"), musterstadt.browser("lohmann")
    path, chosen = "/betrieb/prozesse/eingangsrechnung", shared.bundle_id

    wanted = press(one, f"{path}/festlegen", fassung=chosen, grund="Bedingung falsch")
    waits = two.get(path).text
    act, fields = decision(waits, "gesehen")
    alone = press(one, f"{act}/freigeben", **fields)
    released = press(two, f"{act}/freigeben", **fields)

    assert (wanted, alone, released) == (302, 403, 302)
    assert "gemeinsam Nr. 1 „1.0“ N. Sommer, 30.11.2026 07:30: „Bedingung falsch“" in words(waits)
    assert "ändert sich" in waits and "Freigeben" in waits
    assert "gemeinsam Nr. 1 „1.0“ festgelegt" in words(one.get(path).text)
    assert "Wartet auf eine zweite Person" not in two.get(path).text


def test_a_deployment_that_changes_a_limit_waits_with_what_it_changes(musterstadt: Town) -> None:
    musterstadt.app.engine.deploy(ALL, changed_model(), reason="Dienstanweisung 3")
    one, two, reader = (musterstadt.browser(each) for each in ("sommer", "lohmann", "vogt"))

    own, theirs, read = (each.get("/betrieb").text for each in (one, two, reader))
    act, fields = decision(theirs, "gesehen")
    unseen = press(two, f"{act}/freigeben", **{**fields, next(iter(fields)): " "})
    alone = press(one, f"{act}/freigeben", **fields)
    other = {key: "0" * 12 if key.startswith("gesehen") else value for key, value in fields.items()}
    not_shown = press(two, f"{act}/freigeben", **other)
    released = press(two, f"{act}/freigeben", **fields)

    assert "eingangsrechnung : neue Fassung „1.1“ N. Sommer, 30.11.2026 07:30" in words(theirs)
    assert "„Dienstanweisung 3“" in theirs
    assert (
        "Bedingung „verdict = &#34;unchecked&#34;“ wird „verdict = &#34;ungeprueft&#34;“"
        in words(theirs)
    )
    assert "Zurückziehen" in own and f"{act}/freigeben" not in own
    assert "neue Fassung" in read and "/betrieb/aenderungen" not in read
    assert (unseen, alone, not_shown, released) == (400, 403, 409, 302)
    page = words(two.get("/betrieb").text)
    assert "Wartet auf eine zweite Person" not in page
    assert "eingangsrechnung eigene Nr. 1 „1.1“" in page


def test_who_proposed_a_version_takes_it_back(musterstadt: Town) -> None:
    musterstadt.app.engine.deploy(ALL, changed_model())
    browser = musterstadt.browser("sommer")
    act, fields = decision(browser.get("/betrieb").text, "Irrtum")

    assert press(browser, f"{act}/ablehnen", **fields) == 302

    assert "Wartet auf eine zweite Person" not in browser.get("/betrieb").text
    assert press(browser, f"{act}/ablehnen", **fields) == 409


def test_what_is_for_all_is_not_decided_by_one_of_several_towns(musterstadt: Town) -> None:
    musterstadt.app.engine.deploy(ALL, changed_model(), tenant=SHARED)
    alone = musterstadt.browser("lohmann").get("/betrieb").text
    act, fields = decision(alone, "gesehen")
    with musterstadt.app.db.write() as connection:
        values = {"id": "anderswo", "name": "Anderswo", "settings": {}}
        now = musterstadt.app.db.now(connection)
        connection.execute(sa.insert(tenant).values(**values, created_at=now))

    page = musterstadt.browser("lohmann").get("/betrieb").text

    assert "für alle Mandanten" in alone and "Freigeben" in alone
    assert "laufzettel deployments" in page and "/betrieb/aenderungen" not in page
    for what in ("freigeben", "ablehnen"):
        assert press(musterstadt.browser("lohmann"), f"{act}/{what}", **fields) == 403


def test_cases_move_after_a_trial_that_changed_nothing(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    case_id = musterstadt.receive(samples("gut.xml"))
    shared, own = own_version(musterstadt)
    browser, path = musterstadt.browser("sommer"), "/betrieb/prozesse/eingangsrechnung"

    many = words(browser.get(path, von=shared, nach=own).text)
    one = words(browser.get(path, von=shared, nach=own, vorgang=case_id).text)
    before = [each.open_cases for each in musterstadt.app.engine.models(ALL, "eingangsrechnung")]
    moved = press(browser, f"{path}/umziehen", von=shared, nach=own, vorgang="", grund="1.1")
    musterstadt.settle()

    assert "Es geht um 1 Vorgang. Von 1 geprüften gehen 1." in many
    assert "bleibt: Aufgabe" in one
    assert (before, moved) == ([0, 1], 302)
    after = [each.open_cases for each in musterstadt.app.engine.models(ALL, "eingangsrechnung")]
    assert after == [1, 0]
    (batch,) = musterstadt.app.engine.batches(ALL)
    assert (batch.status, batch.done, batch.by) == (BatchStatus.DONE, 1, "sommer")
    page = words(browser.get(f"/betrieb/sammelaktionen/{batch.id}").text)
    assert "auf eine andere Fassung umziehen fertig" in page and "1 von 1 erledigt" in page


def test_two_versions_of_one_number_are_told_apart(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    """Shared no. 1 and own no. 1: a move from one takes no case of the other."""
    musterstadt.receive(samples("gut.xml"))
    shared, own = own_version(musterstadt)
    path = "/betrieb/prozesse/eingangsrechnung"

    page = words(musterstadt.browser("sommer").get(path, von=own, nach=shared).text)

    assert "Dazu passt nichts; es gibt nichts zu tun." in page
    assert "Umziehen" not in page


def test_incidents_of_a_kind_are_retried_together(musterstadt: Town) -> None:
    musterstadt.receive(unchecked(), name="eins.xml")
    musterstadt.receive(unchecked() + b" ", name="zwei.xml")
    browser = musterstadt.browser("sommer")
    found = re.search(r'href="(/betrieb/erneut\?art=[^"]+)"', browser.get("/stoerungen").text)
    assert found

    asked = words(browser.get(found[1]).text)
    code = found[1].partition("=")[2]
    silent = press(browser, "/betrieb/erneut", art=code, grund="")
    done = press(browser, "/betrieb/erneut", art=code, grund="Regeln sind da")
    musterstadt.settle()

    assert "Es geht um 2 Störungen der Art" in asked
    assert (silent, done) == (400, 302)
    (batch,) = musterstadt.app.engine.batches(ALL)
    assert (batch.total, batch.done, batch.reason) == (2, 2, "Regeln sind da")
    assert "Störungen erneut versuchen" in browser.get("/betrieb/sammelaktionen").text


def test_a_batch_is_stopped_with_its_reason_and_once(musterstadt: Town) -> None:
    musterstadt.receive(unchecked(), name="eins.xml")
    browser = musterstadt.browser("sommer")
    (incident,) = musterstadt.app.engine.incidents(town_reader())
    assert press(browser, "/betrieb/erneut", art=incident.code, grund="x") == 302
    (batch,) = musterstadt.app.engine.batches(ALL)
    path = f"/betrieb/sammelaktionen/{batch.id}"
    assert "Anhalten" in browser.get(path).text

    codes = [
        press(browser, f"{path}/anhalten", grund=reason)
        for reason in ("", "doch nicht", "noch mal")
    ]

    assert codes == [400, 302, 409]
    assert "Anhalten</span>" not in browser.get(path).text
    event = musterstadt.app.engine.timeline(town_reader(), "batches")[-1]
    assert (event.kind, event.texts) == ("batch.stopped", {"reason": "doch nicht"})


def test_what_nobody_waits_for_is_listed(musterstadt: Town) -> None:
    browser = musterstadt.browser("sommer")
    before = browser.get("/betrieb/nachrichten").text
    musterstadt.app.engine.publish(
        Actor(tenant=TENANT, machine="haus", rights=frozenset({Right.START})),
        name="hausmeister.fertig",
        key="<E-7>",
        payload={},
        source="haus",
        message_id="1",
    )

    page = browser.get("/betrieb/nachrichten").text

    assert "Auf jede Nachricht wartet oder wartete jemand." in before
    assert "hausmeister.fertig" in page and "&lt;E-7&gt;" in page


def test_the_abgleich_is_seen_asked_and_released_by_a_person(musterstadt: Town) -> None:
    browser = musterstadt.browser("sommer")
    assert "Es läuft kein Abgleich" in browser.get("/betrieb/abgleich").text
    musterstadt.app.engine.reconciliation.begin([TENANT], cause="Sicherung", by="Betrieb")

    early = press(browser, "/betrieb/abgleich/freigeben", grund="fertig")
    asked = press(browser, "/betrieb/abgleich/fragen")
    page = words(browser.get("/betrieb/abgleich").text)
    released = press(browser, "/betrieb/abgleich/freigeben", grund="geprüft")

    assert (early, asked, released) == (409, 302, 302)
    assert "wird nichts gesendet: Sicherung" in page
    assert "Übergabe an das HKR" in page and "abgeglichen" in page
    event = musterstadt.app.engine.timeline(town_reader(), "parcels")[-1]
    assert event.kind == "abgleich.released"
    assert event.texts == {"reason": "geprüft", "by": "sommer"}
    assert musterstadt.app.engine.abgleich(ALL) is None


def test_one_of_several_tenants_does_not_let_all_send_again(musterstadt: Town) -> None:
    with musterstadt.app.db.write() as connection:
        now = musterstadt.clock.now()
        row = {"id": "nachbar", "name": "Nachbar", "settings": {}, "created_at": now}
        connection.execute(sa.insert(tenant), row)
    musterstadt.app.engine.reconciliation.begin([TENANT], cause="Sicherung", by="Betrieb")
    browser = musterstadt.browser("sommer")
    press(browser, "/betrieb/abgleich/fragen")

    page = browser.get("/betrieb/abgleich").text
    code = press(browser, "/betrieb/abgleich/freigeben", grund="geprüft", trotzdem="ja")

    assert "/betrieb/abgleich/freigeben" not in page
    assert "laufzettel abgleich --release" in page
    assert code == 403
    assert musterstadt.app.engine.abgleich(ALL) is not None


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/betrieb/prozesse/gibtesnicht", 404),
        ("/betrieb/prozesse/eingangsrechnung?von=x&nach=y", 400),
        ("/betrieb/sammelaktionen/x", 404),
        ("/betrieb/erneut", 302),
        ("/betrieb/erneut?art=gibtesnicht", 400),
    ],
)
def test_addresses_that_make_no_sense_say_so(musterstadt: Town, path: str, code: int) -> None:
    assert musterstadt.browser("sommer").get(path).status_code == code


def test_who_only_reads_sees_and_changes_nothing(musterstadt: Town) -> None:
    musterstadt.app.engine.reconciliation.begin([TENANT], cause="Sicherung", by="Betrieb")
    browser = musterstadt.browser("vogt")

    for path in ("/betrieb", "/betrieb/prozesse/eingangsrechnung", "/betrieb/abgleich"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "<textarea" not in answer.text
        assert 'action="/betrieb' not in answer.text
