"""``laufzettel test``: what it prints and how it ends."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from laufzettel.cli import scenarios
from laufzettel.scenarios.scenario import Scenario
from laufzettel.scenarios.together import processes_here
from laufzettel.scenarios.tour import Mode, Tour, travel
from laufzettel.scenarios.world import World

MODEL = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0" targetNamespace="urn:x"
  modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
<process id="p" isExecutable="true">
  <extensionElements><zeebe:properties>
    <zeebe:property name="laufzettel:variables" value="ok"/>
  </zeebe:properties></extensionElements>
  <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="gate"/>
  <exclusiveGateway id="gate" name="Gut?" default="no"/>
  <sequenceFlow id="yes" sourceRef="gate" targetRef="good">
    <conditionExpression>=ok</conditionExpression></sequenceFlow>
  <sequenceFlow id="no" name="nein" sourceRef="gate" targetRef="bad"/>
  <endEvent id="good"/><endEvent id="bad" name="Schlecht"/>
</process></definitions>"""
GOOD = """
scenario: Gut endet gut
given: {start: {process: p, variables: {ok: true}}}
steps: [{expect: {end: good}}]
"""
BAD = """
scenario: Schlecht endet schlecht
given: {start: {process: p, variables: {ok: false}}}
steps: [{expect: {end: %s}}]
"""


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    scenarios.add_parser(parser.add_subparsers())
    return scenarios.run(parser.parse_args(["test", *arguments]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "model.bpmn").write_text(MODEL)
    (tmp_path / "tests" / "1_gut.yaml").write_text(GOOD)
    return tmp_path


def test_what_no_scenario_takes_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(str(folder))

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0] == f"{folder}: 1 Szenarien"
    assert lines[1].startswith("ok           Gut endet gut (")
    assert lines[2:] == [
        "Abdeckung: 3 von 4 Elementen, 2 von 3 Pfeilen",
        "  kein Szenario: Element bad „Schlecht“",
        "  kein Szenario: Pfeil no „nein“ (gate → bad), an „Gut?“, wenn sonst nichts zutrifft",
        "Wege vom Start zu einem Ende: 1 von 2",
        "  kein Szenario nimmt: „Gut?“ „nein“ · Ende „Schlecht“",
        "1 Szenarien: 1 ok, 0 fehlgeschlagen, 0 ausgelassen",
    ]


def test_strict_ends_with_one_where_something_is_not_taken(folder: Path) -> None:
    assert run(str(folder), "--strict") == 1

    (folder / "tests" / "2_schlecht.yaml").write_text(BAD % "bad")
    assert run(str(folder), "--strict") == 0


def test_a_failure_ends_with_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "tests" / "2_schlecht.yaml").write_text(BAD % "good")

    code = run(str(folder))

    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[2:7] == [
        "FEHLER       Schlecht endet schlecht",
        f"  {folder / 'tests' / '2_schlecht.yaml'}:4: Schritt 1, am Stück",
        "    end",
        "    erwartet: „good“",
        "    gefunden: „bad“",
    ]
    assert lines[-1] == "2 Szenarien: 1 ok, 1 fehlgeschlagen, 0 ausgelassen"


def test_quiet_prints_what_failed_and_what_is_not_taken(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tests" / "2_schlecht.yaml").write_text(BAD % "good")

    run(str(folder), "--quiet")

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("ok ")] == []
    assert "FEHLER       Schlecht endet schlecht" in lines


def test_once_leaves_out_the_run_with_restarts(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[Mode] = []

    def noting(scenario: Scenario, world: World, mode: Mode) -> Tour:
        modes.append(mode)
        return travel(scenario, world, mode)

    monkeypatch.setattr("laufzettel.scenarios.run.travel", noting)

    assert run(str(folder), "--once") == run(str(folder)) == 0

    assert modes == [Mode.STRAIGHT, Mode.STRAIGHT, Mode.ANEW]


def test_json_is_one_object_a_process(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "tests" / "2_schlecht.yaml").write_text(BAD % "good")

    assert run(str(folder), str(folder / "nichts"), "--format", "json") == 2

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    good, bad = first["scenarios"]
    assert (good["title"], good["status"], good["failures"]) == ("Gut endet gut", "ok", [])
    assert (bad["status"], bad["failures"][0]["line"]) == ("failed", 4)
    assert (bad["failures"][0]["expected"], bad["failures"][0]["found"]) == ("„good“", "„bad“")
    assert first["coverage"]["flows"] == {"all": 3, "missed": ["no"]}
    assert first["coverage"]["routes"] == {
        "all": 2,
        "is_complete": True,
        "missed": ["„Gut?“ „nein“ · Ende „Schlecht“"],
    }
    assert second["scenarios"] == [] and "kein Modell" in second["error"]


def test_junit_has_a_suite_a_process_and_a_case_a_scenario(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tests" / "2_schlecht.yaml").write_text(BAD % "good")

    assert run(str(folder), "--format", "junit") == 1

    [suite] = ElementTree.fromstring(capsys.readouterr().out)
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "2", "failures": "1", "errors": "0", "skipped": "0"}
    good, bad = suite
    assert (good.get("name"), len(good)) == ("Gut endet gut", 0)
    assert bad[0].get("message") == "end: erwartet „good“"
    assert "gefunden: „bad“" in (bad[0].text or "")


@pytest.mark.skipif(processes_here() < 2, reason="one process only")
def test_many_scenarios_run_in_several_processes_and_keep_their_order(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = "---".join(
        (GOOD if number % 3 else BAD % "bad").replace("endet", f"{number} endet")
        for number in range(20)
    )
    (folder / "tests" / "1_gut.yaml").write_text(many)

    assert run(str(folder), "--strict", "--processes", "3") == 0

    lines = capsys.readouterr().out.splitlines()
    assert [int(line.split()[2]) for line in lines if line.startswith("ok ")] == [*range(20)]
    assert lines[-1] == "20 Szenarien: 20 ok, 0 fehlgeschlagen, 0 ausgelassen"


def test_an_unreadable_scenario_ends_with_two(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tests" / "2_schlecht.yaml").write_text("scenario: A\n")

    code = run(str(folder))

    assert code == 2
    assert "2_schlecht.yaml:1: Dem Szenario fehlt „steps“." in capsys.readouterr().out


def test_a_folder_without_a_model_ends_with_two(tmp_path: Path) -> None:
    assert run(str(tmp_path)) == 2
