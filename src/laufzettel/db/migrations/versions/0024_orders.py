"""The order list: orders, their positions, what was delivered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0024"
down_revision = "0023"

_CODE = sa.String(length=100)
_TEXT = sa.String(length=200)


def upgrade() -> None:
    """Add the tables."""
    _orders()
    op.create_table(
        "purchase_line",
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("order_key", _CODE, nullable=False),
        sa.Column("key", _CODE, nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("name", _TEXT, nullable=True),
        sa.Column("item_key", _CODE, nullable=True),
        sa.Column("quantity", types.Exact(), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("price", types.Exact(), nullable=True),
        sa.Column("net", types.Cents(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "order_key", "key", name=op.f("pk_purchase_line")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "purchase_delivery",
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("order_key", _CODE, nullable=False),
        sa.Column("key", _CODE, nullable=False),
        sa.Column("line_key", _CODE, nullable=False),
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=False),
        sa.Column("quantity", types.Exact(), nullable=True),
        sa.Column("net", types.Cents(), nullable=True),
        sa.PrimaryKeyConstraint(
            "tenant", "order_key", "key", "line_key", name=op.f("pk_purchase_delivery")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_purchase_delivery_key", "purchase_delivery", ["tenant", "key"])


def _orders() -> None:
    op.create_table(
        "purchase_order",
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("key", _CODE, nullable=False),
        sa.Column("number", _TEXT, nullable=False),
        sa.Column("supplier_name", _TEXT, nullable=False),
        sa.Column("name_key", _CODE, nullable=False),
        sa.Column("vat_id", sa.String(length=40), nullable=True),
        sa.Column("gross", types.Cents(), nullable=True),
        sa.Column("net", types.Cents(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=True),
        sa.Column("contract_key", _CODE, nullable=True),
        sa.Column("unit", _CODE, nullable=True),
        sa.Column("told", sa.Boolean(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("changed_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_purchase_order")),
        sqlite_with_rowid=False,
    )
    for name, column in (("vat_id", "vat_id"), ("name", "name_key"), ("contract", "contract_key")):
        op.create_index(f"ix_purchase_order_{name}", "purchase_order", ["tenant", column])
