"""Signals: what was broadcast, and the snapshot of who waited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add signals and tell the subscriptions to them from those to messages."""
    kind = sa.Column("kind", sa.String(length=10), server_default="message", nullable=False)
    op.add_column("subscription", kind)
    op.create_table(
        "signal",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("payload", types.Json(), nullable=False),
        sa.Column("receivers", sa.Integer(), nullable=False),
        sa.Column("broadcast_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
        sa.UniqueConstraint(
            "tenant", "source", "message_id", name=op.f("uq_signal_tenant_source_message_id")
        ),
    )
    op.create_index("ix_signal_tenant", "signal", ["tenant", "id"])
    op.create_table(
        "signal_delivery",
        sa.Column("signal_id", sa.String(length=26), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("subscription_id", sa.String(length=26), nullable=False),
        sa.Column("activation", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["signal_id"], ["signal.id"], name=op.f("fk_signal_delivery_signal_id_signal")
        ),
        sa.PrimaryKeyConstraint(
            "signal_id", "case_id", "subscription_id", name=op.f("pk_signal_delivery")
        ),
        sqlite_with_rowid=False,
    )
    columns = ["signal_id", "status", "case_id"]
    op.create_index("ix_signal_delivery_status", "signal_delivery", columns)
