"""Build sdist and wheel and compare the wheel, file by file, with what git knows.

Wrong packaging settings lose whole folders without a word (docs/decisions/0001), so the list
is compared, not the exit code. The wheel is made from the sdist, as pip would make it. Nothing
is fetched: hatchling of the running Python builds in a temporary folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
#: Folder in the checkout → folder in the wheel.
SOURCES: Final = {
    "src/laufzettel": "laufzettel",
    "engine": "laufzettel/engine",
    "handlers": "laufzettel/handlers",
    "web": "laufzettel/web",
    "connectors": "laufzettel/connectors",
    "bpmn": "laufzettel/bpmn",
}
#: Built before packing and never committed, so only the wheel has them.
BUILT: Final = "laufzettel/web/static/dist/"
#: What the front end is built from stays behind; the sdist has it.
LEFT_OUT: Final = "laufzettel/web/frontend/"


def build(project: Path, target: str, output: Path) -> Path:
    """Build the sdist or the wheel of the project, and return the file."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target]
    result = subprocess.run(  # noqa: S603 - our own Python
        [*command, "--directory", str(output)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(f"Der Bau ({target}) ist gescheitert:\n{result.stdout}{result.stderr}")
    return next(output.iterdir())


def wheel_files(project: Path) -> set[str]:
    """Return what the wheel holds that is made from the project's sdist."""
    with tempfile.TemporaryDirectory(prefix="laufzettel-wheel-") as name:
        sdist = build(project, "sdist", Path(name) / "sdist")
        with tarfile.open(sdist) as archive:
            archive.extractall(Path(name) / "unpacked", filter="data")
        unpacked = next((Path(name) / "unpacked").iterdir())
        with zipfile.ZipFile(build(unpacked, "wheel", Path(name) / "wheel")) as archive:
            return {entry for entry in archive.namelist() if ".dist-info/" not in entry}


def built_files(project: Path) -> set[str]:
    """Return where in the wheel each built file must lie, and those that no build may lack."""
    folder = project / "web" / "static" / "dist"
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    linked = json.loads((folder / "manifest.json").read_text()) if present else {}
    names = {"manifest.json", "THIRD_PARTY.md"} | present | set(linked.values())
    return {f"{BUILT}{name}" for name in names}


def expected_files(project: Path) -> set[str]:
    """Return where in the wheel each file that git knows, and each built one, must lie."""
    listed = subprocess.run(  # noqa: S603
        ["git", "ls-files", "-z", "--", *SOURCES],  # noqa: S607 - git of the developer's PATH
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.split("\0") if (project / name).is_file()]
    placed = {f"{SOURCES[folder]}{name.removeprefix(folder)}" for folder, name in map(split, names)}
    return {name for name in placed if not name.startswith(LEFT_OUT)} | built_files(project)


def split(name: str) -> tuple[str, str]:
    """Return the source folder of a file in the checkout, and the file."""
    return next(folder for folder in SOURCES if name.startswith(f"{folder}/")), name


def differences(wheel: set[str], expected: set[str]) -> list[str]:
    """Return a German line for every file that is on one side only.

    >>> differences({"laufzettel/a.py", "laufzettel/stray.py"}, {"laufzettel/a.py", "laufzettel/b"})
    ['fehlt im Wheel: laufzettel/b', 'nicht in git: laufzettel/stray.py']
    """
    lost = [f"fehlt im Wheel: {name}" for name in sorted(expected - wheel)]
    return lost + [f"nicht in git: {name}" for name in sorted(wheel - expected)]


def main() -> int:
    """Print every difference and return 1 where there is one."""
    wheel, expected = wheel_files(ROOT), expected_files(ROOT)
    lines = differences(wheel, expected)
    print("\n".join(lines) or f"Das Wheel enthält alle {len(expected)} Dateien.")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
