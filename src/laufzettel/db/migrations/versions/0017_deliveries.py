"""The key of one delivery, so that a crash between taking it and putting it away notes nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the keys; of what was received before none is known."""
    op.add_column("invoice", sa.Column("delivery", sa.String(100)))
    op.add_column("receipt_repeat", sa.Column("delivery", sa.String(100)))
    op.create_index(
        "ux_receipt_repeat_delivery",
        "receipt_repeat",
        ["tenant", "invoice_id", "delivery"],
        unique=True,
    )
