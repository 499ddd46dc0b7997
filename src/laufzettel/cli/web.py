"""``laufzettel web``: serve the pages; on SQLite the jobs run in the same process."""

from __future__ import annotations

import argparse
import sys
import threading

import waitress

from laufzettel import settings
from laufzettel.compose import compose
from laufzettel.web import create_app


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("web", help="startet die Weboberfläche")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped."""
    given = settings.load()
    stop = threading.Event()
    with compose(given) as app:
        runner = threading.Thread(target=app.jobs.run, kwargs={"threads": 2, "stop": stop})
        if app.db.is_sqlite:
            runner.start()
        sys.stdout.write(f"http://{given.host}:{given.port}\n")
        sys.stdout.flush()
        try:
            waitress.serve(create_app(app.engine, app.db), host=given.host, port=given.port)
        finally:
            stop.set()
            if runner.is_alive():
                runner.join()
    return 0
