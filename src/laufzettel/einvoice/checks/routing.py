"""To whom an invoice goes (BT-10). Only ever a warning: a wrong address is no wrong invoice."""

from __future__ import annotations

from collections.abc import Iterator

from laufzettel.einvoice.checks.occasion import Occasion
from laufzettel.einvoice.checks.said import short, warning
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.leitweg import is_leitweg_id
from laufzettel.einvoice.report import Finding, Own


def check(invoice: Invoice, occasion: Occasion) -> Iterator[Finding]:
    """Return what is odd about the Leitweg-ID."""
    reference = invoice.buyer_reference
    if not reference:
        return
    if not is_leitweg_id(reference):
        yield warning(
            Own.ROUTING,
            f"„{short(reference)}“ ist keine richtige Leitweg-ID (Form oder Prüfziffern).",
            "Bitte von Hand zuordnen; zurückgewiesen wird die Rechnung deswegen nicht.",
            "BT-10",
        )
    elif occasion.recipients and reference.split("-")[0] not in occasion.recipients:
        yield warning(
            Own.RECIPIENT,
            f"Die Leitweg-ID {short(reference)} ist keine der unseren "
            f"({', '.join(sorted(occasion.recipients)[:5])}).",
            "Bitte prüfen, ob die Rechnung an eine andere Stelle gehört, und sie weitergeben.",
            "BT-10",
        )
