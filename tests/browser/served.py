"""Pages served over HTTP as in production, by a thread of the test's process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel

from laufzettel import compose
from laufzettel.app import App


def pages_over(app: App) -> Flask:
    """Return the pages over a composed installation: the one place that knows how to."""
    return compose.pages(app)


@contextmanager
def served(pages: Flask) -> Iterator[str]:
    """Serve on a free port until the block is left, and give the address."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        pages, map=sockets, host="127.0.0.1", port=0, threads=4, ident=None
    )
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.05, count=1, map=sockets)

    thread = threading.Thread(target=serve, name="pages")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        stop.set()
        thread.join()
        server.task_dispatcher.shutdown()
        for one in list(sockets.values()):  # what a page that was left had still to get
            if isinstance(one, HTTPChannel):
                one.handle_close()
        wasyncore.close_all(sockets)
