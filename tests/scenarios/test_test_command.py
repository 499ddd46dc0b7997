"""``laufzettel test``: what it prints and how it ends."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from laufzettel.cli import scenarios

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
        "  kein Szenario: Pfeil no „nein“ (gate → bad)",
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


def test_an_unreadable_scenario_ends_with_two(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tests" / "2_schlecht.yaml").write_text("scenario: A\n")

    code = run(str(folder))

    assert code == 2
    assert "2_schlecht.yaml:1: Dem Szenario fehlt „steps“." in capsys.readouterr().out


def test_a_folder_without_a_model_ends_with_two(tmp_path: Path) -> None:
    assert run(str(tmp_path)) == 2
