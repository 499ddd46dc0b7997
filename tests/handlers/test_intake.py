"""The ways in, put together: the worker looks into them, an outage is an incident of its own."""

from __future__ import annotations

import shutil

import pytest
import sqlalchemy as sa
from tests.connectors.mails import mail
from tests.simulation.world import (
    OPERATOR,
    TENANT,
    IntakeWithMails,
    LaidMails,
    World,
    sample,
)

from laufzettel import periodic
from laufzettel.clock import office_minute
from laufzettel.connectors.intake import folder, sorting
from laufzettel.connectors.intake.folder import WatchedFolder
from laufzettel.connectors.intake.port import Arrival
from laufzettel.documents.store import Document
from laufzettel.einvoice.detect import Detected, detect
from laufzettel.engine.jobs.port import Lost
from laufzettel.intake import Intake, inlets
from laufzettel.records.tables import invoice
from laufzettel.records.tables import mail as mail_table
from laufzettel.spool import Content, size_of


def incidents(town: World) -> list[tuple[str, str]]:
    """Return code and cause of the open incidents."""
    return [(one.code, one.cause) for one in town.app.engine.incidents(OPERATOR)]


def test_the_worker_takes_in_what_lies_in_the_folder(town: World) -> None:
    """As a periodic job of the tenant."""
    periodic.schedule(town.app)
    town.drop("RE-4711.xml", sample("GOOD"))

    town.work()

    [row] = town.rows(sa.select(invoice.c.receipt_no, invoice.c.channel, invoice.c.sha256))
    assert row[:2] == ("E-2026-000001", "ordner-sftp")
    assert [one.name.partition("_")[0] for one in (town.inbox / ".done").iterdir()] == [row[0]]


def test_more_than_one_look_takes_is_taken_without_a_pause(
    town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stack of a weekend must not wait fifteen seconds every two hundred invoices."""
    for module in (inlets, folder):
        monkeypatch.setattr(module, "PER_RUN", 2)
    periodic.schedule(town.app)
    for number in range(5):
        town.drop(f"{number}.xml", sample("SMALL", f"RE-{number}"))

    town.work()

    assert town.rows(sa.select(sa.func.count()).select_from(invoice)) == [(5,)]


def test_a_folder_that_is_gone_is_an_incident_until_it_is_back(town: World) -> None:
    """Told once, closed by itself; what lies there then is taken."""
    away = town.folder / "away"
    shutil.move(town.inbox, away)

    for _ in range(3):
        assert list(town.app.intake.collect(TENANT).outages) == ["ordner-sftp"]
    [(code, cause)] = incidents(town)
    assert code == "eingang_gestoert"
    assert "nicht eingerichtet, nicht eingehängt oder gesperrt" in cause

    shutil.move(away, town.inbox)
    town.drop("RE.xml", sample("GOOD"))
    assert town.app.intake.collect(TENANT).numbers["ordner-sftp"] == 1
    assert incidents(town) == []


def test_a_file_that_is_no_invoice_at_all_is_told(town: World) -> None:
    """An empty file has no number, but somebody sent it."""
    town.drop("leer.xml", b"")

    town.app.intake.collect(TENANT)

    [(code, cause)] = incidents(town)
    assert code == "eingang_pruefen"
    assert "„leer.xml“ nicht angenommen: Die Datei ist leer." in cause
    assert town.rows(sa.select(invoice.c.id)) == []


def test_one_way_in_that_breaks_closes_no_other_and_is_told(
    town: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What a library makes of a server is not known beforehand; what it says may be secret."""

    def broken(inlet: LaidMails, desk: object) -> int:
        raise ValueError("Kennwort geheim")

    monkeypatch.setattr(LaidMails, "collect", broken)
    monkeypatch.setattr(WatchedFolder, "collect", broken)
    monkeypatch.setattr(
        IntakeWithMails,
        "inlets",
        lambda intake, tenant: [
            *reversed(Intake.inlets(intake, tenant)),
            LaidMails(root=town.mails),
        ],
    )

    found = town.app.intake.collect(TENANT)

    assert list(found.outages) == ["ordner-sftp", "postfach-rechnung"]
    [(code, cause), _] = incidents(town)
    assert code == "eingang_gestoert"
    assert cause.startswith("Eingang „ordner-sftp“: unerwarteter Fehler (ValueError)")
    assert "geheim" not in cause


def test_who_has_lost_the_intake_to_another_tells_no_outage(town: World) -> None:
    """The other one goes on; an incident about it would be untrue."""
    town.drop("RE.xml", sample("GOOD"))
    calls = iter([None, Lost()])

    def alive() -> None:
        error = next(calls)
        if error is not None:
            raise error

    with pytest.raises(Lost):
        town.app.intake.collect(TENANT, alive)

    assert incidents(town) == []


def test_a_mail_about_which_the_program_fails_holds_up_no_other(
    town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does a file that its reader does not survive: a person looks at the mail."""
    torn = mail(("torn.xml", "application/xml", b"<torn/>"), message_id="<1@l.example>")
    good = mail(("1.xml", "application/xml", sample("GOOD")), message_id="<2@l.example>")
    town.post("a", torn)
    town.post("b", good)

    def look(data: bytes) -> Detected:
        if b"torn" in data:
            raise RecursionError
        return detect(data)

    monkeypatch.setattr(sorting, "detect", look)

    assert town.app.intake.collect(TENANT).outages == {}

    problems = town.rows(sa.select(mail_table.c.problem).order_by(mail_table.c.number))
    assert problems == [("Eine Datei der Mail lässt sich nicht ansehen.",), ("",)]
    assert town.rows(sa.select(sa.func.count()).select_from(invoice)) == [(1,)]


def test_an_arrival_about_which_the_program_fails_holds_up_no_other(
    town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays where it came in, and people are told by its key, not by what it says."""
    put = town.app.store.put

    def broken(data: Content, *, tenant: str) -> Document:
        if size_of(data) == 4:
            raise KeyError("Kevin K.")
        return put(data, tenant=tenant)

    monkeypatch.setattr(town.app.store, "put", broken)
    town.drop("a.xml", b"<a/>")
    town.drop("b.xml", sample("GOOD"))

    [cause] = town.app.intake.collect(TENANT).outages.values()

    assert "löste einen Fehler aus, den niemand vorhergesehen hat (KeyError)" in cause
    assert "Kevin" not in cause
    assert town.rows(sa.select(sa.func.count()).select_from(invoice)) == [(1,)]
    assert len(list((town.inbox / ".work").iterdir())) == 1


def test_a_file_that_lay_there_over_the_weekend_was_received_when_it_came(town: World) -> None:
    """§ 130 Abs. 1 BGB; what the usual look finds is received now."""
    desk = town.app.intake.desk(TENANT)
    for number, waited_s in ((1, 40 * 3600), (2, 30)):
        data = sample("SMALL", f"RE-{number}")
        desk.take(
            Arrival(
                key=f"o:{number}",
                channel="ordner-sftp",
                sender="",
                file_name="a.xml",
                data=data,
                waited_s=waited_s,
            )
        )

    rows = town.rows(sa.select(invoice.c.received_at).order_by(invoice.c.receipt_no))
    assert [office_minute(one[0]) for one in rows] == [
        "21.11.2026 um 16:00",
        "23.11.2026 um 08:00",
    ]
