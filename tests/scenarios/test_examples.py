"""The processes in ``examples/`` are as good as those we ship: no finding, nothing untested."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest

from laufzettel.cli import scenarios
from laufzettel.engine.handler import Handlers, Services
from laufzettel.engine.model.check import check
from laufzettel.engine.model.sources import load_folder
from laufzettel.handlers import modules

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/model.bpmn"))


def test_there_is_an_example_without_an_invoice() -> None:
    assert ROOT / "examples" / "urlaubsantrag" in EXAMPLES


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_the_lint_finds_nothing_not_even_a_hint(folder: Path) -> None:
    contracts = Handlers(modules(), Services()).contracts

    assert check(load_folder(folder), handlers=contracts).findings == ()


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_its_scenarios_hold_and_take_every_element_arrow_and_way(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    scenarios.add_parser(parser.add_subparsers())
    words = ["test", str(folder), "--strict", "--format", "json", "--processes", "1"]

    assert scenarios.run(parser.parse_args(words)) == 0

    coverage = json.loads(capsys.readouterr().out)["coverage"]
    assert [coverage[each]["missed"] for each in ("elements", "flows", "routes")] == [[], [], []]
    assert coverage["routes"]["is_complete"]


def test_the_guide_for_designers_names_commands_and_files_that_exist() -> None:
    text = (ROOT / "docs" / "designing.md").read_text("utf-8")

    links = re.findall(r"\]\((?!http)([^)#]+)", text)
    assert links and [name for name in links if not (ROOT / "docs" / name).exists()] == []
