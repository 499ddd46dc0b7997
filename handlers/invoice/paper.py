"""What becomes of a PDF without data: a stack is divided, anything else a person captures."""

from __future__ import annotations

from typing import Any, Final

from laufzettel.einvoice import separator
from laufzettel.einvoice.pages import Look, look
from laufzettel.einvoice.pdf import PdfError
from laufzettel.einvoice.proposals import Proposals
from laufzettel.einvoice.report import Verdict
from laufzettel.engine.handler import Values, Work
from laufzettel.handlers.invoice.proposals import as_values, proposals_for
from laufzettel.records.remarks import Remark

#: Stands for the verdict where several invoices came as one file.
STACK: Final = "stack"
_NOTHING: Final = ("buyer_reference", "rejection_text", "findings_text", "routing_facts")


def sort_paper(step: Work, data: bytes, document: str) -> Values:
    """Return the proposals to whoever captures the invoice, or that it is a stack of several."""
    pages = _looks(data)
    nothing: dict[str, Any] = dict.fromkeys(_NOTHING)
    step.set_facets(remarks=Remark.UNCHECKED.value)
    spans = separator.divide(pages)
    if spans:
        step.audit("invoice.stack", {"document": document, "invoices": len(spans)})
        return {**nothing, **as_values(Proposals()), "verdict": STACK}
    step.audit("invoice.to_capture", {"document": document})
    found = proposals_for(step, data, pages)
    return {**nothing, **as_values(found), "verdict": Verdict.UNCHECKED.value}


def _looks(data: bytes) -> tuple[Look, ...]:
    """Return the pages as they were seen; none of a PDF that cannot be drawn."""
    try:
        return look(data)
    except PdfError:
        return ()
