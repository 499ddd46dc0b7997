"""PDF files from HTML, made in a process that can reach nothing and cannot use everything up.

``render`` is all there is: page in, PDF/A out, or an error that says in German what to do.
WeasyPrint and the system libraries it needs are loaded in the child process only.
"""

from laufzettel.pdf.job import Attachment, Relationship, Variant
from laufzettel.pdf.limits import Limits
from laufzettel.pdf.printer import Printer, ProcessPrinter
from laufzettel.pdf.render import (
    PdfFailedError,
    PdfRefusedError,
    PdfTimeoutError,
    PdfUnavailableError,
    render,
)

__all__ = [
    "Attachment",
    "Limits",
    "PdfFailedError",
    "PdfRefusedError",
    "PdfTimeoutError",
    "PdfUnavailableError",
    "Printer",
    "ProcessPrinter",
    "Relationship",
    "Variant",
    "render",
]
