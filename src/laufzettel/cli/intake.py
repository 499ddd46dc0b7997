"""``laufzettel intake``: look into the ways in by hand, as the worker does by itself."""

from __future__ import annotations

import argparse
import threading

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.cli.tenants import known
from laufzettel.compose import compose
from laufzettel.errors import InputError
from laufzettel.periodic import INTAKE_S


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "intake", help="holt ab, was in Eingangsordnern und Postfächern liegt"
    )
    parser.add_argument("--once", action="store_true", help="einmal nachsehen und enden")
    parser.add_argument("--create", action="store_true", help="fehlende Ordner nur einrichten")
    parser.add_argument("--tenant", help="Mandant; ohne Angabe alle, die Eingänge haben")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Collect until stopped, or once and return 1 when an inlet could not be looked into."""
    given = settings.load()
    with compose(given) as app:
        names = [known(app, one) for one in _asked(app, args.tenant)]
        if not names:
            raise InputError(f"Kein Eingang ist eingerichtet: {given.channels} nennt keinen.")
        if args.create:
            show.lines(path for one in names for path in app.intake.create(one))
            return 0
        while True:
            outages = [_collect(app, one) for one in names]
            if args.once:
                return 1 if any(outages) else 0
            threading.Event().wait(INTAKE_S)


def _asked(app: App, tenant: str | None) -> list[str]:
    return [tenant] if tenant else list(app.intake.tenants)


def _collect(app: App, tenant: str) -> bool:
    """Take in everything that lies there; return whether an inlet was out."""
    while True:
        found = app.intake.collect(tenant)
        show.lines(
            f"{tenant}, {inlet}: {number} abgeholt"
            for inlet, number in found.numbers.items()
            if number
        )
        if not found.has_more:
            show.lines(f"{tenant}, {text}" for text in found.outages.values())
            return bool(found.outages)
