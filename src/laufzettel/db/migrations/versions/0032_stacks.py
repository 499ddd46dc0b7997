"""What stacks of scanned paper were divided into."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0032"
down_revision = "0031"

_ID = sa.String(length=26)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "stack_part",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("stack_id", _ID, nullable=False),
        sa.Column("first_page", sa.Integer(), nullable=False),
        sa.Column("last_page", sa.Integer(), nullable=False),
        sa.Column("invoice_id", _ID, nullable=True),
        sa.Column("made_by", _ID, nullable=False),
        sa.Column("made_at", types.UtcTime(), nullable=False),
        sa.Column("replaced_by", _ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stack_part")),
    )
    op.create_index("ix_stack_part_stack", "stack_part", ["tenant", "stack_id", "first_page"])
    op.create_index("ix_stack_part_invoice", "stack_part", ["tenant", "invoice_id"])
    op.create_index("ix_stack_part_made_by", "stack_part", ["tenant", "made_by"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("stack_part")
