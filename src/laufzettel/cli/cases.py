"""``laufzettel cases [ID]``: the tenant's cases, or the timeline of one."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.cli import show, timeline
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.compose import compose
from laufzettel.money import Money


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("cases", help="zeigt Vorgänge oder den Verlauf eines Vorgangs")
    parser.add_argument("case", nargs="?", help="Nummer eines Vorgangs")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the list, or the timeline of the case named."""
    actor = operator(args)
    with compose(settings.load()) as app:
        if args.case:
            happenings = app.engine.timeline(actor, args.case)
            if args.json:
                show.objects(happenings)
            else:
                show.lines(timeline.told(app, args.tenant, happenings))
            return 0
        found = app.engine.cases(actor)
    if args.json:
        show.objects(found)
        return 0
    for case in found:
        amount = "" if case.amount is None else Money(case.amount, case.currency or "EUR").german()
        state = case.end or case.status.value
        show.lines([f"{case.id}  {state:<20} {amount:>16}  {case.subject} · {case.party}"])
    return 0
