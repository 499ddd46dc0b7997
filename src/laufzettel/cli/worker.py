"""``laufzettel worker``: run jobs until told to stop; any number of them on PostgreSQL."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from laufzettel import settings
from laufzettel.compose import compose


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("worker", help="führt Aufträge aus, bis er beendet wird")
    parser.add_argument("--threads", type=int, default=4, help="gleichzeitige Aufträge")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run jobs; a stop signal lets running jobs finish first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with compose(settings.load()) as app:
        sys.stdout.write("Worker läuft.\n")
        sys.stdout.flush()
        app.jobs.run(threads=args.threads, stop=stop)
    return 0
