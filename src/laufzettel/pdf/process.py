"""Processes of ours that draw: how they are called, what they know, and one for a single page."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import laufzettel
from laufzettel.pdf import child
from laufzettel.pdf.errand import Ended
from laufzettel.pdf.limits import Limits

#: What the child may know of our environment: where libraries and fonts lie. Nothing secret.
_PASSED: Final = (
    "PATH",
    "TZ",
    "SYSTEMROOT",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "WEASYPRINT_DLL_DIRECTORIES",
)
#: Names of folders that go away again begin so.
PREFIX: Final = "laufzettel-pdf-"


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs ``module`` with this Python, never from the current folder."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(folder: str) -> dict[str, str]:
    """Return the environment of a process that draws; all its files go into ``folder``."""
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    source = str(Path(laufzettel.__file__).resolve().parents[1])
    return {
        **passed,
        "PYTHONPATH": source,
        "PYTHONDONTWRITEBYTECODE": "1",
        # Whatever is written, fonts of a page among it, goes away with the folder.
        "TMPDIR": folder,
        "HOME": folder,
    }


def draw_alone(job: bytes, limits: Limits) -> Ended:
    """Draw a job in a process that is started for it: slow, but possible everywhere."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        try:
            done = subprocess.run(  # noqa: S603 - our own module, no shell
                command("laufzettel.pdf.child", str(limits.cpu_s), str(limits.memory)),
                input=job,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env=environment(folder),
                timeout=limits.wall_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ended(child.LATE, b"")
    return Ended(done.returncode, done.stdout)
