"""Keep the texts of an invoice, so that it is found by a word of it."""

from __future__ import annotations

from laufzettel.einvoice import fulltext
from laufzettel.einvoice.examine import Examination
from laufzettel.engine.handler import Work
from laufzettel.records import search


def keep_texts(step: Work, invoice_id: str, found: Examination, original: bytes) -> None:
    """Have the step keep what the invoice and its files say; read here, outside any transaction."""
    parts = fulltext.texts(
        found.invoice, found.xml, original, tree=found.tree, picture=found.picture
    )
    step.write(lambda connection: search.put(connection, step.tenant, invoice_id, parts))
