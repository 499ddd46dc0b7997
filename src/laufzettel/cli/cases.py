"""``laufzettel cases [ID]``: the tenant's cases, or the timeline of one."""

from __future__ import annotations

import argparse
from typing import Final

from laufzettel import settings
from laufzettel.cli import show, timeline
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.compose import App, compose
from laufzettel.engine.views import CaseView
from laufzettel.errors import NotFoundError
from laufzettel.identity import Actor
from laufzettel.money import Money

#: How a case stands, or how it ended.
STATES: Final = {
    "open": "offen",
    "ended": "beendet",
    "suspended": "angehalten",
    "cancelling": "wird abgebrochen",
    "cancelled": "abgebrochen",
    "paid_and_archived": "bezahlt und archiviert",
    "rejected": "zurückgewiesen",
    "filed_as_duplicate": "als Doppelrechnung abgelegt",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("cases", help="zeigt Vorgänge oder den Verlauf eines Vorgangs")
    parser.add_argument("case", nargs="?", help="Nummer eines Vorgangs")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the list, or the timeline of the case named."""
    with compose(settings.load()) as app:
        actor = operator(app, args)
        if args.case:
            _tell(app, args, actor)
            return 0
        found = app.engine.cases(actor)
    if args.json:
        show.objects(found)
    else:
        show.lines(map(_line, found) if found else ["Kein Vorgang."])
    return 0


def _tell(app: App, args: argparse.Namespace, actor: Actor) -> None:
    happenings = app.engine.timeline(actor, args.case)
    if not happenings:
        raise NotFoundError(
            f"Den Vorgang „{args.case}“ gibt es bei „{args.tenant}“ nicht. "
            "„laufzettel cases“ zeigt alle."
        )
    if args.json:
        show.objects(happenings)
    else:
        show.lines(timeline.told(app, args.tenant, happenings))


def _line(case: CaseView) -> str:
    amount = "" if case.amount is None else Money(case.amount, case.currency or "EUR").german()
    state = case.end or case.status
    shown = STATES.get(state, state)
    return f"{case.id}  {shown:<24} {amount:>16}  {case.subject} · {case.party}"
