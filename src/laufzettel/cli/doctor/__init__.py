"""``laufzettel doctor``: is everything there that an installation needs, and does it do its work?

Each line says ok, warning or error, and what to do. What could not be looked at is never ok.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Final

from laufzettel import settings
from laufzettel.cli import show
from laufzettel.cli.doctor.finding import Check, Finding, Level, looked_at
from laufzettel.cli.doctor.machine import MACHINE
from laufzettel.cli.doctor.work import WORK, database
from laufzettel.compose import compose
from laufzettel.errors import LaufzettelError
from laufzettel.settings import Settings

_WORDS: Final = {Level.OK: "ok", Level.WARNING: "Warnung", Level.ERROR: "FEHLER"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("doctor", help="prüft, ob die Installation gesund ist")
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt je Zeile")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look at everything; return 1 when there is an error."""
    found = list(findings(settings.load()))
    if args.json:
        show.objects(found)
    else:
        show.lines(_told(found))
    return 1 if any(one.level is Level.ERROR for one in found) else 0


def findings(given: Settings) -> Iterable[Finding]:
    """Yield what is found, the machine first; without a database nothing behind it is known."""
    for name, check in MACHINE.items():
        yield from looked_at(name, lambda check=check: check(given))  # type: ignore[misc]
    standing = list(looked_at("Datenbank", lambda: database(given)))
    yield from standing
    if any(one.level is Level.ERROR for one in standing):
        for name in WORK:
            yield _unknown(name, "die Datenbank fehlt")
        return
    try:
        with compose(given) as app:
            for name, check_work in WORK.items():
                yield from looked_at(name, lambda check=check_work: check(app))  # type: ignore[misc]
    except LaufzettelError as error:
        yield Finding(name="Programm", level=Level.ERROR, text=str(error))


def _unknown(name: str, why: str) -> Finding:
    return Finding(name=name, level=Level.WARNING, text=f"nicht geprüft, {why}")


def _told(found: Sequence[Finding]) -> Iterable[str]:
    for one in found:
        yield f"{_WORDS[one.level]:<8} {one.name:<16} {one.text}"
        if one.remedy:
            yield f"{'':<8} {'':<16} → {one.remedy}"
    errors = sum(one.level is Level.ERROR for one in found)
    warnings = sum(one.level is Level.WARNING for one in found)
    counted = f"{errors} Fehler, {warnings} {'Warnung' if warnings == 1 else 'Warnungen'}."
    yield counted if errors or warnings else "Alles in Ordnung."


__all__ = ["Check", "Finding", "Level", "add_parser", "findings", "run"]
