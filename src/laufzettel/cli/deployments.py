"""``laufzettel deployments``: what waits for a second person, released or declined.

A version, or the choice of one, that changes duties, effects, powers or limits is not in force
before another person has released it (docs/operating.md).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Final

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import second, show
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.clock import office_time
from laufzettel.compose import compose
from laufzettel.engine.api import ModelChange
from laufzettel.errors import InputError

_KINDS: Final = {
    "deploy": "neue Fassung",
    "pin": "andere Fassung für neue Vorgänge",
    "follow": "wieder die neueste Fassung",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "deployments", help="was auf eine zweite Person wartet: zeigen, freigeben, ablehnen"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|approve|withdraw")
    add_tenant(actions.add_parser("list", help="zeigt, was wartet und was es ändert"))
    approve = actions.add_parser("approve", help="gibt als zweite Person frei")
    approve.add_argument("--seen", metavar="PRÜFZEICHEN", default="", help="aus der Liste")
    withdraw = actions.add_parser("withdraw", help="lehnt ab oder zieht zurück")
    for one in (approve, withdraw):
        one.add_argument("id", metavar="KENNUNG", help="aus der Liste")
        second.add_by(one)
        add_tenant(one)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List, release or decline."""
    with compose(settings.load()) as app:
        known(app, args.tenant)
        {"list": _list, "approve": _approve, "withdraw": _withdraw}[args.action](app, args)
    return 0


def how_to_release(change_id: str) -> str:
    """Return what a second person does about a change that waits."""
    return (
        "Es wartet auf eine zweite Person: auf der Seite „Prozesse und Betrieb“, oder mit "
        f"„laufzettel deployments list“ und „… approve {change_id} --seen … --by KONTO --reason …“."
    )


def _list(app: App, args: argparse.Namespace) -> None:
    args.by = ""
    found = app.engine.model_changes(second.acting(app, args))
    if args.json:
        show.objects(found)
        return
    show.lines([line for one in found for line in _told(one)] or ["Es wartet nichts."])


def _told(one: ModelChange) -> Iterator[str]:
    tag = f" „{one.version_tag}“" if one.version_tag else ""
    whose = ", für alle Mandanten" if one.is_shared else ""
    yield f"{one.id}  {one.process_id}: {_KINDS[one.kind]}{tag}{whose}"
    reason = f": {one.reason}" if one.reason else ""
    yield f"  {office_time(one.at)}, {one.by}{reason}"
    if one.sha256:
        yield f"  SHA-256 {one.sha256}"
    yield from (f"  - {text}" for text in one.weight or ("ändert jetzt nichts mehr, was wiegt",))
    yield f"  freigeben: laufzettel deployments approve {one.id} --seen {one.seen} --by KONTO --reason …"


def _approve(app: App, args: argparse.Namespace) -> None:
    if not args.seen:
        raise InputError(
            "Bitte mit --seen das Prüfzeichen aus „laufzettel deployments list“ nennen: Freigegeben "
            "wird, was Sie dort gesehen haben."
        )
    done = app.engine.release_change(
        second.person(app, args), args.id, args.reason, seen=args.seen, every=app.tenants()
    )
    show.lines([f"{done.process_id}: freigegeben; es gilt ab jetzt für neue Vorgänge."])


def _withdraw(app: App, args: argparse.Namespace) -> None:
    done = app.engine.decline_change(
        second.acting(app, args), args.id, args.reason, every=app.tenants()
    )
    show.lines([f"{done.process_id}: Es bleibt, wie es ist."])
