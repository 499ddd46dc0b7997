"""The texts of invoices and their attachments, searchable by word.

SQLite finds words by FTS5: an index beside the table, kept by triggers. PostgreSQL has a column
of lexemes, stemmed in German. Punctuation separates words in both, so that „TB-2026-1187“ is
three words wherever it stands.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

#: A row of the table enters the index, and leaves it.
_ENTER = "INSERT INTO invoice_words(rowid, text) VALUES (new.id, new.text);"
_LEAVE = (
    "INSERT INTO invoice_words(invoice_words, rowid, text) VALUES ('delete', old.id, old.text);"
)
_FTS = (
    """CREATE VIRTUAL TABLE invoice_words USING fts5(text, content='invoice_text',
    content_rowid='id', tokenize='unicode61 remove_diacritics 2')""",
    f"CREATE TRIGGER invoice_text_in AFTER INSERT ON invoice_text BEGIN {_ENTER} END",
    f"CREATE TRIGGER invoice_text_out AFTER DELETE ON invoice_text BEGIN {_LEAVE} END",
    f"CREATE TRIGGER invoice_text_new AFTER UPDATE ON invoice_text BEGIN {_LEAVE} {_ENTER} END",
)
#: What PostgreSQL would take for a sign, a path, an address: here it only separates. Written as
#: a literal: a quote is two, and a per cent sign, which separates anyway, would ask for a value.
_SEPARATORS = "-/\\._,;:@+#&=*()[]{}<>\"''!?~|^–—"
_BLANKS = " " * (len(_SEPARATORS) - 1)
_TSVECTOR = (
    f"""ALTER TABLE invoice_text ADD COLUMN words tsvector GENERATED ALWAYS AS
    (to_tsvector('german'::regconfig, translate(text, '{_SEPARATORS}', '{_BLANKS}'))) STORED""",
    "CREATE INDEX ix_invoice_text_words ON invoice_text USING gin (words)",
)


def upgrade() -> None:
    """Add the table; what was received before is filled in by „laufzettel reindex“."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # there the id of the row itself
    op.create_table(
        "invoice_text",
        sa.Column("id", number, nullable=False, autoincrement=True),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("invoice_id", sa.String(length=26), nullable=False),
        sa.Column("part", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_text")),
        sa.UniqueConstraint(
            "tenant", "invoice_id", "part", name=op.f("uq_invoice_text_tenant_invoice_id_part")
        ),
    )
    statements = _FTS if op.get_bind().dialect.name == "sqlite" else _TSVECTOR
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)
