"""The lock files, and how the six folders become one package."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tools import typecheck
from tools.relock import ADDRESS
from tools.wheel_check import SOURCES, built_files, differences

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {path.name: path.read_text("utf-8") for path in (ROOT / "requirements").glob("*.lock")}
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def pinned(lock: str) -> dict[str, str]:
    """Return name → version of everything in a lock file."""
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,-]+\])?==([^ \\]+)", LOCKS[lock], re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    """Return the names in requirements as a lock file writes them."""
    found = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {re.sub(r"[._-]+", "-", match.group()).lower() for match in found if match}


#: The lock files of npm: the front end's, and that of the official tools the tests ask.
NPM = {
    folder: json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))["packages"]
    for folder in ("web/frontend", "tests/npm")
}


def test_there_are_four_lock_files() -> None:
    assert sorted(LOCKS) == ["dev.lock", "node.lock", "runtime.lock", "uv.lock"]


@pytest.mark.parametrize("folder", NPM)
def test_the_packages_of_npm_are_locked_by_hash_and_name_no_address(folder: str) -> None:
    packages: dict[str, dict[str, Any]] = NPM[folder]
    installed = {name: entry for name, entry in packages.items() if name}

    assert len(installed) > 10
    assert [n for n, e in installed.items() if not e["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in installed.items() if "resolved" in entry] == []


@pytest.mark.parametrize("folder", NPM)
def test_npm_is_asked_for_exact_versions(folder: str) -> None:
    own = NPM[folder][""]
    wanted = own.get("dependencies", {}) | own["devDependencies"]

    assert [
        name for name, version in wanted.items() if not re.match(r"\d+\.\d+\.\d+[^ ]*$", version)
    ] == []


@pytest.mark.parametrize("folder", NPM)
def test_nothing_of_npm_may_run_when_it_is_installed(folder: str) -> None:
    settings = (ROOT / folder / ".npmrc").read_text("utf-8").splitlines()

    assert {"ignore-scripts=true", "omit-lockfile-registry-resolved=true"} <= set(settings)


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_a_lock_names_no_address(lock: str) -> None:
    """Where packages come from is the business of the machine that installs them."""
    assert ADDRESS.findall(LOCKS[lock]) == []


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_every_requirement_of_a_lock_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", LOCKS[lock].strip())

    assert [e for e in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", e)] == []
    assert len(entries) == len(pinned(lock))


def test_every_dependency_is_locked() -> None:
    project = PROJECT["project"]

    assert names(project["dependencies"]) - pinned("runtime.lock").keys() == set()
    assert names(project["optional-dependencies"]["dev"]) - pinned("dev.lock").keys() == set()


def test_tests_run_with_the_versions_of_production() -> None:
    assert pinned("runtime.lock").items() - pinned("dev.lock").items() == set()


def test_an_index_in_a_lock_would_be_found() -> None:
    assert ADDRESS.search("--extra-index-url somewhere")
    assert ADDRESS.search("thing @ file:///tmp/thing.whl")
    assert not ADDRESS.search("thing==1.0 \\\n    --hash=sha256:00")


def test_the_wheel_is_built_from_the_folders_that_are_compared() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert wheel["sources"] == SOURCES
    assert sorted(wheel["packages"]) == sorted(SOURCES)


def test_a_lost_folder_is_reported() -> None:
    wheel = {"laufzettel/web/__init__.py"}
    expected = {"laufzettel/web/__init__.py", "laufzettel/engine/__init__.py"}

    assert differences(wheel, expected) == ["fehlt im Wheel: laufzettel/engine/__init__.py"]


def test_a_wheel_without_the_built_front_end_is_reported(tmp_path: Path) -> None:
    expected = built_files(tmp_path)

    assert differences(set(), expected) == [
        "fehlt im Wheel: laufzettel/web/static/dist/THIRD_PARTY.md",
        "fehlt im Wheel: laufzettel/web/static/dist/manifest.json",
    ]


def test_whatever_was_built_or_is_linked_must_be_in_the_wheel(tmp_path: Path) -> None:
    """Also what the manifest names and a careless hand has deleted."""
    dist = tmp_path / "web" / "static" / "dist"
    dist.mkdir(parents=True)
    (dist / "manifest.json").write_text('{"app.css": "app-ABCDEFGH.css"}')
    (dist / "FiraSans.woff2").touch()

    assert built_files(tmp_path) == {
        "laufzettel/web/static/dist/FiraSans.woff2",
        "laufzettel/web/static/dist/THIRD_PARTY.md",
        "laufzettel/web/static/dist/app-ABCDEFGH.css",
        "laufzettel/web/static/dist/manifest.json",
    }


def test_a_sub_package_is_found_from_any_folder(tmp_path: Path) -> None:
    """A checkout is importable with nothing but `src` on the path."""
    code = "import laufzettel.engine, laufzettel.bpmn; print(laufzettel.engine.__file__)"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.strip() == str(ROOT / "engine" / "__init__.py")


@pytest.mark.parametrize(
    ("printed", "real"),
    [
        (".types/laufzettel/engine/api.py:3: error: x", "engine/api.py:3: error: x"),
        (".types/laufzettel/db/rows.py:1: note: y", "src/laufzettel/db/rows.py:1: note: y"),
        ("tests/conftest.py:1: error: z", "tests/conftest.py:1: error: z"),
    ],
)
def test_type_errors_name_the_real_path(printed: str, real: str) -> None:
    assert typecheck.LINKED_PREFIX.sub(typecheck.real_path, printed) == real
