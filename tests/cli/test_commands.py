"""Every command says in German what it did, and never shows a stack trace."""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run
from tests.cli.programs import ROOT, Place, call, command, commands

MODEL = str(ROOT / "bpmn" / "eingangsrechnung")


def objects(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects of an output, one a line."""
    found = [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(one, dict) for one in found)
    return found


def case_of(run: Run, end: str) -> str:
    """Return the id of the first case with this end."""
    cases = objects(run("cases", "--json").out)
    return next(str(one["id"]) for one in cases if one["end"] == end)


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    """A file that is no invoice."""
    file = tmp_path / "brief.txt"
    file.write_text("Sehr geehrte Damen und Herren")
    return file


@pytest.mark.parametrize("name", commands())
def test_every_command_explains_itself(run: Run, name: str) -> None:
    explained = run(name, "--help")

    assert explained.code == 0
    assert f"laufzettel {name}" in explained.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("cases",), "bezahlt und archiviert         1.190,00 €  Rechnung GR-2026-0457"),
        (("tasks",), "Keine offene Aufgabe."),
        (("incidents",), "Keine offene Störung."),
        (("prove",), "Mandant „musterstadt“: Alles stimmt."),
        (("reindex", "--all"), " Rechnungen gelesen."),
        (("audit", "verify"), "Alles stimmt."),
        (("migrate",), "Datenbank ist auf Stand "),
        (("deploy", MODEL), "eingangsrechnung: Fassung 1 (unverändert)"),
        (("lint", MODEL), "keine Beanstandung"),
        (("rules", "show"), "unverändert"),
        (("accounts",), "yilmaz               M. Yılmaz                Bauamt, Sachbearbeitung"),
    ],
    ids=lambda value: (
        " ".join(value[:2]).replace(str(ROOT), "") if isinstance(value, tuple) else ""
    ),
)
def test_a_command_does_its_work_as_a_process_of_its_own(
    told: tuple[Place, str], arguments: tuple[str, ...], expected: str
) -> None:
    done = call(told[0], *arguments)

    assert (done.returncode, done.stderr) == (0, "")
    assert expected in done.stdout


def test_a_case_is_told_in_german_from_receipt_to_payment(run: Run) -> None:
    story = run("cases", case_of(run, "paid_and_archived")).out.splitlines()

    assert story[0].endswith("System       Rechnung eingegangen, Vorgang begonnen")
    assert "bezahlt am" in story[-2]
    assert story[-1].endswith("Vorgang beendet")


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (("cases",), {"id", "status", "amount"}),
        (("tasks",), {"id", "element", "groups"}),
        (("incidents",), {"id", "cause", "next_step"}),
        (("prove",), {"rule", "subject", "text_de"}),
        (("audit", "verify"), {"tenant", "events", "findings"}),
        (("lint", MODEL), {"file", "deployable", "findings"}),
        (("accounts",), {"login", "name", "has_password"}),
    ],
)
def test_json_is_one_object_a_line(run: Run, arguments: tuple[str, ...], keys: set[str]) -> None:
    done = run(*arguments, "--json")

    assert done.code == 0
    assert all(keys <= set(one) for one in objects(done.out))


def test_the_amounts_of_json_are_exact_strings(run: Run) -> None:
    amounts = {one["subject"]: one["amount"] for one in objects(run("cases", "--json").out)}

    assert amounts == {
        "Rechnung GR-2026-0457": "1190.00",
        "Rechnung RE-26-4712": "361.86",
        "Rechnung TB-2026-1187": "18432.60",
    }


def test_the_timeline_of_a_case_as_json_is_numbered(run: Run) -> None:
    happened = objects(run("cases", case_of(run, "rejected"), "--json").out)

    assert [one["number"] for one in happened] == list(range(1, len(happened) + 1))
    assert [happened[0]["kind"], happened[-1]["kind"]] == ["case.started", "case.ended"]


def test_a_received_file_gets_a_number_and_is_only_noted_again(run: Run, unreadable: Path) -> None:
    first, again = run("receive", str(unreadable)), run("receive", str(unreadable))

    assert (first.code, first.out) == (0, "E-2026-000004  brief.txt\n".replace("2026", _year(run)))
    assert again.out.endswith("brief.txt (lag schon vor, nur vermerkt)\n")


def _year(run: Run) -> str:
    return str(objects(run("cases", "--json").out)[0]["started_at"])[:4]


def test_a_received_file_as_json(run: Run, unreadable: Path) -> None:
    (receipt,) = objects(run("receive", "--json", str(unreadable)).out)

    assert set(receipt) == {
        "invoice_id",
        "receipt_no",
        "is_repeat",
        "channel",
        "sender",
        "received_at",
        "sha256",
    }
    assert receipt["is_repeat"] is False


def test_none_of_several_files_is_received_if_one_cannot_be_read(
    run: Run, unreadable: Path
) -> None:
    done = run("receive", str(unreadable), "/gibt/es/nicht.xml")

    assert done.code == 2
    assert done.err == (
        "/gibt/es/nicht.xml ist nicht lesbar: Datei oder Ordner gibt es nicht. "
        "Nichts wurde angenommen.\n"
    )
    assert len(objects(run("cases", "--json").out)) == 3


def test_an_export_is_verified_without_the_program(run: Run, tmp_path: Path) -> None:
    exported = run("audit", "export", str(tmp_path / "audit.jsonl"))
    verifier = ROOT / "engine" / "audit" / "verify_export.py"

    checked = subprocess.run(
        ["python3", "-I", str(verifier), str(tmp_path / "audit.jsonl")],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )

    assert exported.code == 0
    assert (checked.returncode, "Alles stimmt." in checked.stdout) == (0, True), checked.stderr


UNKNOWN = {
    "cases tenant": (("cases", "--tenant", "nirgends"), "Den Mandanten „nirgends“ gibt es hier"),
    "tasks tenant": (("tasks", "--tenant", "nirgends"), "Es gibt: „musterstadt“."),
    "incidents tenant": (("incidents", "--tenant", "nirgends"), "„nirgends“"),
    "prove tenant": (("prove", "--tenant", "nirgends"), "„nirgends“"),
    "audit tenant": (("audit", "verify", "--tenant", "nirgends"), "„nirgends“"),
    "deploy tenant": (("deploy", "--tenant", "nirgends", MODEL), "„nirgends“"),
    "receive tenant": (("receive", "--tenant", "nirgends", __file__), "„nirgends“"),
    "case": (("cases", "nr-17"), "Den Vorgang „nr-17“ gibt es bei „musterstadt“ nicht."),
    "case of another": (("cases", "models"), "„models“"),
    "incident": (("incidents", "--retry", "nr-17"), "Diese Störung gibt es nicht"),
    "receive file": (("receive", "/gibt/es/nicht"), "/gibt/es/nicht ist nicht lesbar"),
    "receive folder": (("receive", "/"), "/ ist nicht lesbar: das ist ein Ordner"),
    "deploy folder": (("deploy", "/gibt/es/nicht"), "/gibt/es/nicht"),
    "export": (("audit", "export", "/gibt/es/nicht"), "lässt sich nicht schreiben"),
    "rules": (("rules", "show", "--rules-dir", "/gibt/es/nicht"), "nicht installiert"),
    "threads": (("worker", "--threads", "0"), "eine Zahl von 1 bis 12, nicht „0“"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_does_not_exist_is_said_plainly(run: Run, case: str) -> None:
    arguments, sentence = UNKNOWN[case]

    done = run(*arguments)

    assert done.code == 2
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_file_that_cannot_be_checked_is_said_plainly(run: Run) -> None:
    done = run("validate", "/gibt/es/nicht")

    assert done.code == 2
    assert "Es gibt sie nicht." in done.out


def test_a_model_that_does_not_exist_cannot_be_deployed(run: Run) -> None:
    done = run("lint", "/gibt/es/nicht")

    assert done.code == 1
    assert "/gibt/es/nicht ist nicht lesbar" in done.out


def test_a_database_without_tables_names_the_remedy(tmp_path: Path, rules_dir: Path) -> None:
    """As a process of its own, for it must not make a file by looking."""
    place = Place(data=tmp_path / "leer", rules=rules_dir)

    done = call(place, "cases")

    assert done.returncode == 2
    assert done.stderr == (
        "Die Datenbank hat noch keine Tabellen. „laufzettel migrate“ legt sie an.\n"
    )
    assert not place.data.exists()


def test_a_database_that_is_away_is_no_stack_trace(tmp_path: Path, rules_dir: Path) -> None:
    url = "postgresql+psycopg://laufzettel@127.0.0.1:1/laufzettel"

    done = call(Place(data=tmp_path, rules=rules_dir, url=url), "cases")

    assert done.returncode == 2
    assert done.stderr.startswith("Die Datenbank ist nicht benutzbar: ")
    assert "Traceback" not in done.stderr


def test_a_reader_who_has_seen_enough_is_no_error(told: tuple[Place, str]) -> None:
    """As in `laufzettel cases | head -1`."""
    with subprocess.Popen(
        command("cases"),
        env=told[0].environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (0, "")


def test_an_unknown_command_ends_with_two(run: Run) -> None:
    done = run("quatsch")

    assert done.code == 2
    assert "Traceback" not in done.err


def test_a_password_is_read_from_the_input_and_never_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("korrekt pferd batterie\n"))

    done = run("accounts", "--password", "yilmaz")
    listed = {one["login"]: one["has_password"] for one in objects(run("accounts", "--json").out)}

    assert (done.code, done.out) == (0, "Das Passwort von „yilmaz“ gilt ab sofort.\n")
    assert (listed["yilmaz"], listed["brandt"]) == (True, False)


def test_a_short_password_and_an_unknown_account_are_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("kurz\n"))
    short = run("accounts", "--password", "yilmaz")
    monkeypatch.setattr("sys.stdin", io.StringIO("korrekt pferd batterie\n"))
    unknown = run("accounts", "--password", "niemand")

    assert (short.code, short.err) == (2, "Ein Passwort braucht 12 bis 200 Zeichen.\n")
    assert (unknown.code, "„niemand“" in unknown.err) == (2, True)


def test_a_case_is_written_as_one_folder(run: Run, tmp_path: Path) -> None:
    case = run("cases").out.splitlines()[0].split()[0]
    target = tmp_path / "akte"

    refused = run("cases", case, "--export", str(target))
    outcome = run("cases", case, "--export", str(target), "--reason", "Anfrage des RPA")
    again = run("cases", case, "--export", str(target), "--reason", "Anfrage des RPA")

    assert (refused.code, outcome.code, again.code) == (2, 0, 2)
    assert "Bitte geben Sie den Grund an" in refused.err
    assert (target / "SHA256SUMS").is_file()
    assert outcome.out.startswith(f"Geschrieben: {target}, ")
    assert again.err == f"{target} gibt es schon; bitte einen neuen Ordner nennen.\n"
