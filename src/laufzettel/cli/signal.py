"""``laufzettel signal [NAME]``: broadcast a signal, or show how far the latest have come."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.cli import show
from laufzettel.cli.payload import add_payload, message_id, payload
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.clock import office_time
from laufzettel.compose import compose


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("signal", help="ruft ein Signal aus oder zeigt die letzten")
    parser.add_argument("name", nargs="?", help="Name des Signals, wie ihn das Modell nennt")
    add_payload(parser)
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Broadcast the signal named, or print the latest and how many have heard them."""
    with compose(settings.load()) as app:
        actor = operator(app, args)
        if args.name:
            number = app.engine.signal(
                actor,
                args.name,
                payload(args.payload),
                source="cli",
                message_id=message_id(args.id),
            )
            show.lines([_told(number)])
            return 0
        found = app.engine.broadcasts(actor)
    if args.json:
        show.objects(found)
        return 0
    show.lines(
        f"{office_time(one.broadcast_at)}  {one.name:<30} {one.received} von {one.receivers} "
        f"erreicht, {one.left} unterwegs, {one.gone} nicht mehr gewartet"
        for one in found
    )
    if not found:
        show.lines(["Noch kein Signal."])
    return 0


def _told(number: int | None) -> str:
    if number is None:
        return "Mit dieser Kennung ist das Signal schon ausgerufen; nichts geschieht noch einmal."
    if number == 0:
        return "Niemand wartet auf dieses Signal."
    return f"Ausgerufen; gewartet hat darauf {number}-mal jemand."
