"""``laufzettel transfer --to NUMMER ID…``: move cases to another version of their process."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from laufzettel import settings
from laufzettel.cli.models import bundle_of
from laufzettel.cli.selecting import act, add_selection, check_reason, forecast
from laufzettel.cli.tenants import operator
from laufzettel.compose import compose
from laufzettel.engine.api import BatchKind, Engine
from laufzettel.errors import InputError
from laufzettel.identity import Actor


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "transfer", help="stellt laufende Vorgänge auf eine andere Fassung ihres Modells um"
    )
    add_selection(parser)
    parser.add_argument("--to", dest="target", metavar="NUMMER", required=True, help="der Fassung")
    parser.add_argument("--shared", action="store_true", help="Nummer der gemeinsamen Fassung")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="ALT=NEU",
        help="Schritt, der im neuen Modell anders heißt; mehrfach möglich",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Transfer the case named, or all that fit; first with ``--dry-run``."""
    check_reason(args)
    names = names_of(args.map)
    bundle_id = _bundle(args)

    def one(engine: Engine, actor: Actor, case_id: str) -> bool:
        if args.dry_run:
            return forecast(args, engine.plan_migration(actor, case_id, bundle_id, names))
        found = engine.migrate(actor, case_id, bundle_id, args.reason, names=names)
        return forecast(args, found, "Umgestellt.")

    return act(args, BatchKind.MIGRATE, one, {"bundle_id": bundle_id, "names": names})


def names_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return the mapping of elements; raises InputError.

    >>> names_of(["a=b", "c=d"])
    {'a': 'b', 'c': 'd'}
    """
    found = {}
    for pair in pairs:
        old, sign, new = pair.partition("=")
        if not sign or not old or not new:
            raise InputError(f"„{pair}“ ist keine Zuordnung; erwartet wird ALT=NEU.")
        found[old] = new
    return found


def _bundle(args: argparse.Namespace) -> str:
    with compose(settings.load()) as app:
        actor = operator(app, args)
        process = args.process
        if not process and args.ids:
            process = app.engine.case(actor, args.ids[0]).process_id
        if not process:
            raise InputError("Bitte einen Vorgang oder mit --process den Prozess angeben.")
        return bundle_of(app.engine, actor, process, args.target, is_shared=args.shared)
