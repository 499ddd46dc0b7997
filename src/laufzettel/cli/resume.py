"""``laufzettel resume ID…``: let suspended cases go on."""

from __future__ import annotations

import argparse

from laufzettel.cli import show
from laufzettel.cli.selecting import act, add_selection, check_reason, is_fit
from laufzettel.engine.api import BatchKind, Engine
from laufzettel.identity import Actor


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("resume", help="setzt angehaltene Vorgänge fort")
    add_selection(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Resume the case named, or all that fit."""
    check_reason(args)

    def one(engine: Engine, actor: Actor, case_id: str) -> bool:
        if args.dry_run:
            return is_fit(engine, actor, case_id, among=("suspended",))
        engine.resume(actor, case_id, args.reason)
        show.lines(["Fortgesetzt."])
        return True

    return act(args, BatchKind.RESUME, one)
