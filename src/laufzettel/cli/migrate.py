"""``laufzettel migrate``: bring the tables to the state of this program."""

from __future__ import annotations

import argparse
import sys

from laufzettel import settings
from laufzettel.cli.progress import working
from laufzettel.db import schema


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("migrate", help="bringt die Datenbank auf den Stand des Programms")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Upgrade the schema; again changes nothing."""
    given = settings.load()
    with working("Die Tabellen werden auf den neuen Stand gebracht"):
        revision = schema.upgrade(given.database_url)
    sys.stdout.write(f"Datenbank ist auf Stand {revision}.\n")
    return 0
