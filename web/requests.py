"""Every request has an id: taken from the caller or made here, in its log lines and its answer."""

from __future__ import annotations

import logging
import re
import time
from contextlib import ExitStack
from typing import Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import NotFound

from laufzettel import logs
from laufzettel.ids import new_id
from laufzettel.measures import MEASURES

log = logging.getLogger(__name__)

HEADER: Final = "X-Request-Id"
#: What is taken over from a caller; anything else could write into the log.
_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
#: Answered so often that a line for each would hide the others.
_QUIET: Final = frozenset({"static", "health", "metrics"})


def register(app: Flask) -> None:
    """Bind the id around every request of the application."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _ID.fullmatch(given) else new_id()
        g.began = time.perf_counter()
        named = (request.view_args or {}).get("case_id")
        g.bound = ExitStack()
        g.bound.enter_context(logs.bound(request_id=g.request_id, case_id=named))
        if "\x00" in request.path:  # no id has it, and PostgreSQL takes no text that does
            raise NotFound

    @app.after_request
    def end(response: Response) -> Response:
        if "request_id" in g:
            response.headers[HEADER] = g.request_id
            _note(response.status_code)
        return response

    @app.teardown_request
    def unbind(error: BaseException | None) -> None:
        if "bound" in g:
            g.pop("bound").close()


def _note(status: int) -> None:
    """Write one line: which route, what became of it, how long; never the address's query."""
    endpoint = request.endpoint or "none"
    took_s = time.perf_counter() - g.began
    if endpoint in _QUIET:
        return
    MEASURES.observe("request_seconds", took_s, endpoint=endpoint)
    name, method = "request.answered", request.method
    logs.event(log, name, endpoint=endpoint, method=method, status=status, ms=round(took_s * 1000))
