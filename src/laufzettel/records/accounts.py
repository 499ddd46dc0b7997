"""Accounts: passwords, sessions of browsers, and what slows guessing down.

A session is a row that the server can end at once. The browser holds a random token, the row
its SHA-256, so that nobody who reads the table (a backup, an auditor) can pass for somebody.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import argon2
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.errors import ForbiddenError, InputError, NotFoundError
from laufzettel.identity import Actor, Right
from laufzettel.records import people
from laufzettel.records.tables import account, login_failure, person, tenant, web_session

#: A browser left alone is signed out after this time, any browser after a working day.
IDLE_MAX: Final = timedelta(hours=2)
SESSION_MAX: Final = timedelta(hours=12)
#: ``seen_at`` is written at most so often: a page view is not a write.
SEEN_EVERY: Final = timedelta(minutes=1)

#: Wrong passwords in a row that cost nothing; then a minute, doubled up to the longest.
FREE_FAILURES: Final = 5
#: The same from one address: behind it may sit a whole town hall.
FREE_FAILURES_ADDRESS: Final = 50
BLOCK_FIRST: Final = timedelta(minutes=1)
BLOCK_MAX: Final = timedelta(minutes=15)

PASSWORD_MIN: Final = 12
#: More is no password: hashing it would only cost time.
PASSWORD_MAX: Final = 200

#: argon2id with the parameters of RFC 9106, section 4, second recommended option.
_HASHER: Final = argon2.PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)

_ADDRESS: Final = "address:"
_FIRST: Final = {
    "sqlite": sqlite.insert(login_failure).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(login_failure).on_conflict_do_nothing(),
}


class WrongPasswordError(ForbiddenError):
    """Anmeldename oder Passwort stimmt nicht."""


class BlockedError(ForbiddenError):
    """Zu viele Fehlversuche; bitte später erneut versuchen."""

    def __init__(self, left: timedelta) -> None:
        self.left = left
        minutes = max(1, -(-int(left.total_seconds()) // 60))
        unit = "Minute" if minutes == 1 else "Minuten"
        super().__init__(
            f"Zu viele Fehlversuche. Bitte in {minutes} {unit} erneut versuchen; ein neues "
            "Passwort gibt Ihre Fachadministration."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in with which browser."""

    id: str
    tenant: str
    tenant_name: str
    login: str
    person: str
    name: str
    office: str
    rights: frozenset[Right]
    csrf: str
    deputy_for: str | None
    has_password: bool
    seen_at: datetime

    def needs_touch(self, now: datetime) -> bool:
        """Say whether the last note that somebody is there is old enough for another."""
        return self.seen_at < now - SEEN_EVERY


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of an active person, as lists show it."""

    tenant: str
    login: str
    name: str
    office: str
    has_password: bool


def hash_password(password: str) -> str:
    """Return the argon2id hash of a new password; InputError when it is too short or long.

    >>> hash_password("kurz")
    Traceback (most recent call last):
    ...
    laufzettel.errors.InputError: Ein Passwort braucht 12 bis 200 Zeichen.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise InputError(f"Ein Passwort braucht {PASSWORD_MIN} bis {PASSWORD_MAX} Zeichen.")
    return _HASHER.hash(password)


