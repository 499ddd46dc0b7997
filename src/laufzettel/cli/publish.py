"""``laufzettel publish NAME KEY``: send a message to the one case that waits for it."""

from __future__ import annotations

import argparse
from datetime import timedelta

from laufzettel import settings
from laufzettel.cli import show
from laufzettel.cli.payload import add_payload, message_id, payload
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.compose import compose
from laufzettel.engine import feel
from laufzettel.errors import InputError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("publish", help="schickt eine Nachricht an den, der sie erwartet")
    parser.add_argument("name", help="Name der Nachricht, wie ihn das Modell nennt")
    parser.add_argument("key", help="Zuordnungsschlüssel, zum Beispiel die Auftragsnummer")
    add_payload(parser)
    parser.add_argument(
        "--ttl",
        metavar="DAUER",
        help="so lange gilt sie für den, der noch warten wird, zum Beispiel PT1H (sonst immer)",
    )
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Publish the message; the same id again changes nothing."""
    values, ttl = payload(args.payload), duration(args.ttl)
    with compose(settings.load()) as app:
        is_new = app.engine.publish(
            operator(app, args),
            name=args.name,
            key=args.key,
            payload=values,
            source="cli",
            message_id=message_id(args.id),
            ttl=ttl,
        )
    text = (
        "Veröffentlicht." if is_new else "Diese Kennung gab es schon; nichts geschieht noch einmal."
    )
    show.lines([text])
    return 0


def duration(text: str | None) -> timedelta | None:
    """Return an ISO 8601 duration of days and less; raises InputError in German.

    >>> duration("PT1H30M"), duration(None)
    (datetime.timedelta(seconds=5400), None)
    """
    if text is None:
        return None
    found = feel.evaluate("duration(text)", {"text": text}).value
    if not isinstance(found, feel.DaysTimeDuration):
        raise InputError(
            f"„{text}“ ist keine Dauer in Tagen, Stunden und Minuten wie P3D oder PT1H."
        )
    return found.timedelta
