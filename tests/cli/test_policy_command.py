"""The table of what follows from a finding is shown, replaced as a whole, and audited."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

ROWS = [
    {
        "rule": "LZ-DATUM-ALT",
        "treatment": "ansehen",
        "why": "DA Rechnungen Nr. 4",
        "above": "5000.00",
    }
]


def test_the_table_is_replaced_and_shown(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "tabelle.json"
    file.write_text(json.dumps(ROWS), "utf-8")

    told = run("policy", "set", str(file), "--reason", "Verfügung vom 12.11.2026")
    shown = run("policy", "show")

    assert (told.code, shown.code) == (0, 0)
    assert "Die Tabelle hat jetzt 1 Zeilen" in told.out
    assert "  LZ-DATUM-ALT         ansehen über 5000.00: DA Rechnungen Nr. 4" in shown.out
    assert (
        "  LZ-IBAN              ansehen: Auf ein falsches Konto kann niemand zahlen." in shown.out
    )
    assert [json.loads(line) for line in run("policy", "show", "--json").out.splitlines()] == ROWS


def test_a_table_that_makes_less_of_a_finding_waits_for_a_second_person(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "tabelle.json"
    file.write_text(json.dumps(ROWS), "utf-8")
    run("policy", "set", str(file), "--reason", "Verfügung")
    file.write_text("[]")

    told = run("policy", "set", str(file), "--reason", "wie vorher")

    assert told.code == 0
    assert told.out.startswith("Noch gilt die bisherige Tabelle: Die neue macht bei 1 Regeln")
    assert [json.loads(line) for line in run("policy", "show", "--json").out.splitlines()] == ROWS


def test_a_wrong_row_changes_nothing(run: Run, tmp_path: Path) -> None:
    before = run("policy", "show").out
    file = tmp_path / "tabelle.json"
    file.write_text(json.dumps([*ROWS, {"rule": "bank", "treatment": "durchwinken"}]), "utf-8")

    told = run("policy", "set", str(file), "--reason", "Versuch")

    assert told.code != 0
    assert "Zeile 2" in told.err
    assert run("policy", "show").out == before
