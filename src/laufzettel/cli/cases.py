"""``laufzettel cases [ID]``: the tenant's cases, or the timeline of one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show, timeline
from laufzettel.cli.tenants import add_tenant, auditing
from laufzettel.compose import compose
from laufzettel.engine.views import CaseView
from laufzettel.errors import InputError, NotFoundError
from laufzettel.identity import Actor
from laufzettel.money import Money
from laufzettel.web.case.sentences import sentence

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
    "split_up": "in einzelne Rechnungen aufgeteilt",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("cases", help="zeigt Vorgänge oder den Verlauf eines Vorgangs")
    parser.add_argument("case", nargs="?", help="Nummer eines Vorgangs")
    parser.add_argument("--export", type=Path, metavar="ORDNER", help="legt alles dazu dort ab")
    parser.add_argument("--reason", default="", help="warum ausgegeben wird; steht im Protokoll")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the list, or the timeline of the case named."""
    with compose(settings.load()) as app:
        actor = auditing(app, args)
        if args.export:
            _export(app, args, actor)
            return 0
        if args.case:
            _tell(app, args, actor)
            return 0
        found = app.engine.cases(actor)
    if args.json:
        show.objects(found)
    else:
        show.lines(map(_line, found) if found else ["Kein Vorgang."])
    return 0


def _export(app: App, args: argparse.Namespace, actor: Actor) -> None:
    """Write the folder whole or not at all: it gets its name at the end."""
    if not args.case:
        raise InputError("Bitte den Vorgang nennen: laufzettel cases NUMMER --export ORDNER.")
    target: Path = args.export
    if target.exists():
        raise InputError(f"{target} gibt es schon; bitte einen neuen Ordner nennen.")
    made = app.case_folder.export(actor, args.case, args.reason, sentence)
    half = target.with_name(f".{target.name}.unfertig")
    try:
        for place, data in made.files.items():
            path = half / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        half.rename(target)
    except OSError as error:
        raise InputError(f"{target} lässt sich nicht schreiben: {show.reason(error)}.") from error
    show.lines(
        [
            f"Geschrieben: {target}, {len(made.files)} Dateien. Prüfen ohne Laufzettel:",
            f"  cd {target} && sha256sum -c SHA256SUMS",
            "  python3 protokoll/verify_excerpt.py protokoll/auszug.jsonl",
        ]
    )


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
