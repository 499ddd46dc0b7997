"""``laufzettel prove``: prove that nothing is lost and nothing booked twice."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.app import App
from laufzettel.breach import Breach
from laufzettel.cli import show
from laufzettel.cli.progress import working
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.compose import compose


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("prove", help="beweist, dass nichts fehlt und nichts doppelt ist")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every breach of a promise; return 1 when there is one."""
    with compose(settings.load()) as app, working("Jede Zusage wird geprüft"):
        found = breaches(app, known(app, args.tenant))
    if args.json:
        show.objects(found)
    else:
        show.lines(f"{one.rule}: {one.text_de}" for one in found)
        result = f"{len(found)} Zusagen gebrochen." if found else "Alles stimmt."
        show.lines([f"Mandant „{args.tenant}“: {result}"])
    return 1 if found else 0


def breaches(app: App, tenant: str) -> list[Breach]:
    """Return everything that breaks a promise: nothing lost, nothing booked twice."""
    return app.breaches(tenant)
