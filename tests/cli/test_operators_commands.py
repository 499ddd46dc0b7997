"""The operators' commands: said before it is done, done with reason, told item by item."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import Outcome
from tests.cli.programs import ROOT
from tests.engine.execution.draw import drawn
from tests.second_person import deployed

from laufzettel.__main__ import main
from laufzettel.app import App
from laufzettel.compose import compose
from laufzettel.db import schema
from laufzettel.engine.handler import Start
from laufzettel.engine.model.sources import Sources
from laufzettel.identity import system
from laufzettel.records.tables import tenant
from laufzettel.settings import load

ONE = "knows n\nuser a\nuser b\nstart>a a>b b>end"
WHY = ("--reason", "Umstellung")


class Town:
    """An installation with a few cases of a small model."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        schema.upgrade(load().database_url)
        with compose(load()) as app, app.db.write() as connection:
            connection.execute(tenant.insert().values(_TENANT))
        self.deploy(ONE)

    def deploy(self, model: str) -> None:
        with compose(load()) as app:
            deployed(app.engine, system("musterstadt"), Sources(files=drawn(model)))

    def start(self, number: int = 1) -> list[str]:
        def one(app: App, at: int) -> str:
            start = Start(process_id="main", business_key=f"o:{at}", variables={"n": at})
            return app.engine.start(system("musterstadt"), start)

        with compose(load()) as app:
            return [one(app, at) for at in range(number)]

    def tasks(self) -> list[str]:
        with compose(load()) as app:
            return [one.element for one in app.engine.tasks(system("musterstadt"))]

    def run(self, *arguments: str) -> Outcome:
        self._capsys.readouterr()
        code = main(arguments)
        printed = self._capsys.readouterr()
        return Outcome(code=code, out=printed.out, err=printed.err)


_TENANT = {
    "id": "musterstadt",
    "name": "Musterstadt",
    "settings": {},
    "created_at": datetime(2026, 11, 23, tzinfo=UTC),
}


