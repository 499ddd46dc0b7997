"""The pages of the archive: re-checked, held, erased by two persons, with the copies named."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.connectors.mails import mail
from tests.web.conftest import Browser, Town

from laufzettel import periodic
from laufzettel.archive.copies import CopyState, Gone, Named, Place
from laufzettel.archive.deletion import Deletion
from laufzettel.channels import Channels, FolderChannel, TenantChannels
from laufzettel.connectors.intake.mails import take_mail
from laufzettel.identity import Actor, Right
from laufzettel.intake import leftovers
from laufzettel.intake.inlets import folder_inlet

RIGHTS = frozenset({Right.OPERATE, Right.READ})
YILMAZ = Actor(tenant="musterstadt", person="yilmaz", rights=RIGHTS)
PATH = "/archiv"
NUMBER = "E-2026-000001"


@pytest.fixture
def old(musterstadt: Town, samples: Callable[[str], bytes]) -> Town:
    """A town in which the term of one invoice is over."""
    case_id = musterstadt.receive(samples("gut.xml"), name="rechnung.xml")
    app = musterstadt.app
    app.engine.cancel(YILMAZ, case_id, "Irrläufer von Bergmann")
    musterstadt.settle()
    app.retention.adopt(YILMAZ, 2026, date(2027, 6, 24), "Ratsbeschluss")
    musterstadt.clock.set(datetime(2034, 1, 2, 12, tzinfo=UTC))
    return musterstadt


def said(browser: Browser, path: str = PATH) -> str:
    """Return what the page says, as text."""
    page = browser.get(path)
    assert page.status_code == 200
    body = page.text.partition("<main")[2].partition("</main")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def proposed(town: Town, login: str = "sommer") -> str:
    """Have somebody propose what is due, and return the page of the proposal."""
    counted = f"{PATH}?zaehlen=1"
    more = {"grund-loeschung": "Aussonderung 2034"}
    answer = town.browser(login).submit(counted, f"{PATH}/loeschungen", **more)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_one_person_proposes_another_approves_and_a_job_erases(old: Town) -> None:
    assert "1 Rechnung muss nicht mehr aufbewahrt werden" in said(
        old.browser("sommer"), f"{PATH}?zaehlen=1"
    )
    page = proposed(old)
    assert "Freigeben muss eine zweite Person." in said(old.browser("sommer"), page)

    approve = f"{page}/freigeben"
    answer = old.browser("wiebusch").submit(page, approve, grund="Stichprobe geprüft")
    assert answer.status_code == 302
    assert "läuft im Hintergrund" in said(old.browser("vogt"), page)

    periodic.schedule(old.app)
    old.settle()

    told = said(old.browser("vogt"), page)
    assert "N. Sommer: Aussonderung 2034" in told
    assert "J. Wiebusch: Stichprobe geprüft" in told
    assert f"{NUMBER} beendet am 30.11.2026 31.12.2033" in told and "gelöscht" in told
    assert "Bergmann" not in told
    assert "erledigt" in said(old.browser("vogt"))


def test_what_is_due_is_counted_as_what_it_is(musterstadt: Town) -> None:
    """A letter that never belonged to an invoice is no invoice, and nothing is not „0 Rechnungen“."""
    counted = f"{PATH}?zaehlen=1"
    desk = musterstadt.app.intake.desk("musterstadt")
    take_mail(desk, mail(subject="Angebot"), key="p:1:1", channel="postfach-rechnung")
    before = said(musterstadt.browser("sommer"), counted)
    app = musterstadt.app
    [task] = app.engine.list_cases(YILMAZ, size=5).items
    app.engine.cancel(YILMAZ, task.id, "Werbung")
    musterstadt.settle()
    app.retention.adopt(YILMAZ, 2026, date(2027, 6, 24), "Ratsbeschluss")
    musterstadt.clock.set(datetime(2034, 1, 2, 12, tzinfo=UTC))

    after = said(musterstadt.browser("sommer"), counted)

    assert "Zurzeit muss alles noch aufbewahrt werden" in before
    assert "1 Schreiben ohne Rechnung muss nicht mehr aufbewahrt werden" in after
    assert "0 Rechnungen" not in before + after


def test_who_proposed_cannot_approve_whatever_is_sent(old: Town) -> None:
    page = proposed(old)
    browser = old.browser("sommer")
    csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get(PATH).text)
    assert csrf is not None

    answer = browser.client.post(f"{page}/freigeben", data={"csrf": csrf[1], "grund": "ich"})

    assert answer.status_code == 403
    assert "gibt sie nicht selbst frei" in answer.text
    assert old.app.deletion.carry_on("musterstadt") and "noch nicht" in said(browser, page)


def test_an_auditor_reads_all_of_it_and_proposes_nothing(old: Town) -> None:
    proposed(old)
    auditor = old.browser("vogt")

    assert "wartet auf Freigabe" in said(auditor)
    assert "Löschung vorschlagen" not in said(auditor, f"{PATH}?zaehlen=1")


def test_a_hold_keeps_an_invoice_and_another_person_lifts_it(old: Town) -> None:
    form = {"nummer": NUMBER, "grund": "Rechtsstreit 4 O 17/34"}
    auditor = old.browser("vogt")
    assert auditor.submit(PATH, f"{PATH}/sperren", **form).status_code == 302
    assert "durch A. Vogt: Rechtsstreit 4 O 17/34" in said(auditor)
    assert "Zurzeit muss alles noch aufbewahrt werden" in said(auditor, f"{PATH}?zaehlen=1")

    def lifted(login: str) -> int:
        browser = old.browser(login)
        csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get(PATH).text)
        assert csrf is not None
        done = {"csrf": csrf[1], "nummer": NUMBER, "grund": "Urteil rechtskräftig"}
        return browser.client.post(f"{PATH}/sperren/aufheben", data=done).status_code

    assert lifted("vogt") == 403
    assert lifted("sommer") == 302
    assert "Keine Löschsperre." in said(auditor)
    assert lifted("sommer") == 409, "none stands any more"


def test_what_was_hashed_again_is_told(old: Town) -> None:
    auditor = old.browser("vogt")
    assert "Noch ist nicht jedes Dokument nachgerechnet worden." in said(auditor)

    old.app.check_documents("musterstadt")
    assert re.search(
        r"Zuletzt vollständig am .*: \d+ Dokumente, .* Jedes ist unverändert da\.", said(auditor)
    )

    store = old.app.settings.documents
    victim = next(path for path in store.rglob("*") if path.is_file())
    victim.unlink()
    old.app.check_documents("musterstadt")
    assert "1 fehlt oder ist verändert." in said(auditor)


def test_copies_outside_of_the_store_are_erased_or_named(old: Town, tmp_path: Path) -> None:
    channel = FolderChannel(name="sftp", path=tmp_path / "sftp")
    folder_inlet(channel).create()
    done = channel.path / ".done"
    for name in (f"{NUMBER}_01abc~RE.xml", "E-2026-0000010_01abd~andere.xml"):
        (done / name).write_bytes(b"<Invoice/>")
    browser = old.browser("vogt")
    (case,) = old.app.engine.list_cases(YILMAZ, size=5).items
    page = f"/vorgaenge/{case.id}"
    browser.submit(page, f"{page}/akte.zip", grund="Prüfung")
    ways = Channels(by_tenant={"musterstadt": TenantChannels(folders=(channel,))})
    app = old.app
    places: list[Place] = [leftovers.WatchedFolders(ways), Named({"Band": 35})]
    deletion = Deletion(app.db, app.engine, app.store, places)

    page = proposed(old)
    deletion.approve(YILMAZ, page.rpartition("/")[2], "geprüft")
    assert deletion.carry_on("musterstadt")

    (entry,) = deletion.protocol("musterstadt", page.rpartition("/")[2]).entries
    assert [one.state for one in entry.copies] == [
        CopyState.LEFT,
        CopyState.ERASED,
        CopyState.EXPIRES,
    ]
    told = said(browser, page)
    assert "Eingangsordner „sftp“: 1 Datei gelöscht" in told
    assert re.search(r"Akte ausgegeben am 02\.01\.2034 durch vogt \(SHA256SUMS \w{12}…\)", told)
    assert "Band: überschrieben bis 06.02.2034" in told
    assert [path.name for path in done.iterdir()] == ["E-2026-0000010_01abd~andere.xml"]


def test_a_mailbox_and_an_exchange_folder_are_asked_as_well(
    musterstadt: Town, tmp_path: Path
) -> None:
    gone = Gone(
        tenant="musterstadt",
        invoice_id="x",
        receipt_no=NUMBER,
        hashes=("ab" * 32,),
        on=date(2034, 1, 2),
    )
    ledger = musterstadt.app.ledgers.of("musterstadt")
    exchange = leftovers.ExchangeFolders(lambda tenant: ledger)
    assert list(exchange.clear(gone)) == []
    paper = musterstadt.app.ledgers.root("musterstadt") / "belege" / "ab" / ("ab" * 32)
    paper.parent.mkdir(parents=True)
    paper.write_bytes(b"%PDF-1.7")

    (copy,) = exchange.clear(gone)

    assert copy.text_de.startswith("Austauschordner des HKR: 1 Datei gelöscht")
    assert not paper.exists()
    assert list(leftovers.ExchangeFolders(lambda tenant: None).clear(gone)) == []
    (versions,) = leftovers.Versions().clear(gone)
    assert versions.text_de == "Dokumentenspeicher (S3): 1 Datei mit allen Versionen gelöscht"
