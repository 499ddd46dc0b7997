"""Check the types of the whole tree with mypy and print the real paths.

The five sub-packages lie at the top of the checkout, so no folder on disk has the shape of
the package. This script gives it one: `.types/laufzettel/` holds a link to every entry of
`src/laufzettel` and to each of the five folders (always the same place, because mypy's cache
remembers paths). mypy checks everything every time, incrementally; arguments only choose
which lines are shown: `python tools/typecheck.py engine/feel tests/engine`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: one run at a time is then the reader's own care
    fcntl = None  # type: ignore[assignment]

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("engine", "handlers", "web", "connectors", "bpmn")
CHECKED = (".types/laufzettel", "tests", "tools", "bench", "run")
LINKED_PREFIX = re.compile(r"\.types/laufzettel/([^/:\s\"]+)")


def linked_entries() -> dict[str, Path]:
    """Return name → real path of everything that makes up the package."""
    inside = {entry.name: entry for entry in (ROOT / "src" / "laufzettel").iterdir()}
    return {
        name: path
        for name, path in (inside | {name: ROOT / name for name in FOLDERS}).items()
        if name != "__pycache__"
    }


def link_package(package: Path) -> None:
    """Make the folder hold exactly one link an entry; right ones stay untouched."""
    package.mkdir(parents=True, exist_ok=True)
    wanted = linked_entries()
    for link in package.iterdir():
        if link.name not in wanted or link.resolve() != wanted[link.name]:
            link.unlink()
    for name, target in wanted.items():
        if not (package / name).exists():
            (package / name).symlink_to(os.path.relpath(target, package))


def real_path(match: re.Match[str]) -> str:
    """Return the path on disk for a path below the links."""
    first = match.group(1)
    return first if first in FOLDERS else f"src/laufzettel/{first}"


def checked_paths() -> list[str]:
    """Return what mypy gets: every place that holds Python of ours."""
    paths = [path for path in CHECKED if (ROOT / path).exists()]
    return [p for p in paths if (ROOT / p).is_file() or any((ROOT / p).rglob("*.py"))]


def shown(line: str, wanted: list[str]) -> bool:
    """Tell whether a line of mypy concerns one of the wanted paths."""
    return not wanted or line.startswith(tuple(wanted))


def run_mypy() -> subprocess.CompletedProcess[str]:
    """Run mypy over the linked package, one run at a time in a checkout."""
    types = ROOT / ".types"
    types.mkdir(exist_ok=True)
    with (types / "lock").open("w") as lock:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX)
        link_package(types / "laufzettel")
        return subprocess.run(  # noqa: S603 - our interpreter, our paths
            [sys.executable, "-m", "mypy", "--no-error-summary", *checked_paths()],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )


def main(arguments: list[str]) -> int:
    """Print what mypy finds, and return 1 where a shown line is an error."""
    result = run_mypy()
    lines = [LINKED_PREFIX.sub(real_path, line) for line in result.stdout.splitlines()]
    wanted = [argument.removeprefix("./") for argument in arguments]
    visible = [line for line in lines if shown(line, wanted)]
    print("\n".join([*visible, result.stderr.strip()]).strip() or "keine Typfehler")
    if result.returncode > 1:  # mypy itself could not run
        return result.returncode
    errors = sum(": error:" in line for line in visible)
    hidden = len(lines) - len(visible)
    print(f"{errors} Fehler" + (f", {hidden} Zeilen anderer Pfade nicht gezeigt" if hidden else ""))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
