"""Pages for what goes wrong: a German sentence that says what to do, and nothing internal."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from laufzettel.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LaufzettelError,
    NotFoundError,
    UnavailableError,
)

#: Seconds after which a browser or a load balancer may ask again.
RETRY_AFTER_S: Final = 10

#: code → title and what to do.
_WORDS: Final = {
    400: ("Die Anfrage ist nicht lesbar", "Bitte gehen Sie zurück und versuchen Sie es erneut."),
    401: ("Bitte anmelden", "Für diese Seite müssen Sie angemeldet sein."),
    403: (
        "Dafür fehlt die Berechtigung",
        "Wenden Sie sich an Ihre Fachadministration, wenn Sie diese Seite brauchen.",
    ),
    404: (
        "Diese Seite gibt es nicht",
        "Vielleicht ist die Adresse unvollständig, oder der Vorgang gehört einem anderen Mandanten.",
    ),
    405: (
        "So lässt sich diese Seite nicht aufrufen",
        "Bitte öffnen Sie sie über die Oberfläche, nicht über eine gespeicherte Adresse.",
    ),
    409: ("Jemand anderes war schneller", "Bitte laden Sie die Seite neu."),
    413: (
        "Die Sendung ist zu groß",
        "Bitte teilen Sie die Dateien auf mehrere Sendungen auf.",
    ),
    503: (
        "Laufzettel ist gerade nicht erreichbar",
        "Bitte versuchen Sie es in einer Minute erneut. Was Sie bestätigt haben, ist gespeichert.",
    ),
}
_UNKNOWN: Final = ("Die Anfrage ist nicht möglich", "Bitte gehen Sie zurück.")
_BROKEN: Final = (
    "Hier ist etwas schiefgegangen",
    "Der Fehler ist aufgezeichnet. Bleibt es dabei, nennen Sie dem Betrieb die Uhrzeit.",
)
#: The first class that fits decides.
_CODES: Final[tuple[tuple[type[LaufzettelError], int], ...]] = (
    (NotFoundError, 404),
    (ForbiddenError, 403),
    (ConflictError, 409),
    (InputError, 400),
    (UnavailableError, 503),
)


def register(app: Flask) -> None:
    """Answer every error of the application with a page."""

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response | HTTPException:
        code = error.code or 500
        if code < 400:
            return error  # a redirection
        page = error_page(code)
        for name, value in error.get_headers():
            if name.lower() != "content-type":
                page.headers.setdefault(name, value)  # above all Allow
        return page

    @app.errorhandler(LaufzettelError)
    def of_operation(error: LaufzettelError) -> Response:
        """Show the sentence of the error, which is written for people."""
        code = next((code for kind, code in _CODES if isinstance(error, kind)), 500)
        if code == 500:
            app.logger.exception("an error of operation")
        return error_page(code, str(error))

    @app.errorhandler(sa.exc.OperationalError)
    @app.errorhandler(sa.exc.TimeoutError)
    def of_database(error: sa.exc.SQLAlchemyError) -> Response:
        app.logger.warning("the database does not answer: %s", error)
        return error_page(503)


def error_page(code: int, text: str | None = None) -> Response:
    """Return the page for a code, with the given sentence in place of the usual one."""
    title, usual = _BROKEN if code == 500 else _WORDS.get(code, _UNKNOWN)
    html = render_template("error.html", code=code, title=title, text=text or usual)
    page = make_response(html, code)
    if code == 503:
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
    return page
