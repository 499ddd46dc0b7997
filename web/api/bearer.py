"""Who asks by a token: ``Authorization: Bearer lz_…``, and nothing else.

A cookie of the pages is worth nothing here, so no page of another site can ask in somebody's
name. A right token is never held up; wrong ones are counted for each address, and beyond fifty
in a row refused without a look, longer each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from flask import g, request

from laufzettel.identity import Actor
from laufzettel.records import accounts, api_tokens
from laufzettel.records.api_tokens import ApiToken, Scope
from laufzettel.web.api.problems import ProblemError
from laufzettel.web.parts import parts

_REALM: Final = 'Bearer realm="laufzettel"'
#: A header that is longer is no token.
_HEADER_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks in this request."""

    token: ApiToken
    actor: Actor


def caller() -> Caller:
    """Return who asks; only behind ``authenticate``."""
    return cast(Caller, g.caller)


def tenant_of_caller() -> str | None:
    """Return the tenant that the caller belongs to; None for this machine itself."""
    return caller().token.tenant if "caller" in g else None


def authenticate(scope: Scope) -> None:
    """Note who asks; raises ProblemError unless the token is good and has the scope."""
    if scope is Scope.METRICS and _is_this_machine():
        return
    db, secret = parts().db, _secret()
    with db.read() as connection:
        now = db.now(connection)
        token = api_tokens.find(connection, secret, now=now) if secret else None
        actor = None if token is None else api_tokens.actor_of(connection, token, scope, now=now)
    if token is None or actor is None:
        _refuse(given=bool(secret))
    else:
        _check_scope(token, scope)
        g.caller = Caller(token=token, actor=actor)
        if token.needs_touch(now):
            with db.write(durable=False) as connection:
                api_tokens.touch(connection, token.id, now=now)


def _is_this_machine() -> bool:
    """Say whether this machine asks, and the setting lets it; never through a proxy on it."""
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
    is_local = request.remote_addr in ("127.0.0.1", "::1")
    return parts().metrics_on_loopback and is_local and not forwarded


def _secret() -> str:
    header = request.headers.get("Authorization", "")
    kind, _, secret = header.partition(" ")
    return secret.strip() if kind.lower() == "bearer" and len(header) <= _HEADER_MAX else ""


def _check_scope(token: ApiToken, scope: Scope) -> None:
    if scope not in token.scopes:
        challenge = f'{_REALM}, error="insufficient_scope", scope="{scope}"'
        raise ProblemError(
            "forbidden",
            f"Diesem Zugang fehlt das Recht „{scope}“.",
            {"WWW-Authenticate": challenge},
        )


def _refuse(*, given: bool) -> None:
    """Raise what a wrong or missing token deserves, and count the wrong one."""
    if given:
        _count()
        challenge, detail = f'{_REALM}, error="invalid_token"', "Dieser Zugang gilt nicht."
    else:
        challenge, detail = _REALM, "Es fehlt ein Zugang."
    raise ProblemError("not_authenticated", detail, {"WWW-Authenticate": challenge})


def _count() -> None:
    keys, db = [accounts.address_key(f"api:{request.remote_addr}")], parts().db
    with db.read() as connection:
        now = db.now(connection)
        accounts.check_blocked(connection, keys, now=now)
    with db.write(durable=False) as connection:
        accounts.note_failure(connection, keys, now=now)
