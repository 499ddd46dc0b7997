"""Calls whose cases are their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add who called a case, and how far a call has come."""
    op.add_column("case_", sa.Column("parent_case", sa.String(length=26), nullable=True))
    op.add_column("case_", sa.Column("parent_activation", sa.String(length=80), nullable=True))
    op.add_column("case_", sa.Column("parent_number", sa.Integer(), nullable=True))
    is_called = sa.text("parent_case IS NOT NULL")
    op.create_index(
        "ix_case_parent",
        "case_",
        ["parent_case", "parent_activation", "parent_number"],
        unique=True,
        sqlite_where=is_called,
        postgresql_where=is_called,
    )
    op.create_table(
        "own_call",
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("activation", sa.String(length=80), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("process_id", sa.String(length=100), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("in_turn", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_own_call_case_id_case_")),
        sa.PrimaryKeyConstraint("case_id", "activation", name=op.f("pk_own_call")),
    )
