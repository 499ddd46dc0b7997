"""Find at once since when nobody knows what became of a handover."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the index of parcels whose outcome is unknown; nearly always it is empty."""
    op.create_index(
        "ix_parcel_unknown",
        "parcel",
        ["tenant", "created_at"],
        sqlite_where=sa.text("status = 'unknown'"),
        postgresql_where=sa.text("status = 'unknown'"),
    )
