"""From an invoice to HTML: the same for the page, the Sichtkopie and whoever else shows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Report
from laufzettel.einvoice.skonto import offers
from laufzettel.einvoice.view.page import Page, verdict_of
from laufzettel.einvoice.view.shown import Show
from laufzettel.einvoice.view.terms import TERMS
from laufzettel.einvoice.view.texts import harmless
from laufzettel.einvoice.view.words import Words


def invoice_html(
    invoice: Invoice,
    *,
    report: Report | None,
    language: str = "de",
    attachment_url: Callable[[int], str] | None = None,
) -> Markup:
    """Return the view of an invoice as an ``<article>`` whose headings begin at h2.

    Every text of the invoice is escaped and without hidden characters; what the invoice does
    not carry is left out, unless a finding says that it is missing. Findings link to their
    field. ``attachment_url`` gives the address of the embedded document with that index
    (``Invoice.attachments``); without it documents are named and not linked.
    """
    words = Words(language)
    page = Page(invoice, report)
    return Markup(  # noqa: S704 - made by a template that escapes
        templates()
        .get_template("view.html")
        .render(
            invoice=invoice,
            page=page,
            show=Show(invoice, words, attachment_url),
            words=words,
            terms=TERMS,
            offers=offers(invoice),
            verdict=verdict_of(report, words),
        )
    )


@cache
def invoice_css() -> str:
    """Return the style sheet of the view: for pages with KERN's colours and for print."""
    return files("laufzettel.einvoice.view").joinpath("view.css").read_text("utf-8")


@cache
def templates() -> jinja2.Environment:
    """Return the templates of the view: what they put out is escaped and harmless."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("laufzettel.einvoice.view"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _shown(value: object) -> object:
    """Make every text that a template puts out harmless; markup was made of such texts."""
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value
