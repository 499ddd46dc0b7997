"""``laufzettel batch [ID]``: batches and how far they are; going on with one, stopping one."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.cli import show
from laufzettel.cli.selecting import follow, line, outcome
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.compose import compose
from laufzettel.errors import InputError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("batch", help="zeigt Sammelaktionen und ihren Stand")
    parser.add_argument("batch", nargs="?", metavar="ID")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--go-on", action="store_true", help="hier weitermachen, mit Fortschritt")
    choice.add_argument("--stop", action="store_true", help="was noch aussteht, bleibt ungetan")
    parser.add_argument("--reason", metavar="GRUND", default="", help="steht im Protokoll")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Go on, stop, or print one batch or all."""
    with compose(settings.load()) as app:
        actor = operator(app, args)
        if not args.batch:
            if args.go_on or args.stop:
                raise InputError("Bitte die Nummer der Sammelaktion angeben.")
            found = app.engine.batches(actor)
            if args.json:
                show.objects(found)
            else:
                show.lines(map(line, found) if found else ["Keine Sammelaktion."])
            return 0
        if args.go_on:
            return follow(app, actor, args.batch, as_json=args.json)
        if args.stop:
            app.engine.stop_batch(actor, args.batch, args.reason)
        one = app.engine.batch(actor, args.batch)
        if args.json:
            show.objects([one])
        else:
            show.lines(outcome(app, actor, one))
        return 0 if one.refused + one.failed == 0 else 1
