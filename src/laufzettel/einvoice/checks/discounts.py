"""Skonto: lines that no program can read (BR-DE-18), and offers that make no sense."""

from __future__ import annotations

from collections.abc import Iterator

from laufzettel.einvoice.checks.said import day, money, number, short, warning
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Finding, Own
from laufzettel.einvoice.skonto import Offer, offers


def check(invoice: Invoice) -> Iterator[Finding]:
    """Return what is odd about the Skonto of an invoice."""
    for line in invoice.payment_terms.unclear:
        yield warning(
            Own.SKONTO,
            f"Die Zeile „{line[:80]}“ sieht nach Skonto aus, ist aber nicht lesbar.",
            "Bitte Skonto und Fristen selbst aus den Zahlungsbedingungen übernehmen.",
            "BT-20",
            twins=("BR-DE-18",),
        )
    for line in invoice.payment_terms.in_words:
        yield warning(
            Own.SKONTO,
            f"„{short(line)}“ gewährt Skonto nur in Worten: Der Betrag ist nicht berechnet, und keine "
            "Frist wird überwacht.",
            "Bitte Skonto und letzten Tag selbst ausrechnen und eine Wiedervorlage setzen.",
            "BT-20",
        )
    for offer in offers(invoice):
        yield from _offer(invoice, offer)


def _offer(invoice: Invoice, offer: Offer) -> Iterator[Finding]:
    due, payable = invoice.due_date, invoice.totals.payable
    what = f"Skonto {number(offer.percent)} % binnen {offer.days} Tagen"
    if due and offer.last_day and offer.last_day > due:
        yield warning(
            Own.SKONTO_LATE,
            f"{what} läuft bis {day(offer.last_day)}, länger als die Zahlungsfrist bis {day(due)}.",
            "Bitte nach Vertrag entscheiden, welche Frist gilt.",
            "BT-20",
        )
    if offer.base is not None and payable is not None and payable > 0 and offer.base > payable:
        yield warning(
            Own.SKONTO_BASE,
            f"{what} rechnet mit {money(offer.base, invoice.currency)}, zu zahlen sind aber nur "
            f"{money(payable, invoice.currency)}.",
            "Bitte prüfen, von welchem Betrag der Skonto abgeht.",
            "BT-20",
        )