def token_id(token: str) -> str:
    """Return under which id the session of a cookie is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def login_key(tenant_id: str, login: str) -> str:
    """Return under which key the failures of an account are counted."""
    return f"login:{tenant_id}:{login}"


def address_key(address: str | None) -> str:
    """Return under which key the failures from an address are counted."""
    return f"{_ADDRESS}{address}"


def block_after(key: str, failures: int) -> timedelta:
    """Return how long an account or address is blocked after so many failures in a row.

    >>> [block_after("login:a:b", n).total_seconds() for n in (4, 5, 6, 9, 60)]
    [0.0, 60.0, 120.0, 900.0, 900.0]
    >>> [block_after("address:192.0.2.7", n).total_seconds() for n in (49, 50)]
    [0.0, 60.0]
    """
    free = FREE_FAILURES_ADDRESS if key.startswith(_ADDRESS) else FREE_FAILURES
    if failures < free:
        return timedelta(0)
    doublings = min(failures - free, 10)
    return min(BLOCK_FIRST * (1 << doublings), BLOCK_MAX)


def check_blocked(connection: sa.Connection, keys: Sequence[str], *, now: datetime) -> None:
    """Raise BlockedError while one of the keys is blocked."""
    until = connection.execute(
        sa.select(sa.func.max(login_failure.c.blocked_until)).where(login_failure.c.key.in_(keys))
    ).scalar_one_or_none()
    if until is not None and until > now:
        raise BlockedError(until - now)


def note_failure(connection: sa.Connection, keys: Sequence[str], *, now: datetime) -> None:
    """Count a failure for every key and block those that have too many."""
    for key in (key[:300] for key in keys):
        mine = login_failure.c.key == key
        # Two guesses at once must both count: the row is there first, then it is locked.
        connection.execute(
            _FIRST[connection.dialect.name].values(key=key, failures=0, blocked_until=now)
        )
        before = connection.execute(
            sa.select(login_failure.c.failures).where(mine).with_for_update()
        ).scalar_one()
        connection.execute(
            sa.update(login_failure)
            .where(mine)
            .values(failures=before + 1, blocked_until=now + block_after(key, before + 1))
        )


def forget_failures(connection: sa.Connection, keys: Sequence[str]) -> None:
    """Count from zero again."""
    connection.execute(sa.delete(login_failure).where(login_failure.c.key.in_(keys)))


def stored_hash(connection: sa.Connection, tenant_id: str, login: str) -> str | None:
    """Return the hash of an active person's account, None where there is none."""
    return connection.execute(
        sa.select(account.c.password_hash)
        .join(person, _owner())
        .where(account.c.tenant == tenant_id, account.c.login == login, person.c.is_active)
    ).scalar_one_or_none()


def owner_of(
    connection: sa.Connection, tenant_id: str, login: str
) -> tuple[str, frozenset[Right]] | None:
    """Return the active person behind an account and its rights, None where there is none."""
    row = connection.execute(
        sa.select(account.c.person, account.c.rights)
        .join(person, _owner())
        .where(account.c.tenant == tenant_id, account.c.login == login, person.c.is_active)
    ).one_or_none()
    return None if row is None else (row.person, frozenset(Right(one) for one in row.rights))


def is_password(password: str, hashed: str | None) -> bool:
    """Say whether the password belongs to the hash, in the same time without a hash."""
    if len(password) > PASSWORD_MAX:
        return False
    try:
        return _HASHER.verify(hashed or _some_hash(), password) and hashed is not None
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


@cache
def _some_hash() -> str:
    """Return a hash that no password fits: an unknown name must take as long as a known one."""
    return _HASHER.hash(secrets.token_hex())


