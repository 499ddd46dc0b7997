"""``laufzettel worker``: run jobs until told to stop; any number of them on PostgreSQL."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import Final

from laufzettel import settings
from laufzettel.compose import compose
from laufzettel.db.database import POOL_SIZE
from laufzettel.records import processes

#: Each job may use two connections of the pool.
_THREADS_MAX: Final = POOL_SIZE // 2


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("worker", help="führt Aufträge aus, bis er beendet wird")
    parser.add_argument(
        "--threads", type=_threads, default=4, help=f"gleichzeitige Aufträge (1 bis {_THREADS_MAX})"
    )
    parser.add_argument(
        "--limit",
        type=_limit,
        action="append",
        default=[],
        metavar="ART=ZAHL",
        help="höchstens so viele Aufträge dieser Art zugleich, zum Beispiel work=2",
    )
    parser.set_defaults(run=run)


def _threads(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _THREADS_MAX:
        raise argparse.ArgumentTypeError(f"eine Zahl von 1 bis {_THREADS_MAX}, nicht „{text}“")
    return int(text)


def _limit(text: str) -> tuple[str, int]:
    kind, _, number = text.partition("=")
    if not kind or not number.isdecimal() or not 1 <= int(number) <= _THREADS_MAX:
        raise argparse.ArgumentTypeError(f"wie work=2 (1 bis {_THREADS_MAX}), nicht „{text}“")
    return kind, int(number)


def run(args: argparse.Namespace) -> int:
    """Run jobs; a stop signal lets running jobs finish first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with compose(settings.load()) as app:
        for kind, number in args.limit:
            app.jobs.limit(kind, number)
        sys.stdout.write("Worker läuft.\n")
        sys.stdout.flush()
        with processes.kept(app.db):
            app.work(args.threads, stop)
    return 0
