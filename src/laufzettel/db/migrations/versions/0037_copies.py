"""The deletion protocol names copies outside of the store; folders of cases handed out are noted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db.types import Json, UtcTime

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Add column and table; what was handed out before stands in the audit alone."""
    op.add_column("retention_item", sa.Column("copies", Json(), nullable=True))
    op.create_table(
        "handed_out",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("business_key", sa.String(length=200), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by_person", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handed_out")),
    )
    op.create_index("ix_handed_out_key", "handed_out", ["tenant", "business_key"])
