"""The cookies of the pages: who is signed in, and which browser asked for the login form.

``__Host-`` binds a cookie to this host and to https, so no neighbour can plant one. Over plain
http a browser would drop it; there only the demonstration runs, under a plain name.
"""

from __future__ import annotations

from typing import Final

from flask import request
from werkzeug.wrappers import Response

from laufzettel.records.accounts import SESSION_MAX
from laufzettel.web.parts import parts

#: Longer is no token of ours.
TOKEN_MAX: Final = 100
_LANGUAGE_DAYS: Final = 365
LANGUAGE: Final = "laufzettel-language"


def _is_plain() -> bool:
    return parts().is_demo and not request.is_secure


def session_name() -> str:
    """Return the name of the session's cookie here."""
    return "laufzettel" if _is_plain() else "__Host-laufzettel"


def login_name() -> str:
    """Return the name of the login form's cookie here."""
    return "laufzettel-login" if _is_plain() else "__Host-laufzettel-login"


def put(response: Response, name: str, value: str) -> None:
    """Let the browser keep a cookie that no script can read and no other site can use."""
    response.set_cookie(
        name,
        value,
        max_age=SESSION_MAX,
        secure=not _is_plain(),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def drop(response: Response, name: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(name, secure=not _is_plain(), httponly=True, samesite="Lax", path="/")


def put_language(response: Response, language: str) -> None:
    """Let the browser remember its language; that is no secret."""
    response.set_cookie(
        LANGUAGE,
        language,
        max_age=_LANGUAGE_DAYS * 24 * 3600,
        secure=not _is_plain(),
        httponly=True,
        samesite="Lax",
    )
