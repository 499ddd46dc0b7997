"""What documents and messages tell people to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.programs import ROOT, commands


def documents() -> list[Path]:
    """Return the pages that tell people what to type."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def sources() -> list[Path]:
    """Return the modules, whose messages name commands, too."""
    folders = ("src", "engine", "handlers", "connectors", "web")
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def table_of_readme() -> set[str]:
    """Return the commands of the README's table, those named in short among them."""
    rows = [
        line.split("|")[1]
        for line in (ROOT / "README.md").read_text("utf-8").splitlines()
        if line.startswith("| `./run --")
    ]
    return {
        each.removeprefix("./run -- ").split()[0]
        for row in rows
        for each in re.findall(r"`([^`]+)`", row)
    }


@pytest.mark.parametrize("page", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_of_a_document_exists(page: Path) -> None:
    named = re.findall(r"\./run -- ([a-z][a-z-]*)", page.read_text("utf-8"))

    assert [name for name in named if name not in commands()] == []


def test_every_command_of_a_message_exists() -> None:
    named = {
        (name, path.relative_to(ROOT).as_posix())
        for path in sources()
        for name in re.findall(
            r"(?:\./run -- |„laufzettel )([a-z][a-z-]*)", path.read_text("utf-8")
        )
    }

    assert {name for name, _ in named} >= {"migrate", "rules"}
    assert sorted(each for each in named if each[0] not in commands()) == []


def test_the_readme_names_commands_that_exist_and_all_but_a_few() -> None:
    named = table_of_readme()

    assert named - set(commands()) == set()
    assert set(commands()) - named <= {"demo", "rules"}
