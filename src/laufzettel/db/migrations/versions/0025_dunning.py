"""Mahnungen: which invoice they are about, and what was decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "dunning",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("tenant", sa.String(100), nullable=False),
        sa.Column("invoice_id", sa.String(26)),
        sa.Column("invoice_number", sa.String(100), nullable=False),
        sa.Column("dunned_on", sa.Date(), nullable=False),
        sa.Column("fee", types.Cents()),
        sa.Column("noted_at", types.UtcTime(), nullable=False),
        sa.Column("decision", sa.String(40)),
        sa.Column("decided_by", sa.String(100)),
        sa.Column("text", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning")),
    )
    op.create_index("ix_dunning_invoice", "dunning", ["tenant", "invoice_id"])
