"""Starting Python children that do one dangerous thing: own process, bare environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import laufzettel

#: What a child may know of our environment: nothing in it is secret.
_PASSED: Final = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs ``module`` with this Python, never from the current folder."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """Return the environment of a child: no secrets, and the path on which our package lies."""
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    source = str(Path(laufzettel.__file__).resolve().parents[1])
    return {**passed, "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"}
