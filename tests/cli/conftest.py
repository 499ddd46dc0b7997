"""What the tests of the commands share: the rules, and an installation with a told story."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.programs import ROOT, Place, call

from laufzettel.__main__ import main
from laufzettel.einvoice.rule_install import install_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


#: Runs a command in this process, so that an exception no one caught fails the test.
Run = Callable[..., Outcome]


@pytest.fixture(scope="session")
def rules_dir() -> Path:
    """A folder with the official rules, installed there if need be."""
    folder = Path(os.environ.get("LAUFZETTEL_RULES_DIR") or ROOT / ".laufzettel" / "rules")
    install_rules(folder, lambda line: None)
    return folder


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, rules_dir: Path) -> tuple[Place, str]:
    """An installation in which the story was told once, and what was printed; read only."""
    place = Place(data=tmp_path_factory.mktemp("demo"), rules=rules_dir)
    done = call(place, "demo", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    return place, done.stdout


@pytest.fixture
def place(told: tuple[Place, str], tmp_path: Path) -> Place:
    """A copy of the installation that is this test's alone."""
    data = tmp_path / "data"
    shutil.copytree(told[0].data, data)
    return Place(data=data, rules=told[0].rules)


@pytest.fixture
def run(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs commands in the copy."""
    for name, text in place.environment().items():
        if name.startswith("LAUFZETTEL"):
            monkeypatch.setenv(name, text)

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return Outcome(code=code, out=printed.out, err=printed.err)

    return run
