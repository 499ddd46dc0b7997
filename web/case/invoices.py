"""The invoice as it is read on a page."""

from __future__ import annotations

from flask import Flask, url_for
from markupsafe import Markup

from laufzettel.einvoice.view import invoice_html
from laufzettel.web.case.papers import Papers
from laufzettel.web.case.queries import whose
from laufzettel.web.i18n import language


def view(shown: Papers, case_id: str) -> Markup:
    """Return the invoice as the pages show it, its files as downloads of the case."""
    if shown.invoice is None:
        return Markup("")
    return invoice_html(
        shown.invoice,
        report=shown.report,
        language=language(),
        attachment_url=lambda number: url_for("case.attachment", case_id=case_id, number=number),
    )


def register(app: Flask) -> None:
    """Let templates show an invoice, and say whose a task is."""
    app.jinja_env.globals["invoice_view"] = view
    app.jinja_env.filters.update(whose=whose)
