"""What goes wrong, as RFC 9457 tells it: a stable type and code, a German sentence, what to do.

Nothing internal is ever in an answer. A confidential case is answered like one that is not
there, and a token that lacks a scope is told which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson
import sqlalchemy as sa
from flask import Response, current_app
from werkzeug.exceptions import HTTPException

from laufzettel import logs
from laufzettel.engine.api import DutyConflictError, FormError, NoPowerError, NotDeployableError
from laufzettel.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    LaufzettelError,
    NotFoundError,
    UnavailableError,
)
from laufzettel.records.accounts import BlockedError
from laufzettel.records.api_requests import OtherRequestError, StillRunningError
from laufzettel.web.api.findings import finding_of
from laufzettel.web.api.shapes import FieldFault, ShapeError, write

#: Where the documentation of the types stands.
DOCS: Final = "/api/v1/"
MEDIA_TYPE: Final = "application/problem+json"
#: Seconds after which the same request may be sent again.
RETRY_S: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of problem: its code is stable, its title the same each time."""

    code: str
    status: int
    title: str
    remedy: str  # what to do about it


_KINDS: Final = (
    Kind(
        code="unreadable",
        status=400,
        title="Die Anfrage ist nicht lesbar",
        remedy="Den Body als JSON in UTF-8 senden, jeden Namen in einem Objekt nur einmal.",
    ),
    Kind(
        code="key_missing",
        status=400,
        title="Der Idempotency-Key fehlt",
        remedy="Jedem POST einen eigenen Kopf „Idempotency-Key“ mitgeben (1 bis 200 Zeichen, zum "
        "Beispiel eine UUID) und ihn bei einer Wiederholung beibehalten.",
    ),
    Kind(
        code="not_authenticated",
        status=401,
        title="Der Zugang fehlt oder gilt nicht",
        remedy="Den Kopf „Authorization: Bearer lz_…“ mit einem gültigen Zugang senden; einen neuen "
        "legt „laufzettel tokens create“ an.",
    ),
    Kind(
        code="forbidden",
        status=403,
        title="Dafür fehlt die Berechtigung",
        remedy="Den Zugang mit dem genannten Recht anlegen oder die zuständige Person fragen.",
    ),
    Kind(
        code="not_found",
        status=404,
        title="Das gibt es hier nicht",
        remedy="Adresse und Kennung prüfen; Vertrauliches und Fremdes wird nicht genannt.",
    ),
    Kind(
        code="method_not_allowed",
        status=405,
        title="Diese Methode gibt es hier nicht",
        remedy="Eine der Methoden im Kopf „Allow“ nehmen.",
    ),
    Kind(
        code="conflict",
        status=409,
        title="Der Stand hat sich geändert",
        remedy="Den Stand neu lesen und entscheiden, ob die Anfrage noch richtig ist.",
    ),
    Kind(
        code="still_running",
        status=409,
        title="Dieselbe Anfrage läuft noch",
        remedy="Nach der Zeit in „Retry-After“ mit demselben Schlüssel wiederholen.",
    ),
    Kind(
        code="too_large",
        status=413,
        title="Die Anfrage ist zu groß",
        remedy="Weniger auf einmal senden; die Grenze steht in der Beschreibung.",
    ),
    Kind(
        code="wrong_media_type",
        status=415,
        title="Der Body hat nicht die verlangte Art",
        remedy="Den verlangten „Content-Type“ (meist application/json) ohne Komprimierung senden.",
    ),
    Kind(
        code="invalid",
        status=422,
        title="Die Angaben sind so nicht möglich",
        remedy="Die Felder in „errors“ berichtigen und mit einem neuen Schlüssel senden.",
    ),
    Kind(
        code="key_reused",
        status=422,
        title="Der Schlüssel gehört zu einer anderen Anfrage",
        remedy="Für jede neue Anfrage einen neuen Idempotency-Key nehmen.",
    ),
    Kind(
        code="too_many_failures",
        status=429,
        title="Zu viele Fehlversuche",
        remedy="Die Zeit in „Retry-After“ abwarten und den Zugang prüfen.",
    ),
    Kind(
        code="broken",
        status=500,
        title="Hier ist etwas schiefgegangen",
        remedy="Dem Betrieb die X-Request-Id nennen; unter ihr steht der Fehler im Protokoll.",
    ),
    Kind(
        code="unavailable",
        status=503,
        title="Laufzettel ist gerade nicht erreichbar",
        remedy="Nach der Zeit in „Retry-After“ mit demselben Schlüssel wiederholen.",
    ),
)
#: Every kind of problem by its code.
KINDS: Final = {kind.code: kind for kind in _KINDS}
_OF_STATUS: Final = {kind.status: kind.code for kind in reversed(_KINDS)}
#: The first class that fits decides.
_CODES: Final[tuple[tuple[type[LaufzettelError], str], ...]] = (
    (OtherRequestError, "key_reused"),
    (StillRunningError, "still_running"),
    (BlockedError, "too_many_failures"),
    (NotFoundError, "not_found"),
    (ForbiddenError, "forbidden"),
    (ConflictError, "conflict"),
    (InputError, "invalid"),
    (UnavailableError, "unavailable"),
)
#: After these the same request may succeed later; their answer is not kept for its key.
PASSING: Final = frozenset({"conflict", "still_running", "broken", "unavailable"})


