"""The Abgleich after a restore: what each channel's peer said, and who released it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the gate of the outbox."""
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("begun_at", types.UtcTime(), nullable=False),
        sa.Column("begun_by", sa.String(length=100), nullable=False),
        sa.Column("released_at", types.UtcTime(), nullable=True),
        sa.Column("released_by", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    op.create_table(
        "reconciled_channel",
        sa.Column("reconciliation_id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("asked_at", types.UtcTime(), nullable=False),
        sa.Column("ours", sa.Integer(), nullable=False),
        sa.Column("theirs", sa.Integer(), nullable=True),
        sa.Column("adopted", sa.Integer(), nullable=False),
        sa.Column("unknown_here", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"],
            ["reconciliation.id"],
            name=op.f("fk_reconciled_channel_reconciliation_id_reconciliation"),
        ),
        sa.PrimaryKeyConstraint(
            "reconciliation_id", "tenant", "channel", name=op.f("pk_reconciled_channel")
        ),
    )
