"""The one view of an invoice, used by page and PDF alike. No Flask, no database.

``invoice_html`` is the view and ``invoice_css`` its style sheet; ``copy_html`` and ``copy_css``
are the Sichtkopie, a whole document for the PDF job.
"""

from laufzettel.einvoice.view.copy import copy_css, copy_html
from laufzettel.einvoice.view.render import invoice_css, invoice_html

__all__ = ["copy_css", "copy_html", "invoice_css", "invoice_html"]
