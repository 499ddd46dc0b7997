"""What holds about the tax of an invoice, the part of an order that the Finanzamt gets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0031"
down_revision = "0030"

_CODE = sa.String(length=100)
_ID = sa.String(length=26)


def upgrade() -> None:
    """Add the tables, and the columns of the order."""
    op.create_table(
        "invoice_tax",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("decided_at", types.UtcTime(), nullable=False),
        sa.Column("parts", types.Json(), nullable=False),
        sa.Column("withhold", types.Exact(), nullable=True),
        sa.Column("owed_vat", types.Exact(), nullable=True),
        sa.Column("office_key", _CODE, nullable=True),
        sa.Column("tax_number", sa.String(length=40), nullable=True),
        sa.Column("exempt", _CODE, nullable=True),
        sa.Column("vat_id", sa.String(length=40), nullable=True),
        sa.Column("name_key", _CODE, nullable=True),
        sa.Column("order_key", _CODE, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_tax")),
    )
    op.create_index("ix_invoice_tax_vat_id", "invoice_tax", ["tenant", "vat_id"])
    op.create_index("ix_invoice_tax_name", "invoice_tax", ["tenant", "name_key"])
    op.create_table(
        "tax_office",
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("key", _CODE, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("iban", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_tax_office")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "withholding_return",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", types.Cents(), nullable=False),
        sa.Column("noted_by", _CODE, nullable=False),
        sa.Column("noted_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withholding_return")),
    )
    op.create_index("ix_withholding_return_month", "withholding_return", ["tenant", "month", "id"])
    for column in (
        sa.Column("withheld_amount", types.Cents(), nullable=True),
        sa.Column("withheld_discount", types.Cents(), nullable=True),
        sa.Column("withheld_name", sa.String(length=140), nullable=True),
        sa.Column("withheld_iban", sa.String(length=40), nullable=True),
        sa.Column("withheld_purpose", sa.String(length=140), nullable=True),
        sa.Column("tax", types.Json(), nullable=True),
    ):
        op.add_column("cash_order", column)
    op.create_index(
        "ix_cash_order_withheld",
        "cash_order",
        ["tenant"],
        sqlite_where=sa.text("withheld_amount IS NOT NULL"),
        postgresql_where=sa.text("withheld_amount IS NOT NULL"),
    )
