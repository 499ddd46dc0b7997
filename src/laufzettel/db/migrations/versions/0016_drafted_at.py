"""When an order was drafted, so that no older signature counts for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the moment; of drafts that are open it is not known."""
    op.add_column("cash_order", sa.Column("drafted_at", types.UtcTime()))
