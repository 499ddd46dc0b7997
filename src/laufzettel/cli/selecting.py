"""What the operators' commands share: which cases, why, and how far it has come."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.cli.cases import STATES
from laufzettel.cli.progress import working
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.compose import compose
from laufzettel.engine.api import (
    BatchKind,
    BatchStatus,
    BatchView,
    Engine,
    Forecast,
    ItemStatus,
    Preview,
    Selection,
)
from laufzettel.errors import InputError
from laufzettel.identity import Actor

#: Acts on the one case that was named, and says what has happened; True when it is as wanted.
One = Callable[[Engine, Actor, str], bool]

_FILTERS: Final = {
    "process": "Prozess des Modells",
    "version": "Nummer der Fassung, nach der sie laufen",
    "status": "open (offen), suspended (angehalten) oder cancelling (wird abgebrochen)",
    "element": "Schritt, an dem eine offene Aufgabe oder Störung liegt",
    "code": "Art einer offenen Störung",
}


def add_selection(parser: argparse.ArgumentParser, *, what: str = "Vorgang") -> None:
    """Let the command take ids, filters, a reason and ``--dry-run``."""
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"Nummer; eine oder mehrere ({what})")
    for name, text in _FILTERS.items():
        kind = int if name == "version" else str
        parser.add_argument(f"--{name}", type=kind, metavar=name.upper(), help=text)
    parser.add_argument("--reason", metavar="GRUND", default="", help="steht im Protokoll")
    parser.add_argument("--dry-run", action="store_true", help="nur zeigen, was geschähe")
    add_tenant(parser)


def act(
    args: argparse.Namespace, kind: BatchKind, one: One, params: Mapping[str, Any] | None = None
) -> int:
    """Do the act to the one case named, or to all that fit as a batch; return the exit code.

    0 when all is as wanted, 1 when something was refused.
    """
    with compose(settings.load()) as app:
        actor = operator(app, args)
        wanted = _wanted(args)
        if wanted == Selection(ids=wanted.ids) and len(wanted.ids) == 1:
            return 0 if one(app.engine, actor, wanted.ids[0]) else 1
        if args.dry_run:
            found = app.engine.preview_batch(actor, kind, wanted, params or {})
            _preview(args, found)
            return 0 if not found.refusals_de else 1
        batch_id = app.engine.order_batch(actor, kind, wanted, args.reason, params)
        return follow(app, actor, batch_id, as_json=args.json)


def check_reason(args: argparse.Namespace) -> None:
    """Raise InputError where an act has no reason."""
    if not args.dry_run and not args.reason.strip():
        raise InputError("Bitte den Grund angeben (--reason); er steht im Protokoll.")


def is_fit(engine: Engine, actor: Actor, case_id: str, *, among: Collection[str]) -> bool:
    """Print how a case stands, and that nothing was done; True when its state is among these."""
    status = engine.case(actor, case_id).status
    show.lines([f"Stand des Vorgangs: {STATES[status]}; geschehen ist nichts."])
    return status in among


def follow(app: App, actor: Actor, batch_id: str, *, as_json: bool = False) -> int:
    """Do a batch here, beside its job, and show how far it is; return the exit code."""
    found = app.engine.batch(actor, batch_id)
    try:
        with working("Sammelaktion", found.total) as seen:
            while found.status is BatchStatus.RUNNING:
                found = app.engine.advance_batch(actor, batch_id)
                seen.done = found.total - found.pending
    except KeyboardInterrupt:
        sys.stderr.write(f"Ein Worker macht weiter; Stand: laufzettel batch {batch_id}\n")
        return 130
    if as_json:
        show.objects([found])
    else:
        show.lines(outcome(app, actor, found))
    return 0 if found.done == found.total else 1


def outcome(app: App, actor: Actor, found: BatchView) -> list[str]:
    """Return the lines that tell what became of a batch, with what was refused."""
    lines = [line(found)]
    for status in (ItemStatus.REFUSED, ItemStatus.FAILED):
        for item in app.engine.batch_items(actor, found.id, status):
            lines.append(f"    {item.subject}  {item.text_de}")
    return lines


def line(found: BatchView) -> str:
    """Return a batch and its progress as one line."""
    counts = f"{found.done} von {found.total} erledigt"
    counts += f", {found.refused} abgelehnt" if found.refused else ""
    counts += f", {found.failed} gescheitert" if found.failed else ""
    state = {"running": "läuft", "done": "fertig", "stopped": "gestoppt"}[found.status]
    return f"Sammelaktion {found.id}  {found.kind}  {state}: {counts}"


def forecast(args: argparse.Namespace, found: Forecast, done: str = "") -> bool:
    """Print what a change would do, or has done; True when nothing speaks against it."""
    if args.json:
        show.objects([found])
        return found.is_possible
    for word, places in (("endet", found.ends), ("beginnt", found.begins), ("bleibt", found.stays)):
        for place in places:
            show.lines([f"{word:<9}{place.what_de} „{place.name}“ ({place.element})"])
    show.lines(f"Hinweis  {text}" for text in found.notes_de)
    show.lines(f"Abgelehnt: {text}" for text in found.refusals_de)
    show.lines([done] if done else [])
    return found.is_possible


def _wanted(args: argparse.Namespace) -> Selection:
    given = {name: getattr(args, name) for name in _FILTERS if getattr(args, name)}
    return Selection(ids=tuple(args.ids), **given)


def _preview(args: argparse.Namespace, found: Preview) -> None:
    if args.json:
        show.objects([found])
        return
    lines = [f"Es geht um {found.total}; geschehen ist nichts."]
    if found.looked_at:
        lines.append(f"Von {found.looked_at} geprüften gehen {found.possible}.")
    lines += [f"    {number}-mal: {text}" for text, number in found.refusals_de.items()]
    show.lines(lines)
