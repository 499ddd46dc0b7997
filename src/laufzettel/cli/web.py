"""``laufzettel web``: serve the pages; on SQLite the jobs run in the same process."""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any, Final

import waitress
from flask import Flask

from laufzettel import settings
from laufzettel.app import App
from laufzettel.compose import compose, pages
from laufzettel.errors import LaufzettelError
from laufzettel.records import processes
from laufzettel.settings import Settings
from laufzettel.web import REQUEST_MAX

#: Requests answered at a time.
WEB_THREADS: Final = 8
#: Jobs run at a time beside them, on SQLite.
JOB_THREADS: Final = 2

#: Works in a thread of its own beside the pages until the event is set.
Beside = Callable[[threading.Event], None]


class PortError(LaufzettelError):
    """Die Weboberfläche kann an dieser Adresse nicht starten."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("web", help="startet die Weboberfläche")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; return 1 when the jobs beside it died."""
    stop_on_signals()
    given = settings.load()
    with compose(given) as app:
        return serve(app, given, beside=[jobs_of(app)] if app.db.is_sqlite else [])


def stop_on_signals() -> None:
    """Have SIGTERM and Ctrl-C end the process in order."""
    # Ctrl-C too: whoever starts it in the background may have had it ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def serve(
    app: App,
    given: Settings,
    *,
    beside: Sequence[Beside] = (),
    announce: Callable[[str], None] | None = None,
) -> int:
    """Serve the pages until a signal comes; return 1 when something beside them died.

    ``beside`` works in threads of this process. ``announce`` is told the address once it
    answers; by default it is printed. Raises PortError when the address cannot be used.
    """
    server = _bound(pages(app), given)
    with contextlib.closing(server), processes.kept(app.db), _running(beside) as died:
        (announce or _say)(f"http://{given.host}:{_port(server)}")
        server.run()  # returns on SystemExit and on Ctrl-C, open requests answered
    return 1 if died.is_set() else 0


def jobs_of(app: App) -> Beside:
    """Return what runs the jobs of the installation."""
    return lambda stop: app.work(JOB_THREADS, stop)


def require_port(given: Settings) -> None:
    """Raise PortError when the address cannot be used; for those who serve only later."""
    try:
        with socket.create_server((given.host, given.port)):
            pass
    except OSError as error:
        raise _unusable(given, error) from error


def _say(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


def _bound(pages: Flask, given: Settings) -> Any:
    try:
        return waitress.create_server(
            pages,
            host=given.host,
            port=given.port,
            threads=WEB_THREADS,
            max_request_body_size=max(REQUEST_MAX, given.upload_mb * 1024 * 1024),
            ident=None,
        )
    except (OSError, ValueError) as error:  # taken, not ours, or no address at all
        raise _unusable(given, error) from error


def _unusable(given: Settings, error: Exception) -> PortError:
    reason = error.strerror if isinstance(error, OSError) else error
    return PortError(
        f"{given.host}:{given.port} ist nicht benutzbar ({reason}). Bitte "
        "LAUFZETTEL_HOST oder LAUFZETTEL_PORT ändern, oder beenden, was dort läuft."
    )


def _port(server: Any) -> int:
    """Return the port that is really used: the setting may be 0, or a name two addresses."""
    several = getattr(server, "effective_listen", None)
    port: int = several[0][1] if several else server.effective_port
    return port


@contextlib.contextmanager
def _running(beside: Sequence[Beside]) -> Iterator[threading.Event]:
    """Run the work in threads; say whether one of them died.

    Pages without jobs would take invoices and leave them lying: the process ends with them.
    """
    stop, died = threading.Event(), threading.Event()

    def work(call: Beside) -> None:
        try:
            call(stop)
        except BaseException:
            died.set()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
            raise

    threads = [threading.Thread(target=work, args=(call,), name="beside") for call in beside]
    for thread in threads:
        thread.start()
    try:
        yield died
    finally:
        stop.set()
        for thread in threads:
            thread.join()
