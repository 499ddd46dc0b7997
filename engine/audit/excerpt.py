"""An excerpt of the audit: one stream, and the proof that the tenant's seals cover it.

The other streams of a seal are none of the reader's business; the branch of the seal's tree
proves ours without them (RFC 6962, 2.1.1). ``verify_excerpt`` verifies it without us. The same
state gives the same bytes: no time of making stands in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.audit.canonical import JSON, canonical
from laufzettel.engine.audit.seals import leaf, merkle_level
from laufzettel.engine.audit.streams import moment
from laufzettel.engine.audit.verify import stream_lines
from laufzettel.engine.audit.verify_export import end_line
from laufzettel.engine.tables import audit_seal, audit_seal_entry

# Built once: building a statement costs more than running it.
_SEALS: Final = (
    sa.select(audit_seal)
    .join(
        audit_seal_entry,
        sa.and_(
            audit_seal_entry.c.tenant == audit_seal.c.tenant,
            audit_seal_entry.c.number == audit_seal.c.number,
        ),
    )
    .where(
        audit_seal.c.tenant == sa.bindparam("of_tenant"),
        audit_seal_entry.c.stream == sa.bindparam("of_stream"),
    )
    .order_by(audit_seal.c.number)
)
_ENTRIES: Final = sa.select(
    audit_seal_entry.c.stream, audit_seal_entry.c.seq, audit_seal_entry.c.hash
).where(
    audit_seal_entry.c.tenant == sa.bindparam("of_tenant"),
    audit_seal_entry.c.number == sa.bindparam("of_number"),
)


def excerpt(connection: sa.Connection, tenant: str, stream: str) -> bytes:
    """Return the lines of the excerpt. The connection reads a snapshot (``Database.read``)."""
    lines = list(_lines(connection, tenant, stream))
    data = b"".join(lines)
    return data + end_line(len(lines), hashlib.sha256(data).hexdigest())


def _lines(connection: sa.Connection, tenant: str, stream: str) -> Iterator[bytes]:
    head: dict[str, JSON] = {"type": "excerpt", "format": 1, "tenant": tenant}
    yield canonical(head).encode() + b"\n"
    yield from stream_lines(connection, tenant, stream)
    for row in connection.execute(_SEALS, {"of_tenant": tenant, "of_stream": stream}).all():
        yield canonical(_proof(connection, tenant, stream, row)).encode() + b"\n"


def _proof(connection: sa.Connection, tenant: str, stream: str, row: Any) -> dict[str, JSON]:
    which = {"of_tenant": tenant, "of_number": row.number}
    heads = sorted(connection.execute(_ENTRIES, which).all(), key=lambda head: head.stream)
    leaves = [leaf(head.stream, head.seq, head.hash) for head in heads]
    place = [head.stream for head in heads].index(stream)
    return {
        "type": "proof",
        "number": row.number,
        "at": moment(row.at),
        "root": row.root.hex(),
        "previous": row.previous.hex(),
        "hash": row.hash.hex(),
        "branch": [[side, other.hex()] for side, other in branch(leaves, place)],
    }


def branch(leaves: Sequence[bytes], place: int) -> list[tuple[str, bytes]]:
    """Return what stands beside a leaf on its way up to the root, and on which side.

    >>> [(side, other) for side, other in branch([b"a", b"b", b"c"], 2)][0][0]
    'left'
    >>> branch([b"a"], 0)
    []
    """
    found: list[tuple[str, bytes]] = []
    level = list(leaves)
    while len(level) > 1:
        if place % 2:
            found.append(("left", level[place - 1]))
        elif place + 1 < len(level):
            found.append(("right", level[place + 1]))
        level, place = merkle_level(level), place // 2
    return found
