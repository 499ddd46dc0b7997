"""Keep the texts of an invoice, so that it is found by a word of it."""

from __future__ import annotations

from laufzettel.einvoice import fulltext
from laufzettel.einvoice.examine import Opened
from laufzettel.engine.handler import Work
from laufzettel.records.search import TextKeeper


def keep_texts(step: Work, invoice_id: str, opened: Opened, original: bytes) -> None:
    """What the invoice and its files say is found from now on, whatever its check will come to.

    PDF files are read in a process of their own with limits, outside any transaction.
    """
    found = opened.found
    parts = fulltext.texts(
        opened.invoice, found.xml, original, tree=found.tree, picture=opened.picture
    )
    step.service(TextKeeper).keep(step.tenant, invoice_id, parts)
