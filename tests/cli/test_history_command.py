"""``laufzettel history``: the old system's heads come in once, and can be taken out again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run

TEXT = (
    "Rechnungsnummer;Lieferant;Rechnungsdatum;Bruttobetrag;Sachkonto\n"
    "RE-2025-1;Bau GmbH;02.12.2025;1.190,00;523100\n"
    "RE-2025-2;Bau GmbH;03.12.2025;595,00;523100\n"
    "RE-2025/1;Bau GmbH;02.12.2025;1190;523100\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three lines, one of which says what the first says."""
    made = tmp_path / "alt.csv"
    made.write_text(TEXT, "utf-8")
    return made


def test_a_file_is_taken_over_once(run: Run, file: Path) -> None:
    first = run("history", "import", str(file))
    again = run("history", "import", str(file))

    assert first.out == (
        "Zeile 4 sagt dasselbe wie Zeile 2.\nalt.csv: 3 Zeilen gelesen, 2 neu übernommen.\n"
    )
    assert "schon am" in again.out and "nichts geändert" in again.out
    (listed,) = map(json.loads, run("history", "list", "--json").out.splitlines())
    assert (listed["file_name"], listed["rows"], listed["added"]) == ("alt.csv", 3, 2)


def test_another_file_adds_what_is_new(run: Run, file: Path) -> None:
    run("history", "import", str(file))
    file.write_text(TEXT + "RE-2025-3;Bau GmbH;04.12.2025;10,00;523100\n", "utf-8")

    more = run("history", "import", str(file), "--json")

    made = json.loads(more.out)
    assert (made["rows"], made["added"]) == (4, 1)


def test_a_dry_run_changes_nothing(run: Run, file: Path) -> None:
    tried = run("history", "import", str(file), "--dry-run")

    assert "3 Zeilen gelesen, 2 wären neu; geändert wurde nichts." in tried.out
    assert run("history", "list").out == "Noch nichts übernommen.\n"
    assert "2 neu übernommen" in run("history", "import", str(file)).out


def test_a_file_with_one_bad_line_is_refused_whole(run: Run, file: Path) -> None:
    file.write_text(TEXT + "RE-2025-3;Bau GmbH;gestern;10.00;523100\n", "utf-8")

    refused = run("history", "import", str(file))

    assert refused.code == 1
    assert refused.out.splitlines() == [
        "Zeile 5: „Rechnungsdatum“ ist kein Tag; richtig ist etwa 31.12.2025 oder 2025-12-31.",
        "Zeile 5: „Bruttobetrag“ ist kein Betrag; richtig ist etwa 1.234,56 oder 1234,56.",
        "2 Beanstandungen; übernommen wurde nichts.",
    ]
    assert run("history", "list").out == "Noch nichts übernommen.\n"


def test_what_was_taken_over_is_taken_out_again_with_a_reason(run: Run, file: Path) -> None:
    run("history", "import", str(file))
    (listed,) = map(json.loads, run("history", "list", "--json").out.splitlines())

    gone = run("history", "remove", listed["id"], "--reason", "falscher Mandant")
    again = run("history", "remove", listed["id"], "--reason", "falscher Mandant")

    assert gone.out == "alt.csv: 2 Köpfe sind wieder heraus.\n"
    assert again.code == 2 and "gibt es nicht" in again.err
    told = [json.loads(line) for line in run("cases", "history", "--json").out.splitlines()]
    assert [one["kind"] for one in told] == ["history.imported", "history.removed"]
    assert told[0]["actor"] == "operator" and told[1]["texts"] == {"reason": "falscher Mandant"}
    assert run("audit", "verify").code == 0


def test_a_file_that_is_not_there_is_said_in_german(run: Run, tmp_path: Path) -> None:
    missing = run("history", "import", str(tmp_path / "fehlt.csv"))

    assert missing.code == 2
    assert "Datei oder Ordner gibt es nicht" in missing.err
