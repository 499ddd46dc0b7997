"""Doors for programs: tokens, what they asked for once, and what each process has counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add what the API and the figures of the processes need."""
    _tokens()
    _requests()
    op.create_table(
        "process_measure",
        sa.Column("process", sa.String(length=100), nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("figures", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_process_measure")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_user_task_open",
        "user_task",
        ["tenant", "id"],
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )


def _tokens() -> None:
    """Create the table of tokens."""
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", types.Json(), nullable=False),
        sa.Column("login", sa.String(length=100)),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("valid_until", types.UtcTime(), nullable=False),
        sa.Column("used_at", types.UtcTime()),
        sa.Column("revoked_at", types.UtcTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_token_sha256")),
    )
    op.create_index("ix_api_token_tenant", "api_token", ["tenant", "id"])


def _requests() -> None:
    """Create the table of what was asked for once."""
    op.create_table(
        "api_request",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("token_id", sa.String(length=26), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.String(length=26), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("location", sa.String(length=300)),
        sa.Column("body", sa.Text()),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "token_id", "key", name=op.f("pk_api_request")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_api_request_at", "api_request", ["at"])
