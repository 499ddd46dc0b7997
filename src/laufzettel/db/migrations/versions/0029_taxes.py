"""The tax table of the tenants, certificates of exemption, what persons decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0029"
down_revision = "0028"

_CODE = sa.String(length=100)


def upgrade() -> None:
    """Add the tables."""
    _rules()
    _certificates()
    op.create_table(
        "tax_decision",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("invoice_id", sa.String(length=26), nullable=False),
        sa.Column("decided_by", _CODE, nullable=False),
        sa.Column("decided_at", types.UtcTime(), nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.Column("decided", types.Json(), nullable=False),
        sa.Column("proposal", types.Json(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("vat_id", sa.String(length=40), nullable=True),
        sa.Column("name_key", _CODE, nullable=True),
        sa.Column("pay_year", sa.Integer(), nullable=False),
        sa.Column("gross", types.Cents(), nullable=True),
        sa.Column("is_construction", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_decision")),
    )
    op.create_index("ix_tax_decision_invoice", "tax_decision", ["tenant", "invoice_id", "id"])
    op.create_index(
        "ix_tax_decision_year", "tax_decision", ["tenant", "pay_year", "is_construction"]
    )


def _rules() -> None:
    op.create_table(
        "tax_rule",
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=5), nullable=False),
        sa.Column("rate", types.Exact(), nullable=True),
        sa.Column("unit", _CODE, nullable=False),
        sa.Column("type_code", sa.String(length=10), nullable=False),
        sa.Column("supplier", sa.String(length=40), nullable=False),
        sa.Column("product", _CODE, nullable=False),
        sa.Column("regime", sa.String(length=10), nullable=False),
        sa.Column("result", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_tax_rule")),
        sqlite_with_rowid=False,
    )


def _certificates() -> None:
    op.create_table(
        "exemption_certificate",
        sa.Column("tenant", _CODE, nullable=False),
        sa.Column("key", _CODE, nullable=False),
        sa.Column("number", _CODE, nullable=False),
        sa.Column("supplier_name", sa.String(length=200), nullable=False),
        sa.Column("name_key", _CODE, nullable=False),
        sa.Column("vat_id", sa.String(length=40), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("order_key", _CODE, nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_exemption_certificate")),
        sqlite_with_rowid=False,
    )
    for name, column in (("vat_id", "vat_id"), ("name", "name_key")):
        op.create_index(
            f"ix_exemption_certificate_{name}", "exemption_certificate", ["tenant", column]
        )
