"""Event streams: append-only, each event chained to the one before.

A stream belongs to one case (its name is the case's id) or to one administrative area.
Events are appended inside the transaction of what they report: both happen or neither.
What could identify a person lies in ``audit_text``; the chain holds its salted digest only,
so that the text can be erased after its term and the chain still verifies (decision 17).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.db.types import UtcTime
from laufzettel.engine.audit.canonical import JSON, canonical
from laufzettel.engine.tables import audit_event, audit_stream, audit_text
from laufzettel.errors import ConflictError, InputError, NotFoundError

SALT_BYTES: Final = 16
#: The stream that tells which texts were erased, and when.
ERASURES: Final = "erasure"
ERASED: Final = "text.erased"

# Built once: every step of every case runs them, and building costs more than running.
_OF_STREAM: Final = sa.and_(
    audit_stream.c.tenant == sa.bindparam("of_tenant"),
    audit_stream.c.stream == sa.bindparam("of_stream"),
)
_HEAD: Final = (
    sa.select(audit_stream.c.seq, audit_stream.c.hash).where(_OF_STREAM).with_for_update()
)
_MOVE: Final = (
    audit_stream.update()
    .where(_OF_STREAM, audit_stream.c.seq == sa.bindparam("of_seq"))
    .values(
        seq=sa.bindparam("to_seq"),
        hash=sa.bindparam("to_hash"),
        moved_at=sa.case(  # stays that of the oldest event that no seal covers
            (audit_stream.c.sealed_seq == audit_stream.c.seq, sa.bindparam("at", type_=UtcTime)),
            else_=audit_stream.c.moved_at,
        ),
    )
)
_FIRST: Final = {
    dialect: insert(audit_stream).on_conflict_do_nothing().returning(audit_stream.c.seq)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_EVENTS: Final = sa.insert(audit_event)
_TEXTS: Final = sa.insert(audit_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened: an act, a decision, an effect, a change of data.

    ``actor`` is an id (``Actor.label``). ``data`` holds ids, codes, and amounts and times as
    strings, never names. ``texts`` holds what may have to be erased: names, reasons, comments.
    """

    kind: str
    actor: str
    data: Mapping[str, JSON] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a stream as somebody read it; ``seq`` 0 before the first event."""

    seq: int
    hash: bytes


def append(
    connection: sa.Connection,
    *,
    tenant: str,
    stream: str,
    at: datetime,
    events: Sequence[Event],
    head: Head | None = None,
) -> None:
    """Append the events, in this order, inside the caller's write transaction.

    ``head`` is where the caller saw the stream end, which saves reading it; where it has
    moved since, it is read again.

    Raises ConflictError when another writer was faster, which the caller's own
    compare-and-set already excludes for the stream of a case.
    """
    if not events:
        return
    texts = [_salted(event.texts) for event in events]
    head = head or _head(connection, tenant, stream)
    rows = _chain(tenant, stream, head, at, events, texts)
    if not _move(connection, tenant, stream, head, rows[-1], at):
        # It has moved since it was seen, or did not exist; now its head waits to be locked.
        head = _head(connection, tenant, stream)
        rows = _chain(tenant, stream, head, at, events, texts)
        if not _move(connection, tenant, stream, head, rows[-1], at):
            raise ConflictError
    connection.execute(_EVENTS, rows)
    text_rows = [
        {"tenant": tenant, "stream": stream, "seq": row["seq"], "field": name, **salted}
        for row, fields in zip(rows, texts, strict=True)
        for name, salted in fields.items()
    ]
    if text_rows:
        connection.execute(_TEXTS, text_rows)


def erase_text(
    connection: sa.Connection,
    *,
    tenant: str,
    stream: str,
    seq: int,
    at: datetime,
    actor: str = "system",
) -> None:
    """Erase the texts of one event for good; the chain still verifies and says so.

    The salt goes too, for with it a name could be guessed from its digest. The erasure is
    an event of the stream ``erasure``: a text that is gone without one is a finding.

    Raises NotFoundError when the event has no text left to erase.
    """
    if not _erase(connection, tenant, stream, at, actor, audit_text.c.seq == seq):
        raise NotFoundError(f"Zu Ereignis {seq} im Strom „{stream}“ gibt es keinen Inhalt.")


def erase_stream_texts(
    connection: sa.Connection, *, tenant: str, stream: str, at: datetime, actor: str = "system"
) -> int:
    """Erase every text of a stream, as ``erase_text`` does, and return of how many events."""
    return _erase(connection, tenant, stream, at, actor, sa.true())


def genesis(tenant: str, stream: str) -> bytes:
    """Return what the first event of a stream is chained to.

    >>> genesis("musterstadt", "01").hex()[:16]
    '0e10a7c83de7bf3e'
    """
    return hashlib.sha256(canonical({"stream": stream, "tenant": tenant}).encode()).digest()


def event_hash(
    previous: bytes, *, stream: str, seq: int, at: datetime, kind: str, actor: str, data: str
) -> bytes:
    """Return SHA-256 over the previous hash and the canonical JSON of the event.

    ``data`` is canonical JSON already.
    """
    text = (
        f'{{"actor":{canonical(actor)},"at":"{moment(at)}","data":{data}'
        f',"kind":{canonical(kind)},"seq":{seq},"stream":{canonical(stream)}}}'
    )
    return hashlib.sha256(previous + text.encode()).digest()


def moment(at: datetime) -> str:
    """Return the time as it is hashed: UTC with microseconds.

    >>> moment(datetime(2026, 11, 23, 8, tzinfo=UTC))
    '2026-11-23T08:00:00.000000Z'
    """
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {at!r}")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _salted(texts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    for name, text in texts.items():
        if "\0" in text:  # PostgreSQL cannot store it
            raise InputError(f"Der Text „{name}“ enthält ein Nullzeichen.")
    return {name: {"salt": secrets.token_bytes(SALT_BYTES), "text": t} for name, t in texts.items()}


def _digests(texts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {
        name: hashlib.sha256(salted["salt"] + salted["text"].encode()).hexdigest()
        for name, salted in texts.items()
    }


def beginning(tenant: str, stream: str) -> Head:
    """Return where a stream ends that has no event yet."""
    return Head(seq=0, hash=genesis(tenant, stream))


def _head(connection: sa.Connection, tenant: str, stream: str) -> Head:
    """Return the head, locked until the transaction ends."""
    row = connection.execute(_HEAD, {"of_tenant": tenant, "of_stream": stream}).one_or_none()
    return beginning(tenant, stream) if row is None else Head(seq=row.seq, hash=row.hash)


def _chain(
    tenant: str,
    stream: str,
    head: Head,
    at: datetime,
    events: Sequence[Event],
    texts: Sequence[Mapping[str, Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    """Return the rows of the events, numbered and chained from the head on."""
    rows: list[dict[str, Any]] = []
    previous = head.hash
    for seq, (event, fields) in enumerate(zip(events, texts, strict=True), head.seq + 1):
        data = _data(event, fields)
        previous = event_hash(
            previous, stream=stream, seq=seq, at=at, kind=event.kind, actor=event.actor, data=data
        )
        row = {"tenant": tenant, "stream": stream, "seq": seq, "at": at, "hash": previous}
        rows.append(row | {"kind": event.kind, "actor": event.actor, "data": data})
    return rows


def _data(event: Event, texts: Mapping[str, Mapping[str, Any]]) -> str:
    if "digests" in event.data:
        raise ValueError("'digests' is the audit's own key")
    return canonical({**event.data, "digests": _digests(texts)} if texts else event.data)


def _move(
    connection: sa.Connection,
    tenant: str,
    stream: str,
    head: Head,
    last: Mapping[str, Any],
    at: datetime,
) -> bool:
    """Move the head from where it was read; False when it is no longer there."""
    if head.seq == 0:
        first = _FIRST[connection.dialect.name]
        row = {"tenant": tenant, "stream": stream, "seq": last["seq"], "hash": last["hash"]}
        return connection.execute(first, row | {"moved_at": at}).scalar() is not None
    where = {"of_tenant": tenant, "of_stream": stream, "of_seq": head.seq}
    to = {"to_seq": last["seq"], "to_hash": last["hash"], "at": at}
    return connection.execute(_MOVE, where | to).rowcount == 1


def _erase(
    connection: sa.Connection,
    tenant: str,
    stream: str,
    at: datetime,
    actor: str,
    which: sa.ColumnElement[bool],
) -> int:
    text = audit_text.c
    erase = audit_text.update().where(
        text.tenant == tenant, text.stream == stream, text.erased_at.is_(None), which
    )
    erase = erase.values(text=None, salt=None, erased_at=at)
    rows = connection.execute(erase.returning(text.seq, text.field)).all()
    fields: dict[int, list[str]] = {}
    for row in sorted((row.seq, row.field) for row in rows):
        fields.setdefault(row[0], []).append(row[1])
    events = [
        Event(kind=ERASED, actor=actor, data={"stream": stream, "seq": seq, "fields": names})
        for seq, names in fields.items()
    ]
    append(connection, tenant=tenant, stream=ERASURES, at=at, events=events)
    return len(events)
