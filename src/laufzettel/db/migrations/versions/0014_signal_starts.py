"""Signals that start cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add which process a signal starts."""
    op.create_table(
        "signal_start",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("process_id", sa.String(length=100), nullable=False),
        sa.Column("element", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "process_id", "element", name=op.f("pk_signal_start")),
    )
    op.create_index("ix_signal_start_name", "signal_start", ["name"])
