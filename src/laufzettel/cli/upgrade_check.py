"""``laufzettel upgrade-check``: would this program strand an open case of that database?"""

from __future__ import annotations

import argparse

from laufzettel import handlers, settings
from laufzettel.cli import show
from laufzettel.db import Database, schema
from laufzettel.engine.execution.upgrade import Checked, check
from laufzettel.engine.handler import Handlers, Services
from laufzettel.errors import StorageError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "upgrade-check", help="prüft vor dem Aktualisieren, ob ein Vorgang liegen bliebe"
    )
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt je Zeile")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every bundle whose cases would be stranded; return 1 when there is one.

    Reads the database as it is, whatever older revision of the tables it has.
    """
    found = looked_at(settings.load().database_url)
    if args.json:
        show.objects(found.stranded)
        return 1 if found.stranded else 0
    for one in found.stranded:
        name = f"{one.process_id} {one.number} ({one.tenant})"
        show.lines([f"{name}: {one.cases} offene Vorgänge blieben liegen"])
        show.lines(f"    {problem}" for problem in one.problems)
    if found.stranded:
        show.lines(["Nicht aktualisieren, solange diese Vorgänge offen sind."])
        return 1
    show.lines([f"Nichts bliebe liegen: {found.cases} offene Vorgänge, {found.bundles} Fassungen."])
    return 0


def looked_at(url: str) -> Checked:
    """Hold the database against the handlers that this program installs."""
    revision = schema.current(url)
    if revision is None:
        raise StorageError("Diese Datenbank hat noch keine Tabellen; es gibt nichts zu prüfen.")
    if revision > schema.head():
        raise StorageError(
            f"Die Datenbank hat Stand {revision}, dieses Programm kennt nur Stand {schema.head()}: "
            "es ist das ältere."
        )
    db = Database(url)
    try:
        with db.read() as connection:
            return check(connection, Handlers(handlers.modules(), Services()).contracts)
    finally:
        db.close()
