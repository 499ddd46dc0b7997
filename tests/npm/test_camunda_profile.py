"""Everything we ship is clean under the profile of the Camunda Modeler (DESIGN decision 1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODELS = sorted([*ROOT.glob("bpmn/**/*.bpmn"), *ROOT.glob("examples/**/*.bpmn")])
Node = Callable[..., list[Any]]


def test_there_are_models_to_check() -> None:
    assert ROOT / "bpmn" / "eingangsrechnung" / "model.bpmn" in MODELS


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.parent.name)
def test_a_model_is_clean_under_camunda_compat_8_8(model: Path, node: Node) -> None:
    [found] = node("lint_models.mjs", model)

    assert found["rules"] > 40  # the profile is there at all
    assert (found["findings"], found["warnings"]) == ([], [])


def test_a_model_outside_the_profile_is_found(tmp_path: Path, node: Node) -> None:
    """The check can fail: a condition on a flow that no gateway decides."""
    text = MODELS[0].read_text("utf-8")
    broken = tmp_path / "broken.bpmn"
    broken.write_text(text.replace("exclusiveGateway", "complexGateway"), "utf-8")

    [found] = node("lint_models.mjs", broken)

    assert "camunda-compat/element-type" in {one["rule"] for one in found["findings"]}
