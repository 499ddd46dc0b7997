"""The faces: signing in, deadlines, what lists show and what the inbox is read by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what the pages need."""
    _sign_in()
    _deadlines()


def _sign_in() -> None:
    """Create the tables of sessions and of failed logins."""
    op.create_table(
        "web_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("deputy_for", sa.String(length=100)),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("seen_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
    )
    op.create_index("ix_web_session_seen_at", "web_session", ["seen_at"])
    op.create_table(
        "login_failure",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_failure")),
    )


def _deadlines() -> None:
    """Add what an invoice says about Skonto and its kind, and what lists remark about it."""
    op.add_column("invoice", sa.Column("type_code", sa.String(length=10), nullable=True))
    op.add_column("invoice", sa.Column("skonto", types.Json(), nullable=True))
    op.add_column("invoice", sa.Column("remarks", sa.String(length=200), nullable=True))
    op.add_column("cash_order", sa.Column("discount_until", sa.Date(), nullable=True))
    op.add_column("cash_order", sa.Column("discount_amount", types.Cents(), nullable=True))
    op.create_index("ix_invoice_vat_id", "invoice", ["tenant", "supplier_vat_id"], unique=False)
    op.create_index("ix_invoice_supplier", "invoice", ["tenant", "supplier_name"], unique=False)
