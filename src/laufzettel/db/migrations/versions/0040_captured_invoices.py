"""What a person read off an invoice without data, for its tax."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Add the table; of what was captured before, who certifies is asked."""
    op.create_table(
        "captured_invoice",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("vat", types.Json(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("performed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captured_invoice")),
    )
