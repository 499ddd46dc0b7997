"""The processes in ``examples/`` are as good as those we ship: no finding, nothing untested."""

from __future__ import annotations

import argparse
import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from lxml.etree import QName

from laufzettel import safe_xml
from laufzettel.cli import scenarios
from laufzettel.engine.handler import Handlers, Services
from laufzettel.engine.model.check import check
from laufzettel.engine.model.sources import load_folder
from laufzettel.engine.model.vocabulary import BPMN
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


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_everything_is_drawn_and_nothing_lies_on_anything(folder: Path) -> None:
    """Boundary events lie on their activity, and labels are looked at by people."""
    root = safe_xml.parse((folder / "model.bpmn").read_bytes())
    model = {
        each.get("id", ""): QName(each).localname
        for each in root.find(f"{{{BPMN}}}process").iter()  # type: ignore[union-attr]
        if each.get("id") and not QName(each).localname.endswith("EventDefinition")
    }
    drawn = {each.get("bpmnElement", ""): each for each in root.iter() if each.get("bpmnElement")}

    assert drawn.keys() == model.keys()
    boxes = [
        _box(shape)
        for name, shape in drawn.items()
        if QName(shape).localname == "BPMNShape" and model[name] != "boundaryEvent"
    ]
    assert [(a, b) for a, b in combinations(boxes, 2) if _overlap(a, b)] == []


def _box(shape: Any) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a shape."""
    bounds = next(each for each in shape if QName(each).localname == "Bounds")
    x, y, width, height = (float(bounds.get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_the_guide_for_designers_names_commands_and_files_that_exist() -> None:
    text = (ROOT / "docs" / "designing.md").read_text("utf-8")

    links = re.findall(r"\]\((?!http)([^)#]+)", text)
    assert links and [name for name in links if not (ROOT / "docs" / name).exists()] == []
