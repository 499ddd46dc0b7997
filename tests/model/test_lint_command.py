"""``laufzettel lint``: what it prints, and how it ends."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from laufzettel.cli import lint
from laufzettel.engine.model.rules import RULES
from laufzettel.errors import InputError

Run = Callable[..., int]


@pytest.fixture
def command() -> Run:
    """Return the command line with this one command."""
    parser = argparse.ArgumentParser()
    lint.add_parser(parser.add_subparsers(required=True))

    def run(*words: str | Path, **options: object) -> int:
        args = parser.parse_args(["lint", *map(str, words)])
        return int(lint.run(args, **options))  # type: ignore[arg-type]

    return run


@pytest.fixture
def folder(tmp_path: Path, build: Callable[..., str]) -> Path:
    """Return a process folder whose service task has no handler."""
    process = tmp_path / "rechnung"
    (process / "forms").mkdir(parents=True)
    (process / "forms" / "f.form").write_text('{"id": "f", "components": []}')
    spec = {"nodes": '<serviceTask id="t" name="Prüfen"/>', "flows": "start>t t>end"}
    (process / "model.bpmn").write_text(build(spec), encoding="utf-8")
    return process


def test_a_finding_names_file_line_rule_element_and_remedy(
    command: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Errors end with 1."""
    assert command(folder) == 1
    assert capsys.readouterr().out == (
        f"{folder}/model.bpmn:8: Fehler laufzettel/no-handler t\n"
        "  Die Service-Aufgabe „Prüfen“ nennt keinen Handler.\n"
        "  Abhilfe: Tragen Sie unter „Task definition: Type“ den Namen des Handlers ein, zum "
        "Beispiel über eine Elementvorlage.\n"
    )


def test_english_is_there_for_who_wants_it(
    command: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The language changes the words alone."""
    command(folder / "model.bpmn", "--language", "en")

    assert "error laufzettel/no-handler t\n  The service task “Prüfen” names no handler." in (
        capsys.readouterr().out
    )


def test_json_is_one_object_a_line(
    command: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path that cannot be read is an object too."""
    assert command(folder, folder / "nichts.bpmn", "--json") == 1
    first, second = map(json.loads, capsys.readouterr().out.splitlines())

    assert (first["file"], first["deployable"]) == (str(folder), False)
    assert first["findings"][0] == {
        "rule": "laufzettel/no-handler",
        "severity": "error",
        "file": "model.bpmn",
        "line": 8,
        "element": "t",
        "element_name": "Prüfen",
        "text_de": "Die Service-Aufgabe „Prüfen“ nennt keinen Handler.",
        "text_en": "The service task “Prüfen” names no handler.",
        "remedy_de": "Tragen Sie unter „Task definition: Type“ den Namen des Handlers ein, zum "
        "Beispiel über eine Elementvorlage.",
        "remedy_en": "Enter the handler's name under “Task definition: Type”, for example by an "
        "element template.",
    }
    assert second["deployable"] is False
    assert second["findings"][0]["text_de"] == (
        f"{folder}/nichts.bpmn ist nicht lesbar: die Datei gibt es nicht."
    )


def test_a_fine_model_ends_with_0(
    command: Run, folder: Path, build: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to say is said."""
    (folder / "model.bpmn").write_text(build({}), encoding="utf-8")

    assert command(folder) == 0
    assert capsys.readouterr().out == f"{folder}: keine Beanstandung\n"


def test_the_installed_handlers_are_handed_in(
    command: Run, folder: Path, build: Callable[..., str]
) -> None:
    """Without them nothing is said of handlers."""
    nodes = '<serviceTask id="t"><ext><handler type="a.b"/></ext></serviceTask>'
    text = build({"nodes": nodes, "flows": "start>t t>end"})
    (folder / "model.bpmn").write_text(text, encoding="utf-8")

    assert command(folder) == 0
    assert command(folder, handlers={}) == 1
    assert lint.run_installed(argparse.Namespace(paths=[folder], format="json", support=False)) == 1


def test_a_folder_of_process_folders_is_linted_whole(
    command: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``laufzettel lint bpmn`` names every process."""
    (folder.parent / "leer").mkdir()
    command(folder.parent, "--json")

    assert [json.loads(line)["file"] for line in capsys.readouterr().out.splitlines()] == [
        str(folder)
    ]


def test_a_folder_without_models_is_named(
    command: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty folder is not fine."""
    assert command(tmp_path) == 1
    assert "enthält kein Modell" in capsys.readouterr().out


def test_a_damaged_file_is_named_with_its_line(
    command: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The parser's place is kept."""
    (tmp_path / "a.bpmn").write_bytes(b"<a>\n<b>\n</a>")

    assert command(tmp_path / "a.bpmn") == 1
    assert "a.bpmn:3: Fehler laufzettel/unreadable-file" in capsys.readouterr().out


def test_sarif_is_one_log_that_names_every_rule_and_each_place(
    command: Run,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A code host shows the finding at its line; the path is relative to where one stands."""
    monkeypatch.chdir(folder.parent)
    assert command(folder, folder / "nichts.bpmn", "--format", "sarif", "--language", "en") == 1

    log = json.loads(capsys.readouterr().out)
    [run] = log["runs"]
    first, second = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert rules[first["ruleIndex"]]["id"] == first["ruleId"] == "laufzettel/no-handler"
    assert len(rules) == len(RULES) + 1  # and the one for a path that cannot be read
    assert first["level"] == "error"
    assert first["message"]["text"].startswith(
        "The service task “Prüfen” names no handler. Enter the handler's name"
    )
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "rechnung/model.bpmn"},
                "region": {"startLine": 8},
            },
            "logicalLocations": [{"name": "Prüfen", "kind": "element", "fullyQualifiedName": "t"}],
        }
    ]
    assert "region" not in second["locations"][0]["physicalLocation"]


def test_a_fine_model_is_an_empty_sarif_log(
    command: Run, folder: Path, build: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "model.bpmn").write_text(build({}), encoding="utf-8")

    assert command(folder, "--format", "sarif") == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["results"] == []


def test_a_file_of_decisions_is_checked_by_itself(
    command: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what it imports, and without the other files of the folder."""
    file = tmp_path / "limits.dmn"
    head = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="d" id="d">'
    logic = "<literalExpression>\n<text>{}</text></literalExpression>"
    whole = f'{head}\n<decision id="limit" name="Grenze">{logic}</decision></definitions>'
    file.write_text(whole.format("1 + 1"))
    (tmp_path / "other.dmn").write_text("<broken/>")

    assert command(file) == 0
    file.write_text(whole.format("1 +"))
    assert command(file) == 1
    assert capsys.readouterr().out == (
        f"{tmp_path}: keine Beanstandung\n"
        f"{file}:3: Fehler laufzettel/decision-syntax limit\n"
        "  Ein Ausdruck der Entscheidung „Grenze“ ist kein gültiges FEEL: Hier fehlt ein Wert, "
        "gefunden: das Ende. (1 +)\n"
        "  Abhilfe: Berichtigen Sie den Ausdruck in dieser Zeile.\n"
    )


def test_without_a_path_the_command_says_what_it_needs() -> None:
    """Nothing checked is not the same as nothing found."""
    args = argparse.Namespace(paths=[], format="text", language="de", support=False)

    with pytest.raises(InputError, match="Nennen Sie eine BPMN- oder DMN-Datei"):
        lint.run_installed(args)
