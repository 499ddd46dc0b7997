"""Heads of invoices, what they refer to, suspicions of repetition, and imports of old heads."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types
from laufzettel.invoice_keys import name_key, number_of, plain

revision = "0018"
down_revision = "0017"

_IMPORTED: Final = sa.text("import_id IS NOT NULL")
_HEAD: Final[tuple[sa.Column[Any], ...]] = (
    sa.Column("id", sa.String(length=26), nullable=False),
    sa.Column("tenant", sa.String(length=100), nullable=False),
    sa.Column("vat_id", sa.String(length=40)),
    sa.Column("iban", sa.String(length=40)),
    sa.Column("name_key", sa.String(length=100)),
    sa.Column("number_key", sa.String(length=100), nullable=False),
    sa.Column("gross", types.Cents()),
    sa.Column("currency", sa.String(length=3)),
    sa.Column("issued_on", sa.Date()),
    sa.Column("type_code", sa.String(length=10)),
    sa.Column("order_ref", sa.String(length=100)),
    sa.Column("period_start", sa.Date()),
    sa.Column("period_end", sa.Date()),
    sa.Column("content", sa.String(length=32)),
    sa.Column("refers_to", types.Json()),
    sa.Column("import_id", sa.String(length=26)),
    sa.Column("line", sa.Integer()),
    sa.Column("seller_name", sa.String(length=200)),
    sa.Column("number", sa.String(length=200)),
    sa.Column("unit", sa.String(length=100)),
    sa.Column("paid_on", sa.Date()),
    sa.Column("cost_center", sa.String(length=40)),
    sa.Column("gl_account", sa.String(length=40)),
)
_INVOICE: Final = sa.table(
    "invoice",
    sa.column("id"),
    sa.column("tenant"),
    sa.column("supplier_vat_id"),
    sa.column("supplier_name"),
    sa.column("payee_iban"),
    sa.column("number"),
    sa.column("gross", types.Cents()),
    sa.column("currency"),
    sa.column("issued_on", sa.Date()),
    sa.column("type_code"),
)
_PORTION: Final = 1000


def upgrade() -> None:
    """Add the tables, and the heads of all invoices that are there already."""
    head = op.create_table(
        "invoice_head", *_HEAD, sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_head"))
    )
    op.create_index("ix_invoice_head_number", "invoice_head", ["tenant", "number_key"])
    op.create_index("ix_invoice_head_gross", "invoice_head", ["tenant", "gross", "issued_on"])
    for name, column in (("vat_id", "vat_id"), ("iban", "iban"), ("name", "name_key")):
        op.create_index(
            f"ix_invoice_head_{name}",
            "invoice_head",
            ["tenant", column, "issued_on"],
            sqlite_where=_IMPORTED,
            postgresql_where=_IMPORTED,
        )
    _around()
    _fill(head)


def _around() -> None:
    """Create the tables beside the heads."""
    op.create_table(
        "invoice_reference",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("number_key", sa.String(length=100), nullable=False),
        sa.Column("invoice_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "number_key", "invoice_id", name=op.f("pk_invoice_reference")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "duplicate_suspect",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("invoice_id", sa.String(length=26), nullable=False),
        sa.Column("other_id", sa.String(length=26), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("grounds", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "invoice_id", "other_id", name=op.f("pk_duplicate_suspect")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "head_import",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("imported_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head_import")),
        sa.UniqueConstraint("tenant", "sha256", name=op.f("uq_head_import_tenant_sha256")),
    )


def _fill(head: sa.Table) -> None:
    connection = op.get_bind()
    known = sa.select(_INVOICE).where(_INVOICE.c.number.is_not(None)).order_by(_INVOICE.c.id)
    last = ""
    while True:
        rows = connection.execute(known.where(_INVOICE.c.id > last).limit(_PORTION)).all()
        if not rows:
            return
        connection.execute(sa.insert(head), [_head_of(row) for row in rows])
        last = rows[-1].id


def _head_of(row: Any) -> dict[str, Any]:
    """Return the head of an invoice, as far as its record tells it."""
    return {
        "id": row.id,
        "tenant": row.tenant,
        "vat_id": plain(row.supplier_vat_id or "")[:40] or None,
        "iban": plain(row.payee_iban or "")[:40] or None,
        "name_key": name_key(row.supplier_name or "") or None,
        "number_key": number_of(row.number).core,
        "gross": row.gross,
        "currency": row.currency,
        "issued_on": row.issued_on,
        "type_code": row.type_code,
    }
