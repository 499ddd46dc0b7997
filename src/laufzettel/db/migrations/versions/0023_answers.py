"""Answers to suppliers: what is to be told, to which address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the address of the invoice, the master data and the answers that are wanted."""
    op.add_column("invoice", sa.Column("supplier_mail", sa.String(254)))
    op.create_table(
        "supplier_contact",
        sa.Column("tenant", sa.String(100), nullable=False),
        sa.Column("vat_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("mail", sa.String(254), nullable=False),
        sa.Column("noted_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "vat_id", name=op.f("pk_supplier_contact")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "supplier_answer",
        sa.Column("tenant", sa.String(100), nullable=False),
        sa.Column("invoice_id", sa.String(26), nullable=False),
        sa.Column("occasion", sa.String(20), nullable=False),
        sa.Column("wanted_at", types.UtcTime(), nullable=False),
        sa.Column("outcome", sa.String(40)),
        sa.PrimaryKeyConstraint(
            "tenant", "invoice_id", "occasion", name=op.f("pk_supplier_answer")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_supplier_answer_outcome", "supplier_answer", ["tenant", "outcome"])
