"""The tables of the audit: append-only, chained, sealed (DESIGN decision 17).

They are declared with the engine's other tables; import them from ``engine.tables``.
"""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import UtcTime
from laufzettel.engine.columns import Code

#: SHA-256 as its 32 bytes: the chain is the largest thing a finished case leaves behind.
Digest = sa.LargeBinary(32)

#: The head of a stream; the case's compare-and-set already serialises its writers.
#: ``moved_at`` is the time of the oldest event that no seal covers yet.
audit_stream = sa.Table(
    "audit_stream",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("stream", Code, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("hash", Digest, nullable=False),
    sa.Column("sealed_seq", sa.Integer, nullable=False, server_default="0"),
    sa.Column("moved_at", UtcTime, nullable=False),
    sa.Index(
        "ix_audit_stream_unsealed",
        "tenant",
        "moved_at",
        sqlite_where=sa.text("seq > sealed_seq"),
        postgresql_where=sa.text("seq > sealed_seq"),
    ),
    sqlite_with_rowid=False,  # as in all audit tables: no second copy of the long keys
)

#: Append-only. ``data`` holds ids, codes, amounts and digests, never names (decision 17).
audit_event = sa.Table(
    "audit_event",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("stream", Code, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("kind", Code, nullable=False),
    sa.Column("actor", Code, nullable=False),
    sa.Column("data", sa.Text, nullable=False),  # RFC 8785 JSON, as hashed
    sa.Column("hash", Digest, nullable=False),
    sqlite_with_rowid=False,
)

#: Names and free text beside the chain; erasable, for the chain holds salted digests only.
audit_text = sa.Table(
    "audit_text",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("stream", Code, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("field", Code, primary_key=True),
    sa.Column("salt", sa.LargeBinary(16)),  # empty once erased: else names could be guessed
    sa.Column("text", sa.Text),  # empty once erased
    sa.Column("erased_at", UtcTime),
    sqlite_with_rowid=False,
)

#: The tenant's chain of seals over the heads of the streams that moved.
audit_seal = sa.Table(
    "audit_seal",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("root", Digest, nullable=False),  # Merkle root over the entries
    sa.Column("previous", Digest, nullable=False),
    sa.Column("hash", Digest, nullable=False),
    sqlite_with_rowid=False,
)

audit_seal_entry = sa.Table(
    "audit_seal_entry",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("stream", Code, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("hash", Digest, nullable=False),
    sqlite_with_rowid=False,
)
