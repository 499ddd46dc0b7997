"""Deadlines: what an invoice says about Skonto, its kind, and what lists remark about it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns, empty, and the ways to a seller's earlier invoices."""
    op.add_column("invoice", sa.Column("type_code", sa.String(length=10), nullable=True))
    op.add_column("invoice", sa.Column("skonto", types.Json(), nullable=True))
    op.add_column("invoice", sa.Column("remarks", sa.String(length=200), nullable=True))
    op.create_index("ix_invoice_vat_id", "invoice", ["tenant", "supplier_vat_id"], unique=False)
    op.create_index("ix_invoice_supplier", "invoice", ["tenant", "supplier_name"], unique=False)
