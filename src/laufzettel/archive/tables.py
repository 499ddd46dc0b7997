"""The archive's tables; every row belongs to a tenant."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import UtcTime

Code = sa.String(100)
Sha256 = sa.String(64)

#: How far a tenant's documents have been hashed again, and what the last whole round saw.
document_round = sa.Table(
    "document_round",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("begun_at", UtcTime, nullable=False),
    sa.Column("cursor", Sha256, nullable=False),  # the last one that was hashed; empty: none yet
    sa.Column("documents", sa.Integer, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("last_ended_at", UtcTime),  # empty: no round has ended yet
    sa.Column("last_documents", sa.Integer),
    sa.Column("last_bytes", sa.BigInteger),
    sqlite_with_rowid=False,
)

#: A document that is missing or changed; the row goes when it is found sound again.
document_fault = sa.Table(
    "document_fault",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("sha256", Sha256, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),  # missing, changed
    sa.Column("found_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
