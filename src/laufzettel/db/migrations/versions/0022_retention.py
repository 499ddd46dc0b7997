"""Adopted accounts, own terms, holds, deletions with their protocol, and what was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0022"
down_revision = "0021"

_CODE = sa.String(length=100)
_ID = sa.String(length=26)


def upgrade() -> None:
    """Add the tables; of what was erased before, nothing is known."""
    op.add_column("effect", sa.Column("erased_at", types.UtcTime()))
    op.add_column("invoice", sa.Column("erased_on", sa.Date()))
    _facts()
    _runs()


def _facts() -> None:
    op.create_table(
        "annual_accounts",
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("noted_by", _CODE, nullable=False),
        sa.Column("noted_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "year", name=op.f("pk_annual_accounts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "retention_rule",
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("noted_by", _CODE, nullable=False),
        sa.Column("noted_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", "valid_from", name=op.f("pk_retention_rule")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "retention_hold",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", _CODE, nullable=False),
        sa.Column("placed_at", types.UtcTime(), nullable=False),
        sa.Column("lifted_by", _CODE, nullable=True),
        sa.Column("lifted_at", types.UtcTime(), nullable=True),
        sa.Column("lifted_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_hold")),
    )
    op.create_index("ix_retention_hold_invoice", "retention_hold", ["tenant", "invoice_id"])


def _runs() -> None:
    op.create_table(
        "retention_run",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("proposed_by", _CODE, nullable=False),
        sa.Column("proposed_at", types.UtcTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_by", _CODE, nullable=True),
        sa.Column("approved_at", types.UtcTime(), nullable=True),
        sa.Column("approved_reason", sa.Text(), nullable=True),
        sa.Column("ended_at", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_index("ix_retention_run_tenant", "retention_run", ["tenant", "id"])
    op.create_table(
        "retention_item",
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("receipt_no", sa.String(length=20), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("rule", sa.String(length=300), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=300), server_default="", nullable=False),
        sa.Column("documents", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hashes", types.Json(), nullable=False),
        sa.Column("at", types.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["retention_run.id"], name=op.f("fk_retention_item_run_id_retention_run")
        ),
        sa.PrimaryKeyConstraint("run_id", "invoice_id", name=op.f("pk_retention_item")),
        sqlite_with_rowid=False,
    )
