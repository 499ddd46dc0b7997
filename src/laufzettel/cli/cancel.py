"""``laufzettel cancel ID…``: end cases where they stand."""

from __future__ import annotations

import argparse

from laufzettel.cli import show
from laufzettel.cli.selecting import act, add_selection, check_reason, is_fit
from laufzettel.engine.api import BatchKind, Engine
from laufzettel.identity import Actor


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("cancel", help="bricht Vorgänge ab, wo sie stehen")
    add_selection(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Cancel the case named, or all that fit."""
    check_reason(args)

    def one(engine: Engine, actor: Actor, case_id: str) -> bool:
        if args.dry_run:
            return is_fit(engine, actor, case_id, among=("open", "suspended"))
        status = engine.cancel(actor, case_id, args.reason)
        waits = status == "cancelling"
        show.lines(
            [
                "Wird abgebrochen, sobald feststeht, was aus dem laufenden Versand geworden ist."
                if waits
                else "Abgebrochen."
            ]
        )
        return True

    return act(args, BatchKind.CANCEL, one)
