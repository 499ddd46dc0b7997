"""Login, logout, deputy and language: everything that changes who sits before the page."""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from laufzettel.errors import LaufzettelError
from laufzettel.records import accounts
from laufzettel.web import i18n
from laufzettel.web.auth import cookies, kept
from laufzettel.web.auth.guard import FormExpiredError, mine, now, public, session, signed_in
from laufzettel.web.parts import parts

blueprint = Blueprint("auth", __name__)

#: Longest names that are looked up; longer ones are nobody.
NAME_MAX: Final = 100


@blueprint.get("/anmelden")
@public
def login() -> Response:
    """Show the form; in the demonstration everybody stands there with one button."""
    if session() is not None:
        return redirect(_next_page())
    return login_page()


@blueprint.post("/anmelden")
@public
def sign_in() -> Response:
    """Open a session with a new id; a wrong password says no more than that."""
    _check_login_form()
    tenant = request.form.get("tenant", "")[:NAME_MAX]
    name = request.form.get("login", "").strip()[:NAME_MAX]
    try:
        if parts().is_demo and "password" not in request.form:
            _check_demo(tenant, name)
        else:
            check_password(tenant, name, request.form.get("password", ""))
    except LaufzettelError as error:
        return login_page(error=str(error), tenant=tenant, name=name, code=403)
    return _signed_in(tenant, name)


@blueprint.post("/abmelden")
@signed_in
def sign_out() -> Response:
    """End the session on the server."""
    with parts().db.write() as connection:
        accounts.close_session(connection, mine().id)
    response = redirect(url_for("auth.login"))
    cookies.drop(response, cookies.session_name())
    return response


@blueprint.post("/vertretung")
@signed_in
def represent() -> Response:
    """Act as somebody's deputy from now on, or for oneself again."""
    with parts().db.write() as connection:
        accounts.represent(connection, mine(), request.form.get("person") or None, now=now())
    return redirect(url_for("home"))


@blueprint.post("/sprache")
@public
def language() -> Response:
    """Show the pages in German or English from now on."""
    chosen = request.form.get("language", "")
    if chosen not in i18n.LANGUAGES:
        abort(400)
    response = redirect(_next_page())
    cookies.put_language(response, chosen)
    return response


def login_page(*, error: str = "", tenant: str = "", name: str = "", code: int = 200) -> Response:
    """Return the login form; what was typed into a form when the session ended is kept in it."""
    token = request.cookies.get(cookies.login_name()) or secrets.token_urlsafe(32)
    with parts().db.read() as connection:
        tenants = accounts.tenant_names(connection)
        people = accounts.without_password(connection) if parts().is_demo else []
    html = render_template(
        "auth/login.html",
        error=error,
        tenants=tenants,
        tenant=tenant,
        name=name,
        people=people,
        token=token,
        next=kept.safe_path(request.form.get("next") or request.args.get("next", "")),
        kept=kept.from_request(),
    )
    response = make_response(html, code)
    cookies.put(response, cookies.login_name(), token)
    return response


def check_password(tenant: str, name: str, password: str) -> None:
    """Return only when the password is right; slow down whoever guesses."""
    keys = [accounts.login_key(tenant, name), accounts.address_key(request.remote_addr)]
    db = parts().db
    with db.read() as connection:
        moment = db.now(connection)
        accounts.check_blocked(connection, keys, now=moment)
        hashed = accounts.stored_hash(connection, tenant, name)
    # Outside any transaction: it is meant to be slow.
    is_right = accounts.is_password(password, hashed)
    with db.write() as connection:
        if is_right:
            accounts.forget_failures(connection, keys[:1])
        else:
            accounts.note_failure(connection, keys, now=moment)
    if not is_right:
        raise accounts.WrongPasswordError


def _check_demo(tenant: str, name: str) -> None:
    with parts().db.read() as connection:
        known = {(one.tenant, one.login) for one in accounts.without_password(connection)}
    if (tenant, name) not in known:
        raise accounts.WrongPasswordError


def _check_login_form() -> None:
    """Raise FormExpiredError unless form and cookie come from the same page of ours."""
    cookie = request.cookies.get(cookies.login_name(), "")
    given = request.form.get("token", "")
    if not cookie or not hmac.compare_digest(cookie.encode(), given.encode()):
        raise FormExpiredError


def _signed_in(tenant: str, name: str) -> Response:
    before = request.cookies.get(cookies.session_name(), "")
    db = parts().db
    with db.write() as connection:
        if before:
            accounts.close_session(connection, accounts.token_id(before))
        token = accounts.open_session(connection, tenant, name, now=db.now(connection))
    kept.save_drafts(tenant, token)
    response = redirect(_next_page())
    cookies.put(response, cookies.session_name(), token)
    cookies.drop(response, cookies.login_name())
    return response


def _next_page() -> str:
    return kept.safe_path(request.form.get("next", "")) or url_for("home")
