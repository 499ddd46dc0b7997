"""Tokens of programs: what each may ask for, for whom it acts, and until when.

A token is 256 random bits and is shown once; the row holds its SHA-256, so that nobody who
reads the table can use it, and finding it by that digest takes the same time for every guess.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.errors import ConflictError, InputError, NotFoundError
from laufzettel.identity import Actor, Right
from laufzettel.ids import new_id
from laufzettel.records import people
from laufzettel.records.tables import account, api_token, person, tenant

#: How every token begins, so that it is recognised where it must not lie (a log, a repository).
PREFIX: Final = "lz_"
#: ``used_at`` is written at most so often: a request is not a write.
USED_EVERY: Final = timedelta(minutes=1)
#: Longest life of a token, in days: a key that nobody renews is a key that nobody knows of.
DAYS_MAX: Final = 366
NAME_MAX: Final = 100

_SECRET: Final = re.compile(r"lz_[A-Za-z0-9_-]{43}", re.ASCII)


class Scope(StrEnum):
    """What a token may ask for; each route names exactly one."""

    MODELS_READ = "models:read"  # list the deployed versions
    MODELS_DEPLOY = "models:deploy"  # check and deploy models
    MODELS_APPROVE = "models:approve"  # release what another proposes; only for a person
    CASES_READ = "cases:read"  # list cases, read what happened and their variables
    CASES_START = "cases:start"  # start cases
    CASES_OPERATE = "cases:operate"  # suspend, resume, cancel
    TASKS_READ = "tasks:read"  # list and read tasks
    TASKS_WORK = "tasks:work"  # claim, give back, complete; only for a person
    MESSAGES_PUBLISH = "messages:publish"  # publish messages and signals
    INCIDENTS_READ = "incidents:read"  # list incidents
    INCIDENTS_RETRY = "incidents:retry"  # try again, settle
    DECISIONS_READ = "decisions:read"  # how a case's decisions came about
    CONFIDENTIAL_READ = "confidential:read"  # lets a machine's reading scopes see those as well
    INVOICES_SEND = "invoices:send"  # hand in invoices
    INVOICES_READ = "invoices:read"  # list and read what the Eingangsbuch knows of them
    ORDERS_WRITE = "orders:write"  # bring the order list up to date
    ORDERS_READ = "orders:read"  # read the order list
    METRICS = "metrics"  # read /metrics


#: Scope → the rights with which the engine is asked under it: a call never carries more.
#: A person's are cut down to those of the account. A machine has no READ, for which nothing is
#: confidential, unless it has the scope for it.
RIGHTS: Final[dict[Scope, frozenset[Right]]] = {
    Scope.MODELS_READ: frozenset(Right),
    Scope.MODELS_DEPLOY: frozenset({Right.DEPLOY}),
    Scope.MODELS_APPROVE: frozenset({Right.DEPLOY}),
    Scope.CASES_READ: frozenset({Right.READ, Right.WORK, Right.OPERATE}),
    Scope.CASES_START: frozenset({Right.START}),
    Scope.CASES_OPERATE: frozenset({Right.OPERATE}),
    Scope.TASKS_READ: frozenset({Right.READ, Right.WORK, Right.OPERATE}),
    Scope.TASKS_WORK: frozenset({Right.WORK}),
    Scope.MESSAGES_PUBLISH: frozenset({Right.START}),
    Scope.INCIDENTS_READ: frozenset({Right.READ, Right.OPERATE}),
    Scope.INCIDENTS_RETRY: frozenset({Right.OPERATE}),
    Scope.DECISIONS_READ: frozenset({Right.READ, Right.WORK, Right.OPERATE}),
    Scope.CONFIDENTIAL_READ: frozenset({Right.READ}),
    Scope.INVOICES_SEND: frozenset({Right.START}),
    Scope.INVOICES_READ: frozenset({Right.READ, Right.WORK, Right.OPERATE}),
    Scope.ORDERS_WRITE: frozenset({Right.OPERATE}),
    Scope.ORDERS_READ: frozenset({Right.READ, Right.WORK, Right.OPERATE}),
    Scope.METRICS: frozenset(),
}
#: Only a person works on tasks, signs and releases; a machine never does (decision 16).
PERSONAL: Final = frozenset({Scope.TASKS_READ, Scope.TASKS_WORK, Scope.MODELS_APPROVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as lists show it; what opens the door is not in it."""

    id: str
    tenant: str
    name: str
    scopes: frozenset[Scope]
    login: str | None  # of the account that it acts for; None: a machine
    created_at: datetime
    valid_until: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Say whether it opens the door at that moment."""
        return self.revoked_at is None and now < self.valid_until

    def needs_touch(self, now: datetime) -> bool:
        """Say whether the last note of its use is old enough for another."""
        return self.used_at is None or self.used_at < now - USED_EVERY


# Built once: every request runs them.
_FIND: Final = sa.select(api_token).where(api_token.c.sha256 == sa.bindparam("of_sha256"))
_TOUCH: Final = sa.update(api_token).where(api_token.c.id == sa.bindparam("of_id"))
_ACCOUNT: Final = (
    sa.select(account.c.person, account.c.rights)
    .join(person, sa.and_(person.c.tenant == account.c.tenant, person.c.id == account.c.person))
    .where(
        account.c.tenant == sa.bindparam("of_tenant"),
        account.c.login == sa.bindparam("of_login"),
        person.c.is_active,
    )
)


def create(
    connection: sa.Connection,
    tenant_id: str,
    *,
    name: str,
    scopes: Sequence[Scope],
    login: str | None,
    days: int,
    now: datetime,
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is stored nowhere.

    Raises NotFoundError for an unknown tenant or account, InputError for a scope that a machine
    may not have or for which the account has no right, ConflictError for a name that lives.
    """
    _check(connection, tenant_id, name=name, scopes=scopes, days=days)
    rights = _rights_of(connection, tenant_id, login)
    for scope in scopes:
        _check_scope(scope, login, rights)
    if any(one.name == name and one.is_valid(now) for one in listed(connection, tenant_id)):
        raise ConflictError(f"Ein gültiger Zugang „{name}“ besteht schon; bitte anders nennen.")
    secret = PREFIX + secrets.token_urlsafe(32)
    row: dict[str, Any] = {
        "id": new_id(),
        "tenant": tenant_id,
        "name": name,
        "scopes": sorted(scopes),
        "login": login,
        "created_at": now,
        "valid_until": now + timedelta(days=days),
        "used_at": None,
        "revoked_at": None,
    }
    connection.execute(sa.insert(api_token).values(**row, sha256=_digest(secret)))
    return ApiToken(**{**row, "scopes": frozenset(scopes)}), secret


