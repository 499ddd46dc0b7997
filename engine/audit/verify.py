"""Verify the audit of a tenant in the database, and export it for verification elsewhere.

Both read the same rows in the same order; what is checked stands in ``verify_export``, which
needs nothing of ours.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db.types import UtcTime
from laufzettel.engine.audit.canonical import JSON, canonical
from laufzettel.engine.audit.streams import moment
from laufzettel.engine.audit.verify_export import (
    LINES,
    Report,
    Stream,
    Verifier,
    end_line,
    read_anchors,
)
from laufzettel.engine.tables import (
    audit_event,
    audit_seal,
    audit_seal_entry,
    audit_stream,
    audit_text,
)

#: Rows fetched at once; a tenant's history never lies in memory as a whole.
BATCH: Final = 2000
_Row = tuple[str, tuple[Any, ...]]


#: Lets the rows of an audit go by and counts them, say.
Watch = Callable[[Iterator[tuple[str, Any]]], Iterator[tuple[str, Any]]]


def verify_tenant(
    connection: sa.Connection, tenant: str, *, anchors: bytes = b"", watch: Watch = iter
) -> Report:
    """Return what of the tenant's audit does not fit; ``watch`` sees every row go by.

    ``anchors`` are lines of ``export_seals`` that were kept elsewhere. The connection reads a
    snapshot (``Database.read``): one state of the database while others write.
    """
    verifier = Verifier(tenant, read_anchors(anchors))
    for kind, values in watch(_rows(connection, tenant)):
        getattr(verifier, kind)(*values)
    return verifier.finish()


def verify_stream(connection: sa.Connection, tenant: str, stream: str) -> Report:
    """Return what of one stream does not fit to itself and to the seals that name it.

    As with ``verify_tenant``, the connection reads a snapshot.
    """
    report = Report(tenant=tenant)
    check = Stream(tenant, stream, report)
    calls: dict[str, Callable[..., None]] = {"stream": check.head, "event": check.event}
    calls |= {"text": check.text, "entry": check.entry}
    for kind, (_, *values) in _stream_rows(connection, tenant, stream):
        calls[kind](*values)
    check.finish()
    return report


def export_tenant(connection: sa.Connection, tenant: str, at: datetime) -> Iterator[bytes]:
    """Yield the lines of an export that ``verify_export`` verifies without us.

    As with ``verify_tenant``, the connection reads a snapshot.
    """
    checksum = hashlib.sha256()
    lines = 0
    for line in _lines(connection, tenant, at):
        checksum.update(line)
        lines += 1
        yield line
    yield end_line(lines, checksum.hexdigest())


def stream_lines(connection: sa.Connection, tenant: str, stream: str) -> Iterator[bytes]:
    """Yield one stream as the lines of an export: head, events, texts, seal entries."""
    for kind, values in _stream_rows(connection, tenant, stream):
        yield _line(kind, dict(zip(LINES[kind], values, strict=True))).encode() + b"\n"


def _lines(connection: sa.Connection, tenant: str, at: datetime) -> Iterator[bytes]:
    head: dict[str, JSON] = {"type": "export", "format": 1, "tenant": tenant, "at": moment(at)}
    yield canonical(head).encode() + b"\n"
    for kind, values in _rows(connection, tenant):
        yield _line(kind, dict(zip(LINES[kind], values, strict=True))).encode() + b"\n"


def _line(kind: str, values: dict[str, Any]) -> str:
    """Return the row as canonical JSON; data goes in as it is stored, be it ever so wrong."""
    data = values.pop("data", None)
    for name, value in values.items():
        if isinstance(value, bytes):
            values[name] = value.hex()
    text = canonical(values | {"type": kind})
    return text if data is None else text.replace(',"hash":', f',"data":{data},"hash":', 1)


def _rows(connection: sa.Connection, tenant: str) -> Iterator[_Row]:
    """Yield what the verifier takes, in its order, as one moment of the database."""
    yield from _stream_rows(connection, tenant)
    yield from _select(connection, "seal", audit_seal, tenant, ["number"])


def _stream_rows(
    connection: sa.Connection, tenant: str, stream: str | None = None
) -> Iterator[_Row]:
    """Yield the rows stream by stream: head, events, texts, seal entries."""
    sources = [
        _select(connection, "stream", audit_stream, tenant, ["stream"], stream),
        _select(connection, "event", audit_event, tenant, ["stream", "seq"], stream),
        _select(connection, "text", audit_text, tenant, ["stream", "seq", "field"], stream),
        _select(connection, "entry", audit_seal_entry, tenant, ["stream", "number"], stream),
    ]
    return heapq.merge(*sources, key=lambda row: row[1][0])


def _select(
    connection: sa.Connection,
    kind: str,
    table: sa.Table,
    tenant: str,
    order: list[str],
    stream: str | None = None,
) -> Iterator[_Row]:
    columns = [_column(table.c[name], connection.dialect.name) for name in LINES[kind]]
    query = sa.select(*columns).where(table.c.tenant == tenant)
    if stream is not None:
        query = query.where(table.c.stream == stream)
    ordered = query.order_by(*(_by_bytes(table.c[name], connection.dialect.name) for name in order))
    for row in connection.execute(ordered, execution_options={"yield_per": BATCH}):
        yield kind, tuple(row)


def _column(column: sa.Column[Any], dialect: str) -> sa.ColumnElement[Any]:
    """Return the column; a time as the text that was hashed, made by the database."""
    if not isinstance(column.type, UtcTime):
        return column
    if dialect == "sqlite":
        return sa.type_coerce(column, sa.String).label(column.name)
    pattern = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
    return sa.func.to_char(sa.func.timezone("UTC", column), pattern).label(column.name)


def _by_bytes(column: sa.Column[Any], dialect: str) -> sa.ColumnElement[Any]:
    # The order of the export must not depend on the language a server was set up in.
    is_text = dialect == "postgresql" and isinstance(column.type, sa.String)
    return sa.collate(column, "C") if is_text else column
