"""Make the Anordnung a document: PDF/A-3b with the original of the invoice in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from laufzettel.documents.store import DocumentStore
from laufzettel.engine.handler import Values, Work, work
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.handlers.order.paper import gather
from laufzettel.pdf import Attachment, Printer, Relationship
from laufzettel.records.cash_order import DOCUMENT_KIND, document_name
from laufzettel.records.papers.order import Enclosed, OrderPaper, order_css, order_html
from laufzettel.records.tables import document as document_table

# Built once: building a statement costs more than running it.
_KNOWN = sa.select(document_table.c.sha256).where(
    document_table.c.tenant == sa.bindparam("of_tenant"),
    document_table.c.invoice_id == sa.bindparam("of_invoice"),
    document_table.c.kind == DOCUMENT_KIND,
    document_table.c.file_name == sa.bindparam("of_name"),
)
_KEEP = sa.insert(document_table)


@work(
    "order.document",
    results=("order_document",),
    label="Dokument der Anordnung erstellen",
)
def document(step: Work, *, order_id: str) -> Values:
    """Return the SHA-256 of the order's document, one for each revision.

    What was made for this revision before is kept. A machine without the libraries for PDF
    raises PdfUnavailableError, which says how to install them.
    """
    signatures = step.signatures()
    with step.read() as connection:
        bill, paper = gather(connection, step.tenant, order_id, signatures)
        name = document_name(paper.number, paper.revision)
        known = _known(connection, step.tenant, bill["id"], name)
    require_own(step, bill["id"])
    if known is not None:
        return {"order_document": known}
    data = _drawn(step, bill, paper)
    store = step.service(DocumentStore)  # type: ignore[type-abstract]
    stored = store.put(data, tenant=step.tenant)
    row = {
        "tenant": step.tenant,
        "sha256": stored.sha256,
        "invoice_id": bill["id"],
        "kind": DOCUMENT_KIND,
        "media_type": "application/pdf",
        "file_name": name,
        "size": stored.size,
        "stored_at": step.now,
    }
    step.write(lambda connection: _keep(connection, row))
    step.audit(
        "order.printed",
        {"order": order_id, "revision": paper.revision, "document": stored.sha256},
    )
    return {"order_document": stored.sha256}


def _drawn(step: Work, bill: Mapping[str, Any], paper: OrderPaper) -> bytes:
    store = step.service(DocumentStore)  # type: ignore[type-abstract]
    original = store.get(bill["sha256"], tenant=step.tenant)
    is_pdf = original.startswith(b"%PDF")
    enclosed = Attachment(
        name="rechnung.pdf" if is_pdf else "rechnung.xml",
        data=original,
        changed_at=bill["received_at"],
        relationship=Relationship.SOURCE,
        description="Original der Rechnung",
    )
    facts = replace(paper, enclosed=(Enclosed(name=enclosed.name, what=enclosed.description),))
    printer = step.service(Printer)  # type: ignore[type-abstract]
    return printer.print(order_html(facts), order_css(), [enclosed])


def _known(connection: sa.Connection, tenant: str, invoice_id: str, name: str) -> str | None:
    which = {"of_tenant": tenant, "of_invoice": invoice_id, "of_name": name}
    found: str | None = connection.execute(_KNOWN, which).scalar_one_or_none()
    return found


def _keep(connection: sa.Connection, row: dict[str, Any]) -> None:
    """Write the row unless another attempt has written one for this revision."""
    if _known(connection, row["tenant"], row["invoice_id"], row["file_name"]) is None:
        connection.execute(_KEEP, row)
