"""The verdict on an invoice in its row, so that lists need not open its report."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the verdict; of invoices checked before it stands in the report alone."""
    op.add_column("invoice", sa.Column("verdict", sa.String(20)))
