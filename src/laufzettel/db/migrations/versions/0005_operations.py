"""The operators' verbs: suspended cases, batches, pinned versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add what suspending needs."""
    op.add_column(
        "subscription",
        sa.Column("is_held", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
