"""What a program asked for under an Idempotency-Key: it happens once, the answer stays the same.

A request first *claims* its key, then does its work, and writes the answer in the transaction
of that work: both or neither. Whoever sends the same again gets the stored answer; while the
first is still at it, a refusal that says when to ask again. A claim whose process died is taken
over after ``CLAIM_MAX``; should the first one wake up after all, it finds that it was overtaken
and its transaction rolls back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.errors import ConflictError, InputError
from laufzettel.ids import new_id
from laufzettel.records.tables import api_request

#: A request that is not answered after this time has died with its process.
CLAIM_MAX: Final = timedelta(seconds=60)
#: How long an answer is kept for repeats.
KEPT: Final = timedelta(days=7)


class OtherRequestError(InputError):
    """Unter diesem Idempotency-Key wurde schon etwas anderes verlangt. Bitte für jede Anfrage \
einen neuen Schlüssel nehmen."""


class StillRunningError(ConflictError):
    """Dieselbe Anfrage läuft noch. Bitte in wenigen Sekunden mit demselben Schlüssel wiederholen."""


class OvertakenError(ConflictError):
    """Diese Anfrage hat zu lange gedauert und wurde von ihrer Wiederholung überholt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to do what a request asks for, once."""

    tenant: str
    token_id: str
    key: str
    attempt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered."""

    status: int
    body: str
    location: str | None = None


_FIRST: Final = {
    dialect: insert(api_request).on_conflict_do_nothing().returning(api_request.c.attempt)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_is_it: Final = sa.and_(
    api_request.c.tenant == sa.bindparam("of_tenant"),
    api_request.c.token_id == sa.bindparam("of_token"),
    api_request.c.key == sa.bindparam("of_key"),
)
_LOAD: Final = sa.select(api_request).where(_is_it)
_is_mine: Final = sa.and_(
    _is_it, api_request.c.attempt == sa.bindparam("of_attempt"), api_request.c.status.is_(None)
)
_UPDATE: Final = sa.update(api_request).where(_is_mine)
_RELEASE: Final = sa.delete(api_request).where(_is_mine)
_CLEAN: Final = sa.delete(api_request).where(api_request.c.at < sa.bindparam("before"))


def claim(
    connection: sa.Connection,
    *,
    tenant: str,
    token_id: str,
    key: str,
    sha256: str,
    now: datetime,
) -> Claim | Answer:
    """Return the right to act, or the answer that the same request got before.

    Raises OtherRequestError when the key stands for something else, StillRunningError while
    the same request is being worked on.
    """
    new = Claim(tenant=tenant, token_id=token_id, key=key, attempt=new_id())
    row: dict[str, object] = {"tenant": tenant, "token_id": token_id, "key": key, "sha256": sha256}
    row |= {"attempt": new.attempt, "at": now}
    if connection.execute(_FIRST[connection.dialect.name], row).first() is not None:
        return new
    known = connection.execute(_LOAD, _named(new)).one_or_none()
    if known is None:  # released by the first this very moment
        raise StillRunningError
    if known.sha256 != sha256:
        raise OtherRequestError
    if known.status is not None:
        return Answer(status=known.status, body=known.body, location=known.location)
    if known.at > now - CLAIM_MAX:
        raise StillRunningError
    dead = _named(new) | {"of_attempt": known.attempt}
    taken = connection.execute(_UPDATE, dead | {"attempt": new.attempt, "at": now})
    if taken.rowcount != 1:
        raise StillRunningError
    return new


def answer(connection: sa.Connection, claimed: Claim, given: Answer) -> None:
    """Store the answer in the transaction of what it tells; OvertakenError undoes both."""
    values = {"status": given.status, "body": given.body, "location": given.location}
    written = connection.execute(_UPDATE, _named(claimed) | values)
    if written.rowcount != 1:
        raise OvertakenError


def release(connection: sa.Connection, claimed: Claim) -> None:
    """Forget a request that has changed nothing, so that it may be tried again."""
    connection.execute(_RELEASE, _named(claimed))


def clean(connection: sa.Connection, *, now: datetime) -> int:
    """Forget answers that nobody will ask for again; return how many."""
    return connection.execute(_CLEAN, {"before": now - KEPT}).rowcount


def _named(claimed: Claim) -> dict[str, str]:
    return {
        "of_tenant": claimed.tenant,
        "of_token": claimed.token_id,
        "of_key": claimed.key,
        "of_attempt": claimed.attempt,
    }