def open_session(connection: sa.Connection, tenant_id: str, login: str, *, now: datetime) -> str:
    """Sign a browser in and return the new token of its cookie; old sessions are dropped."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        sa.delete(web_session).where(
            sa.or_(
                web_session.c.seen_at < now - IDLE_MAX,
                web_session.c.created_at < now - SESSION_MAX,
            )
        )
    )
    connection.execute(
        sa.insert(web_session).values(
            id=token_id(token),
            tenant=tenant_id,
            login=login,
            csrf=secrets.token_hex(32),
            created_at=now,
            seen_at=now,
        )
    )
    return token


def load_session(connection: sa.Connection, token: str, *, now: datetime) -> Session | None:
    """Return the session of a cookie, None when it has ended or its person has left."""
    row = connection.execute(
        sa.select(
            web_session,
            account.c.person,
            account.c.rights,
            account.c.password_hash,
            person.c.name,
            person.c.office,
            tenant.c.name.label("tenant_name"),
        )
        .join(
            account,
            sa.and_(
                account.c.tenant == web_session.c.tenant, account.c.login == web_session.c.login
            ),
        )
        .join(person, _owner())
        .join(tenant, tenant.c.id == web_session.c.tenant)
        .where(
            web_session.c.id == token_id(token),
            web_session.c.seen_at >= now - IDLE_MAX,
            web_session.c.created_at >= now - SESSION_MAX,
            person.c.is_active,
        )
    ).one_or_none()
    if row is None:
        return None
    return Session(
        id=row.id,
        tenant=row.tenant,
        tenant_name=row.tenant_name,
        login=row.login,
        person=row.person,
        name=row.name,
        office=row.office,
        rights=frozenset(Right(right) for right in row.rights),
        csrf=row.csrf,
        deputy_for=row.deputy_for,
        has_password=row.password_hash is not None,
        seen_at=row.seen_at,
    )


def _owner() -> sa.ColumnElement[bool]:
    return sa.and_(person.c.tenant == account.c.tenant, person.c.id == account.c.person)


def touch(connection: sa.Connection, session_id: str, *, now: datetime) -> None:
    """Note that the browser is still there."""
    connection.execute(
        sa.update(web_session).where(web_session.c.id == session_id).values(seen_at=now)
    )


def close_session(connection: sa.Connection, session_id: str) -> None:
    """Sign the browser out; its cookie is worth nothing from now on."""
    connection.execute(sa.delete(web_session).where(web_session.c.id == session_id))


def represent(
    connection: sa.Connection, session: Session, represents: str | None, *, now: datetime
) -> None:
    """Let the session act as a deputy, or for itself again; NotFoundError without a rule."""
    if represents is not None and represents not in people.represented(
        connection, session.tenant, session.person, at=now
    ):
        raise NotFoundError("Für diese Vertretung gibt es heute keine gültige Regelung.")
    connection.execute(
        sa.update(web_session).where(web_session.c.id == session.id).values(deputy_for=represents)
    )


def actor_of(
    connection: sa.Connection,
    session: Session,
    represented: Mapping[str, str],
    *,
    now: datetime,
) -> Actor:
    """Return the session's person as an actor; a deputy whose time is over acts for itself.

    ``represented`` is whom the person may represent now (``people.represented``).
    """
    return people.actor(
        connection,
        session.tenant,
        session.person,
        at=now,
        deputy_for=session.deputy_for if session.deputy_for in represented else None,
        rights=session.rights,
    )


def without_password(connection: sa.Connection) -> list[Account]:
    """Return the accounts that the demonstration opens with one click; nobody else can."""
    return [one for one in _listed(connection) if not one.has_password]


def of_tenant(connection: sa.Connection, tenant_id: str) -> list[Account]:
    """Return the accounts of a tenant's active people."""
    return [one for one in _listed(connection) if one.tenant == tenant_id]


def _listed(connection: sa.Connection) -> list[Account]:
    rows = connection.execute(
        sa.select(
            account.c.tenant,
            account.c.login,
            account.c.password_hash,
            person.c.name,
            person.c.office,
        )
        .join(person, _owner())
        .where(person.c.is_active)
        .order_by(account.c.tenant, person.c.office, account.c.login)
    )
    return [
        Account(
            tenant=row.tenant,
            login=row.login,
            name=row.name,
            office=row.office,
            has_password=row.password_hash is not None,
        )
        for row in rows
    ]


def set_password(connection: sa.Connection, tenant_id: str, login: str, hashed: str) -> None:
    """Give an account another password and end its sessions; NotFoundError without it."""
    changed = connection.execute(
        sa.update(account)
        .where(account.c.tenant == tenant_id, account.c.login == login)
        .values(password_hash=hashed)
    )
    if changed.rowcount != 1:
        raise NotFoundError(f"Das Konto „{login}“ gibt es bei diesem Mandanten nicht.")
    connection.execute(
        sa.delete(web_session).where(
            web_session.c.tenant == tenant_id, web_session.c.login == login
        )
    )
    forget_failures(connection, [login_key(tenant_id, login)])


def tenant_names(connection: sa.Connection) -> Mapping[str, str]:
    """Return the tenants that one can sign in to: id -> name."""
    rows = connection.execute(sa.select(tenant.c.id, tenant.c.name).order_by(tenant.c.name))
    return {row.id: row.name for row in rows}