def find(connection: sa.Connection, secret: str, *, now: datetime) -> ApiToken | None:
    """Return the token that the secret opens, None for one that is wrong, over or revoked."""
    if not _SECRET.fullmatch(secret):
        return None
    row = connection.execute(_FIND, {"of_sha256": _digest(secret)}).one_or_none()
    found = None if row is None else _as_token(row)
    return found if found is not None and found.is_valid(now) else None


def actor_of(
    connection: sa.Connection, token: ApiToken, scope: Scope, *, now: datetime
) -> Actor | None:
    """Return who acts when the token is used under one of its scopes; None if nobody any more.

    The rights are those of this scope alone, and of a person never more than the account's.
    """
    rights = set(RIGHTS[scope])
    if token.login is None:
        rights -= {Right.WORK}
        if Scope.CONFIDENTIAL_READ not in token.scopes:
            rights -= {Right.READ}
        return Actor(
            tenant=token.tenant, name=token.name, rights=frozenset(rights), machine=token.id
        )
    given = _account(connection, token.tenant, token.login)
    if given is None:
        return None
    rights &= {Right(right) for right in given.rights}
    which = token.tenant, given.person
    found = people.actor(connection, *which, at=now, rights=frozenset(rights))
    return replace(found, machine=token.id)


def person_of(connection: sa.Connection, token: ApiToken) -> str | None:
    """Return the person that the token acts for, None for a machine."""
    given = None if token.login is None else _account(connection, token.tenant, token.login)
    return None if given is None else str(given.person)