@pytest.fixture
def town(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Town:
    """An installation of this test's alone."""
    monkeypatch.setenv("LAUFZETTEL_DATA", str(tmp_path))
    monkeypatch.setenv("LAUFZETTEL_RULES_DIR", str(ROOT / ".laufzettel" / "rules"))
    monkeypatch.delenv("LAUFZETTEL_DATABASE_URL", raising=False)
    return Town(tmp_path, capsys)


def test_a_case_is_suspended_resumed_and_ended(town: Town) -> None:
    case_id = town.start()[0]

    assert town.run("suspend", case_id, "--dry-run") == Outcome(
        code=0, out="Stand des Vorgangs: offen; geschehen ist nichts.\n", err=""
    )
    assert town.run("suspend", case_id, *WHY) == Outcome(
        code=0, out="Angehalten. Weiter geht es mit „laufzettel resume“.\n", err=""
    )
    assert town.tasks() == []
    assert "angehalten" in town.run("cases").out
    assert "angehalten: Umstellung" in town.run("cases", case_id).out
    assert town.run("suspend", case_id, "--dry-run") == Outcome(
        code=1, out="Stand des Vorgangs: angehalten; geschehen ist nichts.\n", err=""
    )
    assert town.run("resume", case_id, *WHY).out == "Fortgesetzt.\n"
    assert town.run("cancel", case_id, *WHY).out == "Abgebrochen.\n"


def test_without_a_reason_nothing_happens(town: Town) -> None:
    case_id = town.start()[0]

    refused = town.run("suspend", case_id)

    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "Bitte den Grund angeben (--reason); er steht im Protokoll.\n"
    assert town.tasks() == ["a"]


def test_a_move_is_shown_and_then_done(town: Town) -> None:
    case_id = town.start()[0]
    way = ("move", "--from", "a", "--to", "b", case_id)
    shown = "endet    Aufgabe „a“ (a)\nbeginnt  Aufgabe „b“ (b)\n"

    assert town.run(*way, "--dry-run") == Outcome(code=0, out=shown, err="")
    assert town.tasks() == ["a"]
    told = json.loads(town.run(*way, "--dry-run", "--json").out)
    assert [one["element"] for one in told["begins"]] == ["b"]
    assert town.run(*way, *WHY).out == f"{shown}Versetzt.\n"
    assert town.tasks() == ["b"]


def test_a_variable_is_mended(town: Town) -> None:
    case_id = town.start()[0]

    shown = town.run("set", "n=7", case_id, "--dry-run").out
    assert shown == "Bisher 0, dann 7; geschehen ist nichts.\n"
    assert town.run("set", "n=7", case_id, *WHY).out == "„n“ ist berichtigt.\n"
    assert town.run("set", "n=7", case_id, "--dry-run").out.startswith("Bisher 7, dann 7;")
    refused = town.run("set", 'n="7"', case_id, *WHY)
    assert (refused.code, "von der Art" in refused.err) == (2, True)
    assert town.run("set", "n", case_id, *WHY).code == 2


def test_many_are_done_as_a_batch_with_what_was_refused(town: Town) -> None:
    cases = town.start(12)
    town.run("suspend", cases[3], *WHY)

    done = town.run("suspend", "--process", "main", *WHY)

    first, refused = done.out.splitlines()
    assert done.code == 1
    assert first.endswith("suspend  fertig: 11 von 12 erledigt, 1 abgelehnt")
    assert refused == f"    {cases[3]}  Der Vorgang ist schon angehalten."
    assert town.run("batch").out.splitlines() == [first]
    batch_id = first.split()[1]
    assert town.run("batch", batch_id).out == done.out
    assert json.loads(town.run("batch", batch_id, "--json").out)["done"] == 11
    told = json.loads(town.run("resume", "--status", "suspended", "--json", *WHY).out)
    assert (told["kind"], told["status"], told["done"]) == ("resume", "done", 12)


def test_a_batch_is_counted_before_it_is_ordered(town: Town) -> None:
    town.start(3)
    way = ("move", "--from", "a", "--to", "nirgends", "--process", "main")

    shown = town.run(*way, "--dry-run")

    assert shown.code == 1
    assert shown.out.splitlines() == [
        "Es geht um 3; geschehen ist nichts.",
        "Von 3 geprüften gehen 0.",
        "    3-mal: Das Modell dieses Vorgangs hat keinen Schritt „nirgends“.",
    ]
    assert town.run("batch").out == "Keine Sammelaktion.\n"


def test_cases_are_transferred_to_another_version(town: Town) -> None:
    cases = town.start(3)
    town.deploy(ONE.replace("user a", "user x").replace("start>a a>", "start>x x>"))
    way = ("transfer", "--to", "2", "--process", "main", "--version", "1")

    refused = town.run(*way, "--dry-run")
    assert refused.code == 1
    assert "3-mal: Für „a“, wo der Vorgang wartet" in refused.out
    one = town.run("transfer", "--to", "2", cases[0], "--map", "a=x", "--dry-run")
    assert one.out.startswith("bleibt   Aufgabe „x“ (x)\n")

    assert town.run(*way, "--map", "a=x", *WHY).code == 0
    assert town.tasks() == ["x", "x", "x"]


def test_versions_are_listed_pinned_and_followed(town: Town) -> None:
    town.start()
    town.deploy(ONE + "\nversion 2.0")

    newer, older = town.run("models").out.splitlines()
    assert newer.startswith("main") and newer.endswith("0 offen  gilt für neue")
    assert "Nr. 2    „2.0“" in newer
    assert older.endswith("1 offen")

    pinned = town.run("models", "main", "--pin", "1", *WHY).out.splitlines()
    assert pinned[1].endswith("1 offen  festgelegt")
    assert town.run("models", "main", "--follow", *WHY).out.splitlines() == [newer, older]
    assert town.run("models", "main", "--pin", "9", *WHY).err == (
        "„main“ hat keine Fassung „9“. Es gibt: 1, 2.\n"
    )


def test_retrying_what_fits_nothing_is_said(town: Town) -> None:
    tried = town.run("incidents", "--retry-all", "--code", "ausdruck")

    assert (tried.code, tried.err) == (2, "Dazu passt nichts; es gibt nichts zu tun.\n")
    assert town.run("incidents", "--retry-all").code == 2
