"""Texts of invoices are kept packed, and SQLite's index beside them holds no text of its own.

A row of the index is forgotten only when it is told what the row said, which the program does
(``records.search``): the triggers go. What the index says of words in use is a table to be read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db.packed_text import pack

revision = "0030"
down_revision = "0029"

#: Rows that are packed at once.
_PORTION = 500

_FTS = (
    """CREATE VIRTUAL TABLE invoice_words USING fts5(text, content='', columnsize=0,
    tokenize='unicode61 remove_diacritics 2')""",
    "CREATE VIRTUAL TABLE invoice_vocabulary USING fts5vocab(invoice_words, row)",
)
_TRIGGERS = ("invoice_text_in", "invoice_text_out", "invoice_text_new")
_OLD = sa.table("invoice_text", sa.column("id"), sa.column("text"), sa.column("packed"))


def upgrade() -> None:
    """Pack every text; on SQLite the index is made anew from them."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        for name in _TRIGGERS:
            op.get_bind().exec_driver_sql(f"DROP TRIGGER {name}")
        op.get_bind().exec_driver_sql("DROP TABLE invoice_words")
        for statement in _FTS:
            op.get_bind().exec_driver_sql(statement)
    else:
        op.get_bind().exec_driver_sql("ALTER TABLE invoice_text ALTER COLUMN words DROP EXPRESSION")
    op.add_column("invoice_text", sa.Column("packed", sa.LargeBinary(), nullable=True))
    _pack(is_sqlite=is_sqlite)
    with op.batch_alter_table("invoice_text") as table:
        table.drop_constraint(op.f("uq_invoice_text_tenant_invoice_id_part"), type_="unique")
        table.drop_column("text")
        table.alter_column("packed", existing_type=sa.LargeBinary(), nullable=False)
    op.create_index("ix_invoice_text_invoice_id", "invoice_text", ["invoice_id"])


def _pack(*, is_sqlite: bool) -> None:
    connection, behind = op.get_bind(), 0
    page = sa.select(_OLD.c.id, _OLD.c.text).order_by(_OLD.c.id).limit(_PORTION)
    change = sa.update(_OLD).where(_OLD.c.id == sa.bindparam("of_id"))
    enter = sa.text("INSERT INTO invoice_words(rowid, text) VALUES (:id, :text)")
    while rows := connection.execute(page.where(_OLD.c.id > behind)).all():
        packed = [{"of_id": row.id, "packed": pack(row.text)} for row in rows]
        connection.execute(change.values(packed=sa.bindparam("packed")), packed)
        if is_sqlite:
            connection.execute(enter, [{"id": row.id, "text": row.text} for row in rows])
        behind = rows[-1].id
