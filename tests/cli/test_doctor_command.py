"""``laufzettel doctor``: what is there, what does its work, and what to do where not."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest
from tests.cli.conftest import Outcome, Run
from tests.cli.programs import Place

from laufzettel import settings
from laufzettel.cli.doctor import machine
from laufzettel.engine.handler import Handlers
from laufzettel.measures import Measures
from laufzettel.pdf import ProcessPrinter


class Blank:
    """Draws at once what looks like a PDF; the real one is looked at in one test alone."""

    def print(self, html: str, css: str, attachments: object = ()) -> bytes:
        return b"%PDF-1.7"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ProcessPrinter", Blank)


def levels(outcome: Outcome) -> dict[str, str]:
    """Return the worst level of each line by its name."""
    found: dict[str, str] = {}
    order = ["ok", "warning", "error"]
    for line in map(json.loads, outcome.out.splitlines()):
        before = found.get(line["name"], "ok")
        found[line["name"]] = max(before, line["level"], key=order.index)
    return found


def change(place: Place, *statements: str) -> None:
    """Change the installation's database past the program."""
    connection = sqlite3.connect(place.data / "laufzettel.sqlite")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_sound_installation_has_no_error(place: Place, run: Run) -> None:
    os.chmod(place.data, 0o750)

    outcome = run("doctor", "--json")
    told = run("doctor")

    assert outcome.code == 0
    assert [name for name, level in levels(outcome).items() if level == "error"] == []
    assert levels(outcome)["Datenbank"] == levels(outcome)["Funktionen"] == "ok"
    assert "Datenbank" in told.out and told.code == 0


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_folder_that_strangers_may_read_is_a_warning(place: Place, run: Run) -> None:
    os.chmod(place.data, 0o755)

    assert levels(run("doctor", "--json"))["Datenordner"] == "warning"


def test_without_tables_nothing_behind_them_is_called_ok(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "leer").mkdir()
    monkeypatch.setenv("LAUFZETTEL_DATA", str(tmp_path / "leer"))
    monkeypatch.delenv("LAUFZETTEL_DATABASE_URL", raising=False)

    outcome = run("doctor", "--json")

    assert outcome.code == 1
    found = levels(outcome)
    assert found["Datenbank"] == "error"
    assert {found[name] for name in ("Schreiben", "Uhr", "Aufträge", "Siegel")} == {"warning"}
    assert "„laufzettel migrate“ legt sie an" in outcome.out


def test_work_that_nobody_does_is_found(place: Place, run: Run) -> None:
    change(
        place,
        "INSERT INTO job (kind, key, tenant, args, due, priority, token, attempts, is_leased)"
        " VALUES ('work', 'x', 'musterstadt', '{}', '2026-01-01T00:00:00.000000Z', 0, 1, 1, 1)",
        "INSERT INTO job (kind, key, tenant, args, due, priority, token, attempts, is_leased)"
        " VALUES ('work', 'y', 'musterstadt', '{}', '9999-01-01T00:00:00.000000Z', 0, 1, 8, 0)",
    )

    outcome = run("doctor", "--json")

    assert outcome.code == 1
    assert levels(outcome)["Aufträge"] == "error"
    texts = [json.loads(line)["text"] for line in outcome.out.splitlines()]
    assert "1 abgelaufene Leihen, die niemand übernimmt" in texts
    assert "1 aufgegeben" in texts


def test_events_that_nobody_seals_are_found(place: Place, run: Run) -> None:
    change(
        place,
        "UPDATE audit_stream SET sealed_seq = seq - 1, moved_at = '2026-01-01T00:00:00.000000Z'",
    )

    assert levels(run("doctor", "--json"))["Siegel"] == "error"


def test_a_function_that_open_cases_need_and_nobody_has_installed_is_an_error(
    place: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(place, "UPDATE case_ SET status = 'open'")
    whole = Handlers.contracts
    monkeypatch.setattr(
        Handlers,
        "contracts",
        property(
            lambda self: {
                name: one
                for name, one in whole.fget(self).items()  # type: ignore[attr-defined]
                if name != "ledger.deliver"
            }
        ),
    )

    outcome = run("doctor", "--json")

    assert outcome.code == 1
    assert "offene Vorgänge brauchen ledger.deliver; nicht installiert" in outcome.out


def test_a_slow_function_of_a_running_process_is_named(place: Place, run: Run) -> None:
    figures = Measures()
    for _ in range(50):
        figures.observe("inline_handler_seconds", 0.001, handler="gut")
        figures.observe("inline_handler_seconds", 0.08, handler="schlecht")
    text = json.dumps(figures.snapshot().as_json())
    change(
        place,
        f"INSERT INTO process_measure VALUES ('w', strftime('%Y-%m-%dT%H:%M:%f000Z'), '{text}')",
    )

    outcome = run("doctor")

    assert "„schlecht“ braucht im Schritt bis zu 80 ms, gedacht sind 5" in outcome.out
    assert "„gut“" not in outcome.out


def test_broken_promises_and_unknown_handovers_are_told(place: Place, run: Run) -> None:
    change(
        place,
        "UPDATE parcel SET status = 'unknown'",
        "INSERT INTO incident (id, tenant, code, cause, next_step, owner, status, created_at)"
        " VALUES ('x', 'musterstadt', 'zusage_gebrochen', 'x', 'x', 'betrieb', 'open',"
        " '2026-01-01T00:00:00.000000Z')",
    )

    found = levels(run("doctor", "--json"))

    assert (found["Zusagen"], found["Übergaben"], found["Störungen"]) == (
        "error",
        "warning",
        "warning",
    )


def test_sending_that_stands_still_after_a_restore_is_told(place: Place, run: Run) -> None:
    assert levels(run("doctor", "--json"))["Versand"] == "ok"
    begun = run("abgleich", "--begin", "--by", "sommer", "--reason", "Sicherung von gestern")
    assert begun.code == 0, begun.err

    outcome = run("doctor", "--json")

    assert levels(outcome)["Versand"] == "warning"
    assert "Sicherung von gestern" in outcome.out


def test_a_check_that_breaks_hides_no_other(
    place: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object) -> None:
        raise RuntimeError("Mustermann")

    monkeypatch.setitem(machine.MACHINE, "PDF", broken)
    outcome = run("doctor", "--json")

    assert outcome.code == 1
    assert levels(outcome)["PDF"] == "error"
    assert levels(outcome)["Datenbank"] == "ok"
    assert "Mustermann" not in outcome.out


def test_the_page_is_drawn_in_earnest(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ProcessPrinter", ProcessPrinter)
    (found,) = machine.pdf(settings.load({"LAUFZETTEL_DATA": str(place.data)}))

    assert found.text.startswith("eine Probeseite in ")


def test_text_recognition_that_is_on_without_its_tool_is_an_error(
    place: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert levels(run("doctor", "--json"))["Texterkennung"] == "ok"
    monkeypatch.setenv("LAUFZETTEL_OCR", "tesseract")
    monkeypatch.setattr("laufzettel.connectors.ocr.tesseract.shutil.which", lambda name: None)

    told = run("doctor", "--json")

    assert levels(told)["Texterkennung"] == "error"
    assert "„tesseract“ ist auf diesem Rechner nicht installiert" in told.out
