"""An invoice notes which confidential unit it lay with, so that it stays confidential where it goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add the column; whose invoices were passed on before nobody has noted."""
    op.add_column("invoice", sa.Column("kept_for", sa.String(length=100), nullable=True))
