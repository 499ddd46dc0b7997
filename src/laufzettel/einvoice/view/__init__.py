"""The one view of an invoice, used by page and PDF alike. No Flask, no database.

``invoice_html`` is the view, ``invoice_css`` its style sheet.
"""

from laufzettel.einvoice.view.render import invoice_css, invoice_html

__all__ = ["invoice_css", "invoice_html"]
