"""The Posteingangsbuch: mails that came in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "mail",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("tenant", sa.String(100), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("delivery", sa.String(100), nullable=False),
        sa.Column("received_at", types.UtcTime(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("settled_at", types.UtcTime()),
        sa.Column("digest", sa.String(64)),
        sa.Column("repeat_of", sa.String(26)),
        sa.Column("message_id", sa.String(200)),
        sa.Column("sender", sa.String(254)),
        sa.Column("sender_name", sa.String(200)),
        sa.Column("subject", sa.String(200)),
        sa.Column("is_automatic", sa.Boolean()),
        sa.Column("problem", sa.Text()),
        sa.Column("files", types.Json()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("tenant", "number", name=op.f("uq_mail_tenant_number")),
        sa.UniqueConstraint("tenant", "delivery", name=op.f("uq_mail_tenant_delivery")),
        sa.UniqueConstraint("tenant", "digest", name=op.f("uq_mail_tenant_digest")),
    )
    op.create_index("ix_mail_sha256", "mail", ["tenant", "sha256"])
