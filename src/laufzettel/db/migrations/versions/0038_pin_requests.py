"""Choices of a version that wait for a second person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0038"
down_revision = "0037"

_CODE = sa.String(length=100)


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "pin_request",
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("process_id", _CODE, nullable=False),
        sa.Column("bundle_id", sa.String(length=26), nullable=True),
        sa.Column("weight", types.Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", _CODE, nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["bundle.id"], name=op.f("fk_pin_request__bundle_id__bundle")
        ),
        sa.PrimaryKeyConstraint("tenant", "process_id", name=op.f("pk_pin_request")),
    )
