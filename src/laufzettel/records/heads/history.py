"""Heads of the old system in the database: taken over once, listed, taken out again.

The id of a head is made of what it says, and that of an import of the bytes of its file. So a
file that is imported again, or after a crash, adds what is missing and nothing twice.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.errors import NotFoundError
from laufzettel.invoice_keys import plain
from laufzettel.records.heads.tables import head_import, invoice_head

#: Heads written in one transaction: other work waits no longer than that takes.
PORTION: Final = 500
_ALPHABET: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz"
)
_OF_TENANT: Final = head_import.c.tenant == sa.bindparam("of_tenant")
_KNOWN: Final = sa.select(head_import).where(_OF_TENANT, head_import.c.id == sa.bindparam("of_id"))
_ALL: Final = sa.select(head_import).where(_OF_TENANT).order_by(head_import.c.imported_at)
_ADD: Final = {
    dialect: insert(invoice_head).on_conflict_do_nothing()
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_COUNT: Final = (
    sa.select(sa.func.count())
    .select_from(invoice_head)
    .where(
        invoice_head.c.tenant == sa.bindparam("of_tenant"),
        invoice_head.c.id.in_(sa.bindparam("ids", expanding=True)),
    )
)
_FINISH: Final = sa.insert(head_import)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file that was taken over."""

    id: str
    file_name: str
    rows: int  # in the file
    added: int  # that were not there before
    imported_at: datetime


def import_id(tenant: str, sha256: str) -> str:
    """Return the id of an import of these bytes."""
    return _id("import", tenant, sha256)


def keyed(tenant: str, rows: Sequence[Mapping[str, Any]], of_import: str) -> list[dict[str, Any]]:
    """Return the rows with their ids; the same head has the same id in every file."""
    return [
        {**row, "id": _id_of(tenant, row), "tenant": tenant, "import_id": of_import} for row in rows
    ]


def repeated(rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Return the lines that say what an earlier line says, with that line."""
    seen: dict[str, int] = {}
    found = []
    for row in rows:
        first = seen.setdefault(row["id"], row["line"])
        if first != row["line"]:
            found.append((row["line"], first))
    return found


def known(connection: sa.Connection, tenant: str, of_import: str) -> Import | None:
    """Return the import if its file was taken over to the end, else None."""
    of = {"of_tenant": tenant, "of_id": of_import}
    row = connection.execute(_KNOWN, of).one_or_none()
    return None if row is None else _import(row)


def present(connection: sa.Connection, tenant: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Return how many of the rows (of one portion) are there already."""
    ids = {row["id"] for row in rows}
    return int(connection.execute(_COUNT, {"of_tenant": tenant, "ids": sorted(ids)}).scalar_one())


def add(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows (of one portion) that are not there yet."""
    if rows:
        connection.execute(_ADD[connection.dialect.name], [dict(row) for row in rows])


def finish(
    connection: sa.Connection,
    tenant: str,
    made: Import,
    sha256: str,
) -> None:
    """Note that the file was taken over to its end."""
    values: dict[str, Any] = {
        "id": made.id,
        "tenant": tenant,
        "file_name": made.file_name[:200],
        "sha256": sha256,
    }
    values |= {"rows": made.rows, "added": made.added, "imported_at": made.imported_at}
    connection.execute(_FINISH, values)


def imports(connection: sa.Connection, tenant: str) -> list[Import]:
    """Return what was taken over, the oldest first."""
    return [_import(row) for row in connection.execute(_ALL, {"of_tenant": tenant})]


def remove(connection: sa.Connection, tenant: str, of_import: str) -> Import:
    """Take an import out again with every head that it added; NotFoundError without it."""
    found = known(connection, tenant, of_import)
    if found is None:
        raise NotFoundError("Diese Übernahme gibt es nicht; „laufzettel history list“ nennt alle.")
    connection.execute(
        sa.delete(invoice_head).where(
            invoice_head.c.tenant == tenant, invoice_head.c.import_id == of_import
        )
    )
    connection.execute(
        sa.delete(head_import).where(head_import.c.tenant == tenant, head_import.c.id == of_import)
    )
    return found


def _import(row: Any) -> Import:
    return Import(
        id=row.id,
        file_name=row.file_name,
        rows=row.rows,
        added=row.added,
        imported_at=row.imported_at,
    )


def _id_of(tenant: str, row: Mapping[str, Any]) -> str:
    seller = row["vat_id"] or row["name_key"] or ""
    parts = (plain(row["number"]), str(row["issued_on"]), str(row["gross"]), row["currency"])
    return _id("head", tenant, seller, *parts, row["type_code"])


def _id(*parts: str) -> str:
    """Return an id that sorts before those made by time, of 120 bits of a hash."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()[:15]
    return "00" + base64.b32encode(digest).translate(_ALPHABET).decode()
