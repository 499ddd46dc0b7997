"""Mahnungen on paper, what they say, and until when they leave time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("invoice", sa.Column("dunned_until", sa.Date()))
    op.add_column("mail", sa.Column("media_type", sa.String(100)))
    op.add_column("dunning", sa.Column("supplier", sa.String(200)))
    op.add_column("dunning", sa.Column("amount", types.Cents()))
    op.add_column("dunning", sa.Column("until", sa.Date()))
