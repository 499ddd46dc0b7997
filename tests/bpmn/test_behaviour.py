"""The behaviour of every element: one file a rule of the standard, see ``behaviour/README.md``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.bpmn.behaviour_run import linted, play

from laufzettel.engine.model.finding import Severity

FOLDER = Path(__file__).parent / "behaviour"
FILES = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FOLDER.glob("*.yaml")}
RUNS = [
    pytest.param(file, run, id=f"{name}-{number}")
    for name, file in sorted(FILES.items())
    for number, run in enumerate(file.get("runs", ()), start=1)
]


@pytest.mark.parametrize(("file", "run"), RUNS)
def test_a_model_behaves_as_the_standard_says(file: dict[str, Any], run: dict[str, Any]) -> None:
    """The title of the file is the sentence that is tested."""
    play(file, run)


@pytest.mark.parametrize("name", sorted(name for name in FILES if "refused" in FILES[name]))
def test_what_is_not_run_is_refused_by_name(name: str) -> None:
    """A file without runs names the rules that refuse its model, each with the element."""
    found = linted(FILES[name]).findings

    errors = [f"{one.rule} {one.element}" for one in found if one.severity is Severity.ERROR]
    assert sorted(errors) == sorted(f"laufzettel/{one}" for one in FILES[name]["refused"])


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_names_its_rule_and_where_the_standard_says_it(name: str) -> None:
    """A title is a sentence; a clause is one of BPMN 2.0.2."""
    file = FILES[name]

    assert ("runs" in file) != ("refused" in file)
    assert file["title"][0].isupper() and file["title"].endswith(".")
    assert re.match(r"BPMN 2\.0\.2, \d+(\.\d+)*", file["clause"])


def test_no_rule_stands_in_two_files() -> None:
    titles = [file["title"] for file in FILES.values()]

    assert len(titles) == len(set(titles))
