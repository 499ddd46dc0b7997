"""What invoices claim of orders; the references of those that are there already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0027"
down_revision = "0026"

_CODE = sa.String(length=100)
_IMPORTED = sa.text("import_id IS NOT NULL")


def upgrade() -> None:
    """Add the table. Of earlier invoices order and totals are known, positions are not."""
    op.create_table(
        "invoice_claim",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("order_key", _CODE, nullable=True),
        sa.Column("named", sa.String(length=200), nullable=True),
        sa.Column("contract", _CODE, nullable=True),
        sa.Column("net", types.Cents(), nullable=True),
        sa.Column("prepaid", types.Cents(), nullable=True),
        sa.Column("deliveries", types.Json(), nullable=False),
        sa.Column("lines", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_claim")),
    )
    op.create_index("ix_invoice_claim_order", "invoice_claim", ["tenant", "order_key"])
    op.create_index(
        "ix_invoice_head_order",
        "invoice_head",
        ["tenant", "order_ref", "issued_on"],
        sqlite_where=_IMPORTED,
        postgresql_where=_IMPORTED,
    )
    op.execute(
        "INSERT INTO invoice_claim (id, tenant, order_key, named, prepaid, deliveries, lines) "
        "SELECT h.id, h.tenant, h.order_ref, h.order_ref, "
        "CASE WHEN i.gross > i.payable THEN i.gross - i.payable END, '[]', '[]' "
        "FROM invoice_head h JOIN invoice i ON i.id = h.id "
        "WHERE h.import_id IS NULL AND h.order_ref IS NOT NULL"
    )
