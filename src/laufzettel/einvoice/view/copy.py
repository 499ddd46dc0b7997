"""The Sichtkopie: the view of an invoice as a paper, for everybody who cannot read XML."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Report
from laufzettel.einvoice.view.render import invoice_css, invoice_html, templates
from laufzettel.einvoice.view.words import Words


def copy_html(
    invoice: Invoice, *, report: Report | None, original_sha256: str, language: str = "de"
) -> str:
    """Return the Sichtkopie as a whole HTML document, to be drawn with ``copy_css``.

    Every page names the invoice and the SHA-256 of the original it was made from.
    """
    return (
        templates()
        .get_template("copy.html")
        .render(
            invoice=invoice,
            words=Words(language),
            sha256=original_sha256,
            view=invoice_html(invoice, report=report, language=language),
        )
    )


@cache
def copy_css() -> str:
    """Return the style sheet of the Sichtkopie: the view's and that of the paper, A4."""
    paper = files("laufzettel.einvoice.view").joinpath("copy.css").read_text("utf-8")
    return invoice_css() + paper
