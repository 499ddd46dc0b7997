"""The generated element templates are what the Camunda Modeler reads: by its own validator."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from laufzettel.cli import templates

Node = Callable[..., list[Any]]


def test_every_template_is_valid_for_the_modeler(tmp_path: Path, node: Node) -> None:
    file = tmp_path / "vorlagen" / "laufzettel.json"
    templates.run(argparse.Namespace(output=file))

    found = node("validate_templates.mjs", file)

    assert [one for one in found if not one["valid"] or one["said"]] == []
    assert "laufzettel.invoice.validate" in {one["id"] for one in found}


def test_a_broken_template_is_found(tmp_path: Path, node: Node) -> None:
    file = tmp_path / "laufzettel.json"
    templates.run(argparse.Namespace(output=file))
    made = json.loads(file.read_text("utf-8"))
    made[0]["properties"][0]["binding"]["type"] = "zeebe:nothing"
    file.write_text(json.dumps(made), encoding="utf-8")

    assert [one["valid"] for one in node("validate_templates.mjs", file)][:2] == [False, True]
