"""Deployments and choices of a version that wait for a second person, in one table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types
from laufzettel.ids import new_id

revision = "0039"
down_revision = "0038"

_CODE = sa.String(length=100)
_ID = sa.String(length=26)
_OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    """Add the table, and let the choices that wait go on waiting in it."""
    made = op.create_table(
        "model_change",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("process_id", _CODE, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("bundle_id", _ID, nullable=True),
        sa.Column("version_tag", _CODE, server_default="", nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("compiled", sa.LargeBinary(), nullable=True),
        sa.Column("sources", sa.LargeBinary(), nullable=True),
        sa.Column("weight", types.Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", _CODE, nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("decided_by", _CODE, nullable=True),
        sa.Column("decided_at", types.UtcTime(), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["bundle.id"], name=op.f("fk_model_change__bundle_id__bundle")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_change")),
    )
    op.create_index(
        "ix_model_change_open",
        "model_change",
        ["tenant", "process_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    before = sa.table(
        "pin_request",
        *(sa.column(name) for name in ("tenant", "process_id", "bundle_id", "reason", "by")),
        sa.column("weight", types.Json()),
        sa.column("at", types.UtcTime()),
    )
    for row in op.get_bind().execute(sa.select(before)).mappings().all():
        kind = "follow" if row["bundle_id"] is None else "pin"
        op.bulk_insert(made, [{**row, "id": new_id(), "kind": kind, "status": "open"}])
    op.drop_table("pin_request")