class ProblemError(LaufzettelError):
    """Die Anfrage ist nicht möglich."""

    def __init__(self, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        self.code = code
        self.headers = headers or {}
        super().__init__(detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem as it is answered."""

    kind: Kind
    detail: str
    errors: tuple[FieldFault, ...] = ()
    headers: dict[str, str]
    more: dict[str, Any]

    def as_json(self) -> str:
        """Return the body of the answer."""
        body: dict[str, Any] = {
            "type": f"{DOCS}#{self.kind.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "code": self.kind.code,
            "detail": self.detail,
            "remedy": self.kind.remedy,
            "request_id": logs.current().get("request_id", ""),
            **self.more,
        }
        if self.errors:
            body["errors"] = [
                {"pointer": f"#{one.pointer}", "detail": one.detail} for one in self.errors
            ]
        return orjson.dumps(body).decode()

    def response(self) -> Response:
        """Return the answer."""
        return Response(self.as_json(), self.kind.status, self.headers, content_type=MEDIA_TYPE)


def of_error(error: Exception) -> Problem:
    """Return what an error is to whoever asked."""
    if isinstance(error, ProblemError):
        return _problem(error.code, str(error), headers=error.headers)
    if isinstance(error, LaufzettelError):
        return _of_operation(error)
    if isinstance(error, sa.exc.OperationalError | sa.exc.TimeoutError):
        return _problem("unavailable", "Die Datenbank antwortet nicht.", retry_s=10)
    if isinstance(error, HTTPException) and error.code is not None and error.code != 500:
        return _of_http(error, error.code)
    return _problem("broken", "Der Fehler ist aufgezeichnet.")


def note(error: Exception, problem: Problem) -> None:
    """Write down what nobody expected; what was not even an error of ours, Flask has noted."""
    if problem.kind.code == "broken" and isinstance(error, LaufzettelError):
        current_app.logger.error("a bug answered with 500", exc_info=error)
    elif problem.kind.code == "unavailable":
        current_app.logger.warning("the database does not answer")


def _of_operation(error: LaufzettelError) -> Problem:
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "broken")
    if code == "broken":
        return _problem("broken", "Der Fehler ist aufgezeichnet.")
    retry_s = RETRY_S if code == "still_running" else None
    if isinstance(error, BlockedError):
        retry_s = max(1, round(error.left.total_seconds()))
    return _problem(code, str(error), errors=_faults(error), retry_s=retry_s, more=_more(error))


def _faults(error: LaufzettelError) -> tuple[FieldFault, ...]:
    if isinstance(error, ShapeError):
        return error.faults
    if isinstance(error, FormError):
        return tuple(FieldFault(f"/values/{key}", text) for key, text in error.fields.items())
    return ()


def _more(error: LaufzettelError) -> dict[str, Any]:
    """Return what else a program can use: who may sign instead, what the lint found."""
    if isinstance(error, DutyConflictError | NoPowerError):
        return {"allowed": list(error.allowed)}
    if isinstance(error, NotDeployableError):
        return {"findings": [write(finding_of(one)) for one in error.findings]}
    return {}


def _of_http(error: HTTPException, status: int) -> Problem:
    code = _OF_STATUS.get(status, "unreadable" if status < 500 else "broken")
    headers = {
        name: value
        for name, value in error.get_headers()
        if name.lower() in ("allow", "retry-after")
    }
    return _problem(code, _HTTP_DE.get(code, KINDS[code].title + "."), headers=headers)


_HTTP_DE: Final = {
    "not_found": "Unter dieser Adresse gibt es nichts.",
    "too_large": "Der Body ist größer, als hier gelesen wird.",
}


def _problem(
    code: str,
    detail: str,
    *,
    errors: tuple[FieldFault, ...] = (),
    headers: dict[str, str] | None = None,
    retry_s: int | None = None,
    more: dict[str, Any] | None = None,
) -> Problem:
    given = dict(headers or {})
    if retry_s is not None:
        given["Retry-After"] = str(retry_s)
    return Problem(kind=KINDS[code], detail=detail, errors=errors, headers=given, more=more or {})
