"""The ways in, put together: the worker looks into them, an outage is an incident of its own."""

from __future__ import annotations

import shutil

import pytest
import sqlalchemy as sa
from tests.simulation.world import OPERATOR, TENANT, World, sample

from laufzettel import periodic
from laufzettel.connectors.intake import folder
from laufzettel.intake import inlets
from laufzettel.records.tables import invoice


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
