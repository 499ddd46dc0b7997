"""Circuit breakers: which channels are left in peace, and until when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the breakers."""
    op.create_table(
        "breaker",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("wait_s", sa.Integer(), nullable=False),
        sa.Column("retry_at", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "channel", name=op.f("pk_breaker")),
    )
