"""Messages that expire, and messages that start cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the time to live, the index of what nobody consumed, and the message starts."""
    op.add_column("message", sa.Column("expires_at", types.UtcTime(), nullable=True))
    available = sa.text("status = 'available'")
    op.create_index(
        "ix_message_available",
        "message",
        ["tenant", "id"],
        sqlite_where=available,
        postgresql_where=available,
    )
    op.create_table(
        "message_start",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("process_id", sa.String(length=100), nullable=False),
        sa.Column("element", sa.String(length=100), nullable=False),
        sa.Column("is_once", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name=op.f("pk_message_start")),
    )
    op.create_index("ix_message_start_process", "message_start", ["tenant", "process_id"])
    op.create_table(
        "once_started",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("process_id", sa.String(length=100), nullable=False),
        sa.Column("business_key", sa.String(length=200), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "process_id", "business_key", name=op.f("pk_once_started")
        ),
        sqlite_with_rowid=False,
    )
