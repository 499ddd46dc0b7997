"""A finished case in fewer bytes, and the seller's history found however long it is.

Compressed are the result of a case, the payload of an effect and the bytes of a parcel, in
rows written from now on; what stands there already is read as it is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

#: Tables whose key is long and that have no other index: on SQLite the key is then the table,
#: not a second copy beside it.
KEYED = ("document", "invoice_identity", "duty_act", "duty_signature")
OLD_KEY, NEW_KEY = "task_id, duty", "tenant, scope, task_id, duty"


def upgrade() -> None:
    """Change keys and indexes, and note the size of a parcel beside its packed bytes."""
    op.drop_index("ix_duty_signature_scope", table_name="duty_signature")  # the new key does it
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(op.f("pk_duty_signature"), "duty_signature", type_="primary")
        op.create_primary_key(op.f("pk_duty_signature"), "duty_signature", NEW_KEY.split(", "))
    else:
        for table in KEYED:
            _without_rowid(table)
    for name, column in (
        ("ix_invoice_vat_id", "supplier_vat_id"),
        ("ix_invoice_supplier", "supplier_name"),
    ):
        op.drop_index(name, table_name="invoice")
        op.create_index(name, "invoice", ["tenant", column, "id"])
    op.drop_index("ix_message_correlation", table_name="message")
    available = sa.text("status = 'available'")
    op.create_index(
        "ix_message_correlation",
        "message",
        ["tenant", "name", "key", "id"],
        sqlite_where=available,
        postgresql_where=available,
    )
    _size_of_parcels()


def _without_rowid(table: str) -> None:
    """Make the table anew, exactly as it stands, with its rows in the order of its key."""
    connection = op.get_bind()
    found = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name")
    sql = str(connection.execute(found, {"name": table}).scalar_one())
    if table == "duty_signature":
        assert f"PRIMARY KEY ({OLD_KEY})" in sql  # noqa: S101 - else the key would stay as it is
        sql = sql.replace(f"PRIMARY KEY ({OLD_KEY})", f"PRIMARY KEY ({NEW_KEY})")
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(sa.text(f"{sql} WITHOUT ROWID"))
    op.execute(f"INSERT INTO {table} SELECT * FROM {table}_before")  # noqa: S608 - names of ours
    op.execute(f"DROP TABLE {table}_before")


def _size_of_parcels() -> None:
    op.add_column("parcel", sa.Column("size", sa.Integer(), nullable=True))
    op.execute("UPDATE parcel SET size = length(data)")
    with op.batch_alter_table("parcel") as table:
        table.alter_column("size", existing_type=sa.Integer(), nullable=False)
