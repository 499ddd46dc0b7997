"""``laufzettel incidents [--retry ID]``: open incidents, and trying one again."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.cli import show
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.clock import office_time
from laufzettel.compose import compose


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("incidents", help="zeigt Störungen und versucht sie erneut")
    parser.add_argument("--retry", metavar="ID", help="diese Störung erneut versuchen")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Retry the incident named, or print the open ones."""
    with compose(settings.load()) as app:
        actor = operator(app, args)
        if args.retry:
            app.engine.retry(actor, args.retry)
            show.lines(["Wird erneut versucht."])
            return 0
        found = app.engine.incidents(actor)
    if args.json:
        show.objects(found)
        return 0
    if not found:
        show.lines(["Keine offene Störung."])
    for one in found:
        show.lines(
            [
                f"{one.id}  {office_time(one.created_at)}  {one.cause}",
                f"    nächster Schritt ({one.owner}): {one.next_step}",
            ]
        )
    return 0
