"""Changes of the table of what follows from a finding, with their second person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0034"
down_revision = "0033"

_CODE = sa.String(length=100)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "policy_change",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("treatment", sa.String(length=20), nullable=True),
        sa.Column("above", types.Cents(), nullable=True),
        sa.Column("holds_from", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lighter", types.Json(), nullable=False),
        sa.Column("before", types.Json(), nullable=False),
        sa.Column("after", types.Json(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("proposed_by", _CODE, nullable=False),
        sa.Column("proposed_at", types.UtcTime(), nullable=False),
        sa.Column("decided_by", _CODE, nullable=True),
        sa.Column("decided_at", types.UtcTime(), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_change")),
    )
    op.create_index("ix_policy_change_tenant", "policy_change", ["tenant", "id"])
