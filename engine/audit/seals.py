"""Seals: one chain per tenant over the heads of the streams that moved.

A seal binds where every stream stood to everything sealed before, so that a stream cannot be
cut off or rewritten alone. Whoever keeps an exported seal elsewhere can prove later that
nothing before it was changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.audit.canonical import canonical
from laufzettel.engine.audit.streams import moment
from laufzettel.engine.tables import audit_seal, audit_seal_entry, audit_stream
from laufzettel.errors import ConflictError

#: Streams in one seal; what is left over goes into the next one.
STREAMS_MAX: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The state of the streams that moved, bound to the seal before."""

    number: int  # 1, 2, 3 … per tenant
    at: datetime
    root: bytes  # Merkle root over the entries
    previous: bytes  # hash of the seal before
    hash: bytes
    streams: int  # how many streams it covers


def seal(connection: sa.Connection, tenant: str, at: datetime) -> Seal | None:
    """Seal every stream that moved since its last seal; None when none did.

    Streams that a step holds locked at this moment are left to the next seal, so sealing and
    working never wait for each other. Raises ConflictError when another sealer was faster.
    """
    heads = _moved_heads(connection, tenant)
    if not heads:
        return None
    last = _last_seal(connection, tenant)
    number, previous = (last.number + 1, last.hash) if last else (1, seal_genesis(tenant))
    root = merkle_root([leaf(row.stream, row.seq, row.hash) for row in heads])
    digest = seal_hash(previous, tenant=tenant, number=number, at=at, root=root)
    made = Seal(number=number, at=at, root=root, previous=previous, hash=digest, streams=len(heads))
    _store(connection, tenant, made, heads)
    return made


def unsealed_since(connection: sa.Connection, tenant: str) -> datetime | None:
    """Return the time of the oldest event that no seal covers, or None.

    More than a minute ago is an alarm: the sealer stands still.
    """
    moved = sa.func.min(audit_stream.c.moved_at, type_=audit_stream.c.moved_at.type)
    since: datetime | None = connection.execute(
        sa.select(moved).where(audit_stream.c.tenant == tenant, _unsealed())
    ).scalar()
    return since


def export_seals(connection: sa.Connection, tenant: str, since: int) -> bytes:
    """Return the seals after number ``since``, a line of JSON each.

    Keep it where the operator of the database cannot write: it is the anchor against which
    ``verify_export`` finds that a whole chain was cut off or made anew.
    """
    query = sa.select(audit_seal).where(audit_seal.c.tenant == tenant, audit_seal.c.number > since)
    lines = [
        canonical(
            {
                "type": "seal",
                "number": row.number,
                "at": moment(row.at),
                "root": row.root.hex(),
                "previous": row.previous.hex(),
                "hash": row.hash.hex(),
            }
        )
        for row in connection.execute(query.order_by(audit_seal.c.number))
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the Merkle tree over leaf hashes (RFC 6962, 2.1).

    >>> merkle_root([b"a"]), merkle_root([b"a", b"b"]) == _node(b"a", b"b")
    (b'a', True)
    >>> merkle_root([b"a", b"b", b"c"]) == _node(_node(b"a", b"b"), b"c")
    True
    """
    level = list(leaves)
    while len(level) > 1:
        level = merkle_level(level)
    return level[0]


def merkle_level(level: Sequence[bytes]) -> list[bytes]:
    """Return the next level of the tree above this one."""
    # An odd one out moves up as it is; never paired with itself (CVE-2012-2459).
    rest = list(level[-1:]) if len(level) % 2 else []
    return [_node(*pair) for pair in zip(level[::2], level[1::2], strict=False)] + rest


def leaf(stream: str, seq: int, digest: bytes) -> bytes:
    """Return the leaf hash of one stream's head."""
    entry = canonical({"hash": digest.hex(), "seq": seq, "stream": stream})
    return hashlib.sha256(b"\x00" + entry.encode()).digest()


def seal_genesis(tenant: str) -> bytes:
    """Return what the first seal of a tenant is chained to."""
    return hashlib.sha256(canonical({"tenant": tenant}).encode()).digest()


def seal_hash(previous: bytes, *, tenant: str, number: int, at: datetime, root: bytes) -> bytes:
    """Return SHA-256 over the previous seal's hash and the canonical JSON of the seal."""
    text = canonical({"at": moment(at), "number": number, "root": root.hex(), "tenant": tenant})
    return hashlib.sha256(previous + text.encode()).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _unsealed() -> sa.ColumnElement[bool]:
    # Literally the condition of the partial index.
    return sa.text("seq > sealed_seq")  # type: ignore[return-value]


def _moved_heads(connection: sa.Connection, tenant: str) -> list[Any]:
    """Return the heads that moved and are free, in the order of the streams' names."""
    table = audit_stream.c
    query = sa.select(table.stream, table.seq, table.hash).where(table.tenant == tenant)
    query = query.where(_unsealed()).order_by(table.moved_at).limit(STREAMS_MAX)
    rows = connection.execute(query.with_for_update(skip_locked=True)).all()
    # Sorted here: the order of texts in a database depends on its collation.
    return sorted(rows, key=lambda row: row.stream)


def _last_seal(connection: sa.Connection, tenant: str) -> Any:
    query = sa.select(audit_seal.c.number, audit_seal.c.hash).where(audit_seal.c.tenant == tenant)
    return connection.execute(query.order_by(audit_seal.c.number.desc()).limit(1)).one_or_none()


def _store(connection: sa.Connection, tenant: str, made: Seal, heads: Sequence[Any]) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"number": made.number, "at": made.at, "root": made.root}
    row |= {"tenant": tenant, "previous": made.previous, "hash": made.hash}
    first = insert(audit_seal).values(**row).on_conflict_do_nothing()
    if connection.execute(first.returning(audit_seal.c.number)).scalar() is None:
        raise ConflictError
    entries = [
        {"tenant": tenant, "number": made.number, "stream": h.stream, "seq": h.seq, "hash": h.hash}
        for h in heads
    ]
    connection.execute(sa.insert(audit_seal_entry), entries)
    update = audit_stream.update().values(sealed_seq=sa.bindparam("to"))
    update = update.where(
        audit_stream.c.tenant == tenant, audit_stream.c.stream == sa.bindparam("name")
    )
    connection.execute(update, [{"name": head.stream, "to": head.seq} for head in heads])