def touch(connection: sa.Connection, token_id: str, *, now: datetime) -> None:
    """Note that the token was used."""
    connection.execute(_TOUCH, {"of_id": token_id, "used_at": now})


def revoke(connection: sa.Connection, tenant_id: str, token_id: str, *, now: datetime) -> ApiToken:
    """End the token at once and return it; NotFoundError for one that is not there or over."""
    mine = sa.and_(api_token.c.tenant == tenant_id, api_token.c.id == token_id)
    row = connection.execute(
        sa.update(api_token)
        .where(mine, api_token.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(*api_token.c)
    ).one_or_none()
    if row is None:
        raise NotFoundError("Diesen Zugang gibt es bei diesem Mandanten nicht, oder er ist zu.")
    return _as_token(row)


def listed(connection: sa.Connection, tenant_id: str) -> list[ApiToken]:
    """Return the tenant's tokens, the newest first, those that are over as well."""
    rows = connection.execute(
        sa.select(api_token)
        .where(api_token.c.tenant == tenant_id)
        .order_by(api_token.c.id.desc())
        .limit(500)
    )
    return [_as_token(row) for row in rows]


def parse_scope(text: str) -> Scope:
    """Return the scope of that name; raises InputError naming those there are."""
    if text not in set(Scope):
        raise InputError(f"„{text}“ gibt es nicht. Möglich sind: {', '.join(Scope)}.")
    return Scope(text)


def _check(
    connection: sa.Connection, tenant_id: str, *, name: str, scopes: Sequence[Scope], days: int
) -> None:
    known = connection.execute(sa.select(tenant.c.id).where(tenant.c.id == tenant_id)).first()
    if known is None:
        raise NotFoundError(f"Den Mandanten „{tenant_id}“ gibt es hier nicht.")
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise InputError(f"Ein Zugang braucht einen Namen von 1 bis {NAME_MAX} Zeichen.")
    if not scopes:
        raise InputError("Ein Zugang braucht mindestens ein Recht.")
    if not 1 <= days <= DAYS_MAX:
        raise InputError(f"Ein Zugang gilt 1 bis {DAYS_MAX} Tage.")


def _check_scope(scope: Scope, login: str | None, rights: frozenset[Right] | None) -> None:
    if rights is None:
        if scope in PERSONAL:
            raise InputError(
                f"„{scope}“ bekommt nur der Zugang einer Person (mit Konto): Aufgaben erledigt "
                "und zeichnet keine Maschine, und sie gibt nichts frei."
            )
        return
    if RIGHTS[scope] and not RIGHTS[scope] & rights:
        raise InputError(f"Für „{scope}“ fehlt dem Konto „{login}“ das Recht.")


def _rights_of(
    connection: sa.Connection, tenant_id: str, login: str | None
) -> frozenset[Right] | None:
    if login is None:
        return None
    row = _account(connection, tenant_id, login)
    if row is None:
        raise NotFoundError(f"Das Konto „{login}“ gibt es bei diesem Mandanten nicht.")
    return frozenset(Right(right) for right in row.rights)


def _account(connection: sa.Connection, tenant_id: str, login: str) -> Any:
    return connection.execute(_ACCOUNT, {"of_tenant": tenant_id, "of_login": login}).one_or_none()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _as_token(row: Any) -> ApiToken:
    return ApiToken(
        id=row.id,
        tenant=row.tenant,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        login=row.login,
        created_at=row.created_at,
        valid_until=row.valid_until,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )
