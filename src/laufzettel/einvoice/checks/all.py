"""All own layers in one order, and how they stand beside the official findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from laufzettel.einvoice.checks import (
    arithmetic,
    bank,
    contents,
    dates,
    discounts,
    oddities,
    picture,
    routing,
)
from laufzettel.einvoice.checks.occasion import UNKNOWN_OCCASION, Occasion
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Finding


def own_findings(
    invoice: Invoice, occasion: Occasion = UNKNOWN_OCCASION, pdf_text: str | None = None
) -> tuple[Finding, ...]:
    """Return what Laufzettel itself finds, what endangers money first.

    ``pdf_text`` is what the pages of a PDF show, None where the invoice came as XML alone.
    """
    return (
        *bank.check(invoice),
        *(picture.check(invoice, pdf_text) if pdf_text is not None else ()),
        *oddities.check(invoice),
        *arithmetic.check(invoice),
        *dates.check(invoice, occasion),
        *routing.check(invoice, occasion),
        *discounts.check(invoice),
        *contents.check(invoice, occasion),
    )


def beside(official: Iterable[Finding], own: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return both together; what an official rule says already is not said twice.

    The official finding then gets our sentence with the numbers of this invoice.
    """
    stand, added = list(official), []
    for finding in own:
        twin = next((n for n, each in enumerate(stand) if each.id in finding.twins), None)
        if twin is None:
            added.append(finding)
        elif finding.text_de not in stand[twin].values:
            values = (*stand[twin].values, finding.text_de)
            stand[twin] = replace(stand[twin], values=values)
    return (*stand, *added)
