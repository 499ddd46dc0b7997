"""Official tools of the BPMN world, by npm: pinned, checked by hash, never committed, no scripts.

They lie in ``.laufzettel/tests-npm-…``, installed once for each lock file. Where npm or its
registry cannot be reached the tests skip with the reason; with ``CI=true`` they fail.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OWN = ("package.json", "package-lock.json", ".npmrc")
Node = Callable[..., list[Any]]


def _program(name: str) -> str:
    """Return the machine's program, or the one that ``./run`` has fetched."""
    own = ROOT / ".laufzettel" / "node" / "bin" / name
    found = shutil.which(name) or (str(own) if own.exists() else None)
    if found is None:
        _leave_out(f"{name} fehlt; ./run test richtet es ein")
    return str(found)


def _leave_out(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def tools() -> Path:
    """Return the folder with our scripts and the installed packages."""
    content = b"".join((HERE / name).read_bytes() for name in OWN)
    folder = ROOT / ".laufzettel" / f"tests-npm-{hashlib.sha256(content).hexdigest()[:12]}"
    if not folder.is_dir():
        _install(folder)
    for script in HERE.glob("*.mjs"):  # where Node finds the packages beside it
        mine = folder / f"{uuid4().hex}.tmp"
        shutil.copy(script, mine)
        mine.replace(folder / script.name)
    return folder


def _install(folder: Path) -> None:
    """Install beside and move, so that workers which do so at once do not meet."""
    beside = folder.with_name(f"{folder.name}-{uuid4().hex}")
    beside.mkdir(parents=True)
    for name in OWN:
        shutil.copy(HERE / name, beside / name)
    command = [_program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=beside, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(beside)
        _leave_out(f"npm erreicht seine Pakete nicht: {done.stderr.strip()[-300:]}")
    try:
        beside.rename(folder)
    except OSError:  # another worker was faster
        shutil.rmtree(beside)


@pytest.fixture(scope="session")
def node(tools: Path) -> Node:
    """Return the runner of one of our scripts: its lines of JSON."""

    def run(script: str, *arguments: str | Path) -> list[Any]:
        command = [_program("node"), str(tools / script), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run
