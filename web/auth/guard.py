"""Who asks: every request is refused unless its route says otherwise.

Each view carries exactly one mark: ``@public``, ``@signed_in``, ``@needs(…)``, or for programs
``@by_token(…)``. An application with an unmarked route does not start, so that nobody can
forget it.
"""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar, cast

import sqlalchemy as sa
from flask import Flask, abort, current_app, g, request
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from laufzettel.errors import ForbiddenError, NotFoundError
from laufzettel.identity import Actor, Right
from laufzettel.records import accounts, people
from laufzettel.records.accounts import Session
from laufzettel.records.api_tokens import Scope
from laufzettel.web.auth import cookies
from laufzettel.web.parts import parts

View = TypeVar("View", bound=Callable[..., Any])

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: Field of every form: proof that the form is ours and of this session.
CSRF_FIELD: Final = "csrf"
_MARK: Final = "laufzettel_access"

#: Rights of which one is needed, empty: signed in; a token's scope; None: public.
Access = frozenset[Right] | Scope | None


class FormExpiredError(ForbiddenError):
    """Dieses Formular ist abgelaufen. Bitte gehen Sie zurück, laden Sie die Seite neu und \
senden Sie es noch einmal; Ihre Eingaben stehen noch dort."""


def public(view: View) -> View:
    """Let everybody in, signed in or not."""
    return _marked(view, None)


def signed_in(view: View) -> View:
    """Let in whoever is signed in."""
    return _marked(view, frozenset())


def needs(*rights: Right) -> Callable[[View], View]:
    """Let in whoever has one of the rights."""
    return lambda view: _marked(view, frozenset(rights))


def by_token(scope: Scope) -> Callable[[View], View]:
    """Let in programs whose token has the scope; a cookie is worth nothing there."""
    return lambda view: _marked(view, scope)


def _marked(view: View, access: Access) -> View:
    setattr(view, _MARK, access)
    return view


def access_of(app: Flask, endpoint: str) -> Access:
    """Return what a route asks of those who call it."""
    access: Access = getattr(app.view_functions[endpoint], _MARK)
    return access


def register(app: Flask) -> None:
    """Ask before every request of the application; refuse to start with an unmarked route."""
    app.before_request(_ask)
    if app.has_static_folder:
        public(cast(Any, app.view_functions["static"]))


def check_marks(app: Flask) -> None:
    """Raise LookupError naming every route without a mark."""
    unmarked = [name for name, view in app.view_functions.items() if not hasattr(view, _MARK)]
    if unmarked:
        raise LookupError(f"routes without an access mark: {', '.join(sorted(unmarked))}")


def session() -> Session | None:
    """Return who is signed in, None when nobody is."""
    return cast("Session | None", g.get("session"))


def mine() -> Session:
    """Return who is signed in, for views that let in nobody else."""
    found = session()
    if found is None:
        raise Unauthorized
    return found


def actor() -> Actor:
    """Return the person of this request as an actor."""
    return cast(Actor, g.actor)


def now() -> datetime:
    """Return the moment of this request."""
    if "now" not in g:
        with parts().db.read() as connection:
            g.now = parts().db.now(connection)
    return cast(datetime, g.now)


def _ask() -> Response | None:
    g.session = None
    if request.endpoint == "static":
        return None
    if request.endpoint is None:  # no such page; its frame shows who is signed in
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            _recognise()
        return None
    access: Access = getattr(current_app.view_functions[request.endpoint], _MARK)
    if isinstance(access, Scope):
        from laufzettel.web.api.bearer import authenticate

        authenticate(access)
        return None
    if access is not None or request.cookies.get(cookies.session_name()):
        _recognise()
    if access is None:
        return None
    if g.session is None:
        raise Unauthorized
    if access and not access & g.actor.rights:
        abort(403)
    _refuse_foreign_form()  # last: it reads the whole form, files and all
    return None


def _recognise() -> None:
    """Read who is signed in, and note that the browser is still there."""
    token = request.cookies.get(cookies.session_name(), "")
    if not token or len(token) > cookies.TOKEN_MAX:
        return
    db = parts().db
    with db.read() as connection:
        g.now = db.now(connection)
        found = accounts.load_session(connection, token, now=g.now)
        if found is None:
            return
        g.represented = people.represented(connection, found.tenant, found.person, at=g.now)
        try:
            g.actor = accounts.actor_of(connection, found, g.represented, now=g.now)
        except NotFoundError:
            return
    g.session = found
    if found.needs_touch(g.now):
        with db.write(durable=False) as connection:
            accounts.touch(connection, found.id, now=g.now)


def _refuse_foreign_form() -> None:
    """Raise FormExpiredError for a change that does not come from a form of this session."""
    if request.method in _SAFE:
        return
    # Fetch Metadata says more than Origin and cannot be set by a page; old browsers lack it.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise FormExpiredError
    given = request.form.get(CSRF_FIELD, "")
    if not hmac.compare_digest(given.encode(), g.session.csrf.encode()):
        raise FormExpiredError
