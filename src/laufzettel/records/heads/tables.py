"""Tables of what is known of every invoice: its head under keys, what it refers to, suspicions."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Cents, Json, UtcTime

_Id = sa.String(26)
_Code = sa.String(100)
_Key = sa.String(100)
_is_imported = sa.text("import_id IS NOT NULL")


def _of_history(name: str, column: str) -> sa.Index:
    """Return an index of imported heads only: ours are found by the indexes of their table."""
    return sa.Index(
        name,
        "tenant",
        column,
        "issued_on",
        sqlite_where=_is_imported,
        postgresql_where=_is_imported,
    )


#: What an invoice says of itself, normalised (``invoice_keys``). Written once, when it is read; ``id``
#: is that of the invoice, or of the head itself where it came from the old system. Names and
#: numbers as written are kept for those alone; of ours they stand in ``invoice``.
invoice_head = sa.Table(
    "invoice_head",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("tenant", _Code, nullable=False),
    sa.Column("vat_id", sa.String(40)),
    sa.Column("iban", sa.String(40)),
    sa.Column("name_key", _Key),
    sa.Column("number_key", _Key, nullable=False),
    sa.Column("gross", Cents),
    sa.Column("currency", sa.String(3)),
    sa.Column("issued_on", sa.Date),
    sa.Column("type_code", sa.String(10)),
    sa.Column("order_ref", _Key),  # BT-13, else BT-12
    sa.Column("period_start", sa.Date),
    sa.Column("period_end", sa.Date),
    sa.Column("content", sa.String(32)),  # of what it claims, the same in UBL and CII
    sa.Column("refers_to", Json),  # the invoices it names (BG-3): number, key, date
    sa.Column("import_id", _Id),  # of the import; none: our own invoice
    sa.Column("line", sa.Integer),  # of the imported file
    sa.Column("seller_name", sa.String(200)),
    sa.Column("number", sa.String(200)),
    sa.Column("unit", _Code),
    sa.Column("paid_on", sa.Date),
    sa.Column("cost_center", sa.String(40)),
    sa.Column("gl_account", sa.String(40)),
    sa.Index("ix_invoice_head_number", "tenant", "number_key"),
    sa.Index("ix_invoice_head_gross", "tenant", "gross", "issued_on"),
    _of_history("ix_invoice_head_order", "order_ref"),
    _of_history("ix_invoice_head_vat_id", "vat_id"),
    _of_history("ix_invoice_head_iban", "iban"),
    _of_history("ix_invoice_head_name", "name_key"),
)

#: The way back from an earlier invoice to those that name it (BG-3).
invoice_reference = sa.Table(
    "invoice_reference",
    metadata,
    sa.Column("tenant", _Code, primary_key=True),
    sa.Column("number_key", _Key, primary_key=True),
    sa.Column("invoice_id", _Id, primary_key=True),
    sqlite_with_rowid=False,
)

#: Why an invoice was suspected to repeat another, as it was shown to who decided.
duplicate_suspect = sa.Table(
    "duplicate_suspect",
    metadata,
    sa.Column("tenant", _Code, primary_key=True),
    sa.Column("invoice_id", _Id, primary_key=True),
    sa.Column("other_id", _Id, primary_key=True),  # of an invoice_head
    sa.Column("points", sa.Integer, nullable=False),
    sa.Column("grounds", Json, nullable=False),  # [[field, likeness], …]
    sqlite_with_rowid=False,
)

#: A file of heads that was taken over from the old system.
head_import = sa.Table(
    "head_import",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("tenant", _Code, nullable=False),
    sa.Column("file_name", sa.String(200), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("added", sa.Integer, nullable=False),
    sa.Column("imported_at", UtcTime, nullable=False),
    sa.UniqueConstraint("tenant", "sha256"),
)
