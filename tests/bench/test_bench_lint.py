"""The bench of the front end runs tiny and prints what it promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench import lint

from laufzettel.engine.model.check import check

TINY = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
<process id="p" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>
<sequenceFlow id="f" sourceRef="s" targetRef="e"/></process></definitions>"""


def test_a_tiny_run_names_both_sides_and_ends_with_one_json_object(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A model that the rival does not read is said to be refused and is not in the ratio."""
    (tmp_path / "tiny.bpmn").write_bytes(TINY)
    (tmp_path / "odd.bpmn").write_bytes(TINY.replace(b'targetRef="e"', b'targetRef="gone"'))

    lint.main(["--json", "--rounds", "1", "--models", str(tmp_path)])

    lines = capsys.readouterr().out.splitlines()
    figures = json.loads(lines[-1])
    assert [line.split()[-2:] for line in lines if line.startswith("odd")] == [["refuses", "it"]]
    assert figures["models"] >= 4  # ours, the largest, and the two
    assert 0 < figures["rival_reads"] < figures["models"]
    assert figures["ratio_median"] > 0
    assert figures["cpu_p99_ms"] >= figures["cpu_p50_ms"] > 0


def test_the_largest_model_is_deployable() -> None:
    """Otherwise its time would not be that of a whole compilation."""
    [largest] = [model for model in lint.gathered([]) if model.name == "298 steps"]

    assert check(largest.sources, handlers=None).deployable
