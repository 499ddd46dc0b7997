"""Starting the program as its users do: as processes of their own."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from laufzettel import compose
from laufzettel.__main__ import COMMANDS
from laufzettel.app import App
from laufzettel.cli.demo import town
from laufzettel.db import Database
from laufzettel.einvoice.report import Report, Verdict
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
#: Longest time that anything here may take on a busy machine.
PATIENCE_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One installation as the environment describes it."""

    data: Path
    rules: Path
    url: str = ""  # empty: SQLite in the data folder
    extra: tuple[tuple[str, str], ...] = ()

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that works here."""
        given = {name: text for name, text in os.environ.items() if name.startswith(("PATH", "LC"))}
        return {
            **given,
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONWARNINGS": "default",
            "LAUFZETTEL_DATA": str(self.data),
            "LAUFZETTEL_RULES_DIR": str(self.rules),
            "LAUFZETTEL_DATABASE_URL": self.url,
            "LAUFZETTEL_PORT": "0",
            **dict(self.extra),
        }

    def settings(self) -> Settings:
        """Return the same as settings of this process."""
        url = self.url or f"sqlite:///{self.data / 'laufzettel.sqlite'}"
        return Settings(data=self.data, database_url=url, rules=self.rules)


def commands() -> list[str]:
    """Return the names that can be typed; a module may go by another name."""
    parsers = argparse.ArgumentParser().add_subparsers()
    for module in COMMANDS:
        importlib.import_module(f"laufzettel.cli.{module}").add_parser(parsers)
    return list(parsers.choices)


def command(*arguments: str) -> list[str]:
    """Return the command line of the program."""
    return [sys.executable, "-m", "laufzettel", *arguments]


def call(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments),
        env=place.environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@contextlib.contextmanager
def started(place: Place, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command that runs until it is stopped; it is gone afterwards in any case."""
    with subprocess.Popen(
        command(*arguments),
        env=place.environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


#: What a server says of its work, a line each.
USUAL: Final = re.compile(
    r"laufzettel[.\w]*: (request|job|step|handler|effect|hkr)\.(answered|ran|committed|slow|lost|"
    r"packed|sending|ended|delivered)\b"
)


def stopped(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> str:
    """Stop a program, return what it wrote besides its work; it must end within seconds."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    return "".join(line for line in errors.splitlines(keepends=True) if not USUAL.search(line))


def first_line(process: subprocess.Popen[str]) -> str:
    """Return the line with which a program says that it runs."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Return as soon as it is true."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < PATIENCE_S, f"waited in vain: {what}"
        time.sleep(0.25)


class NothingChecked:
    """Setting a town up checks no invoice."""

    def validate(self, xml: bytes) -> Report:
        return Report(verdict=Verdict.UNCHECKED)


@contextlib.contextmanager
def looked_at(place: Place) -> Iterator[App]:
    """Look at an installation from this process; nothing runs in it."""
    settings = place.settings()
    db = Database(settings.database_url)
    try:
        yield compose.build(settings, db, LoopJobs(db), NothingChecked())
    finally:
        db.close()


def found_town(place: Place) -> None:
    """Set the demo town up in a migrated database."""
    with looked_at(place) as app:
        town.found(app)
