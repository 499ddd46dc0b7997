"""The SARIF log fits the official JSON schema, which an npm package of its makers brings."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import jsonschema
import pytest

from laufzettel.cli import lint

SCHEMA = "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
BROKEN = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
<process id="p" isExecutable="true"><startEvent id="s"/><task id="t" name="\xc3\x9cber"/>
<sequenceFlow id="f" sourceRef="s" targetRef="gone"/></process></definitions>"""


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_log_with_findings_fits_the_schema(
    tmp_path: Path, tools: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    (tmp_path / "mit Umlaut ä.bpmn").write_bytes(BROKEN)
    paths = [tmp_path / "mit Umlaut ä.bpmn", tmp_path / "fehlt.bpmn"]
    lint.run(argparse.Namespace(paths=paths, format="sarif", language=language))

    log = json.loads(capsys.readouterr().out)
    schema = json.loads((tools / SCHEMA).read_text("utf-8"))
    validator = jsonschema.Draft4Validator(schema)
    assert [error.message for error in validator.iter_errors(log)] == []
    assert len(log["runs"][0]["results"]) > 3
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert [error.message for error in validator.iter_errors(log)] != []
