"""``laufzettel prove``: prove that nothing is lost and nothing booked twice."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.breach import Breach
from laufzettel.cli import show
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.compose import App, compose
from laufzettel.engine.work import invariants as engine_invariants
from laufzettel.records import invariants as record_invariants


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("prove", help="beweist, dass nichts fehlt und nichts doppelt ist")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every breach of a promise; return 1 when there is one."""
    with compose(settings.load()) as app:
        found = breaches(app, known(app, args.tenant))
    if args.json:
        show.objects(found)
    else:
        show.lines(f"{one.rule}: {one.text_de}" for one in found)
        result = f"{len(found)} Zusagen gebrochen." if found else "Alles stimmt."
        show.lines([f"Mandant „{args.tenant}“: {result}"])
    return 1 if found else 0


def breaches(app: App, tenant: str) -> list[Breach]:
    """Return everything that breaks a promise: nothing lost, nothing booked twice.

    Reads one snapshot and changes nothing; it may run beside all work.
    """
    with app.db.read() as connection:
        if not app.db.is_sqlite:  # SQLite's snapshot is repeatable by itself
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return [
            *engine_invariants.breaches(connection, tenant, kinds=app.jobs.kinds),
            *record_invariants.breaches(
                connection,
                tenant,
                open_objects=engine_invariants.open_objects(connection, tenant),
                cancelled_objects=engine_invariants.cancelled_objects(connection, tenant),
            ),
        ]
