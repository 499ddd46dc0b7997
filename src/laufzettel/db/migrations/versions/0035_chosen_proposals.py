"""Who wants a proposal in the table, before a second person releases it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("routing_proposal", sa.Column("chosen_by", sa.String(length=100)))
    op.add_column("routing_proposal", sa.Column("chosen_at", types.UtcTime()))
    op.add_column("routing_proposal", sa.Column("chosen_reason", sa.Text()))
