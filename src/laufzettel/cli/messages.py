"""``laufzettel messages``: the messages that nobody waited for."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.cli import show
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.clock import office_time
from laufzettel.compose import compose
from laufzettel.engine.api import Unwaited


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("messages", help="zeigt Nachrichten, auf die niemand wartete")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what nobody waited for, the oldest first."""
    with compose(settings.load()) as app:
        found = app.engine.unwaited(operator(app, args))
    if args.json:
        show.objects(found)
    else:
        show.lines(map(_line, found) if found else ["Auf jede Nachricht hat jemand gewartet."])
    return 0


def _line(one: Unwaited) -> str:
    if one.has_expired:
        state = "abgelaufen, niemand wartete"
    elif one.expires_at is not None:
        state = f"niemand wartet; gilt bis {office_time(one.expires_at)}"
    else:
        state = "niemand wartet; gilt immer"
    return f"{office_time(one.published_at)}  {one.name} · {one.key} ({one.source}): {state}"
