"""Pages for what goes wrong: a German sentence that says what to do, and nothing internal."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from flask import (
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import HTTPException, InternalServerError

from laufzettel.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LaufzettelError,
    NotFoundError,
    UnavailableError,
)
from laufzettel.web import i18n
from laufzettel.web.api.operations import problem_of
from laufzettel.web.auth import guard
from laufzettel.web.i18n import noop as N_

#: Seconds after which a browser or a load balancer may ask again.
RETRY_AFTER_S: Final = 10

#: code → title and what to do.
_WORDS: Final = {
    400: (
        N_("Die Anfrage ist nicht lesbar"),
        N_("Bitte gehen Sie zurück und versuchen Sie es erneut."),
    ),
    401: (N_("Bitte anmelden"), N_("Für diese Seite müssen Sie angemeldet sein.")),
    403: (
        N_("Dafür fehlt die Berechtigung"),
        N_("Wenden Sie sich an Ihre Fachadministration, wenn Sie diese Seite brauchen."),
    ),
    404: (
        N_("Diese Seite gibt es nicht"),
        N_(
            "Vielleicht ist die Adresse unvollständig, oder der Vorgang gehört einem anderen Mandanten."
        ),
    ),
    405: (
        N_("So lässt sich diese Seite nicht aufrufen"),
        N_("Bitte öffnen Sie sie über die Oberfläche, nicht über eine gespeicherte Adresse."),
    ),
    409: (N_("Jemand anderes war schneller"), N_("Bitte laden Sie die Seite neu.")),
    413: (
        N_("Die Sendung ist zu groß"),
        N_("Bitte teilen Sie die Dateien auf mehrere Sendungen auf."),
    ),
    503: (
        N_("Laufzettel ist gerade nicht erreichbar"),
        N_(
            "Bitte versuchen Sie es in einer Minute erneut. Was Sie bestätigt haben, ist gespeichert."
        ),
    ),
}
_UNKNOWN: Final = (N_("Die Anfrage ist nicht möglich"), N_("Bitte gehen Sie zurück."))
_BROKEN: Final = (
    N_("Hier ist etwas schiefgegangen"),
    N_("Der Fehler ist aufgezeichnet. Bleibt es dabei, nennen Sie dem Betrieb die Uhrzeit."),
)
#: No power is missing, though the answer is a refusal as well.
_EXPIRED: Final = N_("Das Formular ist abgelaufen")
#: The first class that fits decides.
_CODES: Final[tuple[tuple[type[LaufzettelError], int], ...]] = (
    (NotFoundError, 404),
    (ForbiddenError, 403),
    (ConflictError, 409),
    (InputError, 400),
    (UnavailableError, 503),
)


def register(app: Flask) -> None:
    """Answer every error of the application: with a page, or to a program with a problem."""

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response | HTTPException:
        return _problem_of_http(error) if _is_program() else _page_of_http(error)

    @app.errorhandler(LaufzettelError)
    def of_operation(error: LaufzettelError) -> Response:
        return problem_of(error) if _is_program() else _page_of_operation(error)

    @app.errorhandler(sa.exc.OperationalError)
    @app.errorhandler(sa.exc.TimeoutError)
    def of_database(error: sa.exc.SQLAlchemyError) -> Response:
        if _is_program():
            return problem_of(error)
        app.logger.warning("the database does not answer: %s", error)
        return error_page(503)


def _is_program() -> bool:
    """Say whether the address is one for programs, whose answers are JSON even when it is wrong."""
    return request.path.startswith("/api/") or request.path == "/metrics"


def _problem_of_http(error: HTTPException) -> Response:
    cause = error.original_exception if isinstance(error, InternalServerError) else None
    return problem_of(cause if isinstance(cause, Exception) else error)


def _page_of_http(error: HTTPException) -> Response | HTTPException:
    code = error.code or 500
    if code < 400:
        return error  # a redirection
    if code == 401:
        return sign_in_first()
    page = error_page(code)
    for name, value in error.get_headers():
        if name.lower() != "content-type":
            page.headers.setdefault(name, value)  # above all Allow
    return page


def _page_of_operation(error: LaufzettelError) -> Response:
    """Show the sentence of the error, which is written for people."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), 500)
    if code == 500:
        current_app.logger.exception("an error of operation", exc_info=error)
    is_old = isinstance(error, guard.FormExpiredError)
    return error_page(code, str(error), title=_EXPIRED if is_old else "")


def sign_in_first() -> Response:
    """Return the way to the login; what was typed into a form goes along and is not lost."""
    from laufzettel.web.auth.views import login_page

    if request.method in ("GET", "HEAD"):
        target = request.full_path.rstrip("?")
        return redirect(url_for("auth.login", next=None if target == "/" else target))  # type: ignore[return-value]
    if request.path.endswith("/entwurf"):  # asked for by a script: there is no page to show
        return make_response("", 401)
    return login_page(code=401)  # type: ignore[return-value]


def error_page(code: int, text: str | None = None, *, title: str = "") -> Response:
    """Return the page for a code, with the given words in place of the usual ones."""
    known, usual = _BROKEN if code == 500 else _WORDS.get(code, _UNKNOWN)
    html = render_template(
        "error.html",
        code=code,
        title=i18n.gettext(title or known),
        text=text or i18n.gettext(usual),
        typed=_typed(),
        back=_back(),
    )
    page = make_response(html, code)
    if code == 503:
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
    return page


#: Fields that belong to the page and not to the person, and those nobody may see again.
_NOT_TYPED: Final = frozenset(
    {"csrf", "once", "displayed", "token", "next", "kept", "password", "tenant"}
    | {"then", "aufgabe", "person", "language"}
)
#: As much of what was typed as a page shows again.
_TYPED_MAX: Final = 20_000


def _typed() -> list[str]:
    """Return what was typed into the form that failed, so that nobody has to think anew.

    The names of the fields are left out: they are the program's, not those on the page.
    """
    if request.method != "POST":
        return []
    try:
        given = list(request.form.items(multi=True))
    except HTTPException:  # too large to be read: that is what went wrong
        return []
    return [value[:_TYPED_MAX] for key, value in given[:50] if key not in _NOT_TYPED and value]


def _back() -> str | None:
    """Return the page of ours on which the form stood."""
    from laufzettel.web.auth import kept

    origin = request.headers.get("Referer", "")
    own = request.host_url.rstrip("/")
    return kept.safe_path(origin.removeprefix(own)) if origin.startswith(own) else None
