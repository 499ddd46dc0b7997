"""``laufzettel move --from A --to B ID…``: move a token of cases to another step."""

from __future__ import annotations

import argparse

from laufzettel.cli.selecting import act, add_selection, check_reason, forecast
from laufzettel.engine.api import BatchKind, Engine
from laufzettel.identity import Actor


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("move", help="versetzt Vorgänge an einen anderen Schritt")
    add_selection(parser)
    parser.add_argument("--from", dest="source", metavar="SCHRITT", required=True)
    parser.add_argument("--to", dest="target", metavar="SCHRITT", required=True)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Move the case named, or all that fit; first with ``--dry-run``."""
    check_reason(args)
    source, target = args.source, args.target

    def one(engine: Engine, actor: Actor, case_id: str) -> bool:
        if args.dry_run:
            return forecast(args, engine.plan_move(actor, case_id, source, target))
        found = engine.move(actor, case_id, source, target, args.reason)
        return forecast(args, found, "Versetzt.")

    return act(args, BatchKind.MOVE, one, {"source": source, "target": target})
