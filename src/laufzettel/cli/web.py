"""``laufzettel web``: serve the pages; on SQLite the jobs run in the same process."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final

import waitress
from flask import Flask

from laufzettel import settings
from laufzettel.compose import App, compose
from laufzettel.errors import LaufzettelError
from laufzettel.settings import Settings
from laufzettel.web import REQUEST_MAX, create_app

#: Requests answered at a time.
WEB_THREADS: Final = 8
#: Jobs run at a time beside them, on SQLite.
JOB_THREADS: Final = 2


class PortError(LaufzettelError):
    """Die Weboberfläche kann an dieser Adresse nicht starten."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("web", help="startet die Weboberfläche")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; return 1 when the jobs beside it died."""
    # Ctrl-C too: whoever starts it in the background may have had it ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    given = settings.load()
    with compose(given) as app:
        server = _bound(create_app(app.engine, app.db), given)
        with contextlib.closing(server), _jobs_beside(app) as died:
            sys.stdout.write(f"http://{given.host}:{_port(server)}\n")
            sys.stdout.flush()
            server.run()  # returns on SystemExit and on Ctrl-C, open requests answered
    return 1 if died.is_set() else 0


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _bound(pages: Flask, given: Settings) -> Any:
    try:
        return waitress.create_server(
            pages,
            host=given.host,
            port=given.port,
            threads=WEB_THREADS,
            max_request_body_size=REQUEST_MAX,
            ident=None,
        )
    except (OSError, ValueError) as error:  # taken, not ours, or no address at all
        reason = error.strerror if isinstance(error, OSError) else error
        raise PortError(
            f"{given.host}:{given.port} ist nicht benutzbar ({reason}). Bitte "
            "LAUFZETTEL_HOST oder LAUFZETTEL_PORT ändern, oder beenden, was dort läuft."
        ) from error


def _port(server: Any) -> int:
    """Return the port that is really used: the setting may be 0, or a name two addresses."""
    several = getattr(server, "effective_listen", None)
    port: int = several[0][1] if several else server.effective_port
    return port


@contextlib.contextmanager
def _jobs_beside(app: App) -> Iterator[threading.Event]:
    """Run the jobs in this process if nobody else can; say whether they died.

    Pages without jobs would take invoices and leave them lying: the process ends with them.
    """
    stop, died = threading.Event(), threading.Event()

    def work() -> None:
        try:
            app.jobs.run(threads=JOB_THREADS, stop=stop)
        except BaseException:
            died.set()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
            raise

    runner = threading.Thread(target=work, name="jobs")
    if app.db.is_sqlite:
        runner.start()
    try:
        yield died
    finally:
        stop.set()
        if app.db.is_sqlite:
            runner.join()
