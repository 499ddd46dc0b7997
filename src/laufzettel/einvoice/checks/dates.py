"""Dates that cannot be, or that cost somebody something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from laufzettel.einvoice.checks.occasion import Occasion
from laufzettel.einvoice.checks.said import day, note, warning
from laufzettel.einvoice.invoice import Invoice, Period
from laufzettel.einvoice.report import Finding, Own

#: An invoice written in the evening may be dated of the next day somewhere.
_TOLERANCE: Final = timedelta(days=1)
_ASK: Final = "Bitte beim Lieferanten klären, welches Datum gilt."


def check(invoice: Invoice, occasion: Occasion) -> Iterator[Finding]:
    """Return what is odd about the dates of an invoice."""
    yield from _against_receipt(invoice, occasion)
    issued, due = invoice.issue_date, invoice.due_date
    if issued and due and due < issued:
        yield warning(
            Own.DUE_FIRST,
            f"Die Rechnung ist am {day(due)} fällig, aber erst am {day(issued)} ausgestellt.",
            "Bitte die Fälligkeit nach Vertrag oder Gesetz bestimmen (§ 286 BGB: 30 Tage).",
            "BT-9",
        )
    yield from _reversed(invoice.period, "Der Abrechnungszeitraum", "BT-74", "BR-29")
    for position, line in enumerate(invoice.lines, 1):
        what = f"Der Zeitraum der Position {line.id or position}"
        yield from _reversed(line.period, what, "BT-135", "BR-30")
    for earlier in invoice.preceding_invoices:
        if issued and earlier.issue_date and earlier.issue_date > issued:
            yield warning(
                Own.REVERSED,
                f"Die vorausgegangene Rechnung {earlier.number[:60]} ist vom "
                f"{day(earlier.issue_date)}, also später als diese vom {day(issued)}.",
                _ASK,
                "BT-26",
            )


def _against_receipt(invoice: Invoice, occasion: Occasion) -> Iterator[Finding]:
    received, issued = occasion.received_on, invoice.issue_date
    if received is None:
        return
    if issued and issued > received + _TOLERANCE:
        yield warning(
            Own.FUTURE,
            f"Das Rechnungsdatum {day(issued)} liegt nach dem Eingang am {day(received)}.",
            _ASK,
            "BT-2",
        )
    if issued and (received - issued).days > occasion.old_after_days:
        yield warning(
            Own.OLD,
            f"Die Rechnung vom {day(issued)} ist beim Eingang am {day(received)} "
            f"{(received - issued).days} Tage alt.",
            "Bitte prüfen, ob sie schon bezahlt ist, und ob die Forderung verjährt ist "
            "(§ 195 BGB: drei Jahre).",
            "BT-2",
        )
    delivered = invoice.delivery.date if invoice.delivery else None
    if delivered and delivered > received + _TOLERANCE:
        yield note(
            Own.SUPPLY_FUTURE,
            f"Geliefert wird laut Rechnung erst am {day(delivered)}, nach dem Eingang am "
            f"{day(received)}.",
            "Bitte vor der sachlichen Feststellung abwarten oder als Vorauszahlung behandeln.",
            "BT-72",
        )


def _reversed(period: Period | None, what: str, term: str, twin: str) -> Iterator[Finding]:
    if period and period.start and period.end and period.end < period.start:
        yield warning(
            Own.REVERSED,
            f"{what} endet am {day(period.end)}, bevor er am {day(period.start)} beginnt.",
            _ASK,
            term,
            twins=(twin,),
        )
