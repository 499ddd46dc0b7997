"""Every example in a docstring or in the documentation does what it says."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = {
    ROOT / "src" / "laufzettel": "laufzettel",
    **{
        ROOT / folder: f"laufzettel.{folder}"
        for folder in ("engine", "handlers", "web", "connectors", "bpmn")
    },
    ROOT / "tools": "tools",
}


def modules_with_examples() -> list[str]:
    """Return the name of every module that shows an example."""
    return sorted(
        ".".join((package, *path.relative_to(folder).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        for folder, package in PLACES.items()
        for path in folder.rglob("*.py")
        if "node_modules" not in path.parts and ">>> " in path.read_text("utf-8")
    )


def documents_with_examples() -> list[str]:
    """Return the path of every page of the documentation that shows an example."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(p.relative_to(ROOT).as_posix() for p in pages if ">>> " in p.read_text("utf-8"))


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_of_a_module_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))

    assert result.failed == 0
    assert result.attempted > 0


def test_the_examples_of_the_documentation_hold() -> None:
    results = {
        page: doctest.testfile(str(ROOT / page), module_relative=False).failed
        for page in documents_with_examples()
    }

    assert [page for page, failed in results.items() if failed] == []
