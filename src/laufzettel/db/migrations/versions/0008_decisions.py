"""Decisions: which bundle holds which, and the trace of every one that was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the decisions of bundles and the traces of cases."""
    op.create_table(
        "bundle_decision",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("decision_id", sa.String(length=100), nullable=False),
        sa.Column("bundle_id", sa.String(length=26), nullable=False),
        sa.Column("version_tag", sa.String(length=100), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["bundle.id"], name=op.f("fk_bundle_decision_bundle_id_bundle")
        ),
        sa.PrimaryKeyConstraint(
            "tenant", "decision_id", "bundle_id", name=op.f("pk_bundle_decision")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decision_trace",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("activation", sa.String(length=80), nullable=False),
        sa.Column("element", sa.String(length=100), nullable=False),
        sa.Column("decision_id", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("record", types.Json(), nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_trace")),
    )
    op.create_index("ix_decision_trace_case_id", "decision_trace", ["case_id", "id"])
