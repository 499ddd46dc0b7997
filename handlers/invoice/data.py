"""The data of an invoice, read anew from what was received."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from laufzettel.documents.store import DocumentStore
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.read import read_invoice
from laufzettel.errors import LaufzettelError
from laufzettel.records.tables import document, invoice

# Built once: building a statement costs more than running it.
_SOURCES: Final = sa.select(document.c.kind, document.c.sha256, document.c.media_type).where(
    document.c.tenant == sa.bindparam("of_tenant"),
    document.c.invoice_id == sa.bindparam("of_invoice"),
    document.c.kind.in_(("xml", "original")),
)
_ROW: Final = sa.select(invoice).where(
    invoice.c.tenant == sa.bindparam("of_tenant"), invoice.c.id == sa.bindparam("of_invoice")
)


def invoice_row(connection: sa.Connection, tenant: str, invoice_id: str) -> sa.Row[Any] | None:
    """Return the row of the invoice, None where there is none."""
    which = {"of_tenant": tenant, "of_invoice": invoice_id}
    return connection.execute(_ROW, which).one_or_none()


def data_of(
    connection: sa.Connection, store: DocumentStore, tenant: str, invoice_id: str
) -> Invoice | None:
    """Return the invoice as its data say, None where it came without or they cannot be read."""
    which = {"of_tenant": tenant, "of_invoice": invoice_id}
    found = {row.kind: row for row in connection.execute(_SOURCES, which)}
    source = found.get("xml") or found.get("original")
    if source is None or (source.kind == "original" and source.media_type != "application/xml"):
        return None
    try:
        return read_invoice(store.get(source.sha256, tenant=tenant))
    except LaufzettelError:
        return None  # the page says what is wrong with it
