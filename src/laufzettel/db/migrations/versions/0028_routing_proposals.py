"""What the Poststelle proposed for the table „Zuständigkeit“."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the proposals."""
    op.create_table(
        "routing_proposal",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("tenant", sa.String(100), nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("unit", sa.String(100), nullable=False),
        sa.Column("clerk", sa.String(100)),
        sa.Column("case_id", sa.String(26), nullable=False),
        sa.Column("invoice_id", sa.String(26), nullable=False),
        sa.Column("proposed_by", sa.String(100), nullable=False),
        sa.Column("proposed_at", types.UtcTime(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("settled_by", sa.String(100)),
        sa.Column("settled_at", types.UtcTime()),
        sa.Column("reason", sa.Text()),
        sa.Column("bundle_id", sa.String(26)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_proposal")),
    )
    op.create_index("ix_routing_proposal_status", "routing_proposal", ["tenant", "status", "id"])
