"""``laufzettel incidents``: open incidents; trying them again, one or many, or settling one."""

from __future__ import annotations

import argparse
from typing import Final

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.cli.selecting import follow
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.clock import office_time
from laufzettel.compose import compose
from laufzettel.engine.api import BatchKind, Selection
from laufzettel.identity import Actor


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("incidents", help="zeigt Störungen und versucht sie erneut")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--retry", metavar="ID", help="diese Störung erneut versuchen")
    choice.add_argument(
        "--retry-all", action="store_true", help="alle erneut versuchen, auf die die Filter passen"
    )
    choice.add_argument(
        "--settle", metavar="ID", help="erledigt: es gibt nichts zu wiederholen (mit --reason)"
    )
    for name, text in _FILTERS.items():
        parser.add_argument(f"--{name}", metavar=name.upper(), default="", help=text)
    parser.add_argument("--reason", metavar="GRUND", default="", help="steht im Protokoll")
    parser.add_argument("--dry-run", action="store_true", help="nur zählen, auf wie viele es passt")
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
        if args.retry_all:
            return _retry_all(app, args, actor)
        if args.settle:
            app.engine.settle(actor, args.settle, args.reason)
            show.lines(["Erledigt; der Grund steht im Protokoll."])
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


def _retry_all(app: App, args: argparse.Namespace, actor: Actor) -> int:
    wanted = Selection(code=args.code, process=args.process, element=args.element)
    if args.dry_run:
        found = app.engine.preview_batch(actor, BatchKind.RETRY, wanted, {})
        show.lines([f"Das passt auf {found.total}; geschehen ist nichts."])
        return 0
    reason = args.reason or "erneuter Versuch nach behobener Ursache"
    batch_id = app.engine.order_batch(actor, BatchKind.RETRY, wanted, reason)
    return follow(app, actor, batch_id, as_json=args.json)


_FILTERS: Final = {
    "code": "Art der Störung",
    "process": "Prozess des Modells",
    "element": "Schritt, an dem sie liegt",
}
