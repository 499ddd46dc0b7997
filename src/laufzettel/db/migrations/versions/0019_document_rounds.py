"""How far documents have been hashed again, and which are missing or changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the rounds and the faults."""
    op.create_table(
        "document_round",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("begun_at", types.UtcTime(), nullable=False),
        sa.Column("cursor", sa.String(length=64), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("last_ended_at", types.UtcTime(), nullable=True),
        sa.Column("last_documents", sa.Integer(), nullable=True),
        sa.Column("last_bytes", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_document_round")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "document_fault",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("found_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sha256", name=op.f("pk_document_fault")),
        sqlite_with_rowid=False,
    )
