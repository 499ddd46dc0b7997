"""What an invoice must say by law, beside what the official rules ask for.

§ 14 (4) and § 14a (5) UStG; § 4 ERechVO NRW. What the supplier was never told (order number,
supplier number) is no defect of his: no policy can reject for it, and where a town tells nobody,
its lack is not even noted. A hint on each invoice would teach people to pass over hints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from laufzettel.einvoice.checks.occasion import Occasion
from laufzettel.einvoice.checks.said import note, warning
from laufzettel.einvoice.invoice import Invoice, Party
from laufzettel.einvoice.report import Finding, Own

_ASK: Final = (
    "Bitte beim Lieferanten nachfragen; für den Vorsteuerabzug muss es auf der Rechnung stehen."
)
#: BT-81: transfers, which need an account (UNTDID 4461).
_TRANSFERS: Final = frozenset({"30", "58"})
#: Words of § 14a (5) UStG, and what the directive (Art. 226 no. 11a) has in English.
_REVERSE: Final = ("steuerschuldnerschaft des leistungsempfängers", "reverse charge")
#: Names of things that name nothing.
_EMPTY: Final = frozenset({"", "-", ".", "artikel", "diverses", "sonstiges"})


def check(invoice: Invoice, occasion: Occasion) -> Iterator[Finding]:
    """Return what the law wants on an invoice and this one does not have."""
    yield from _addresses(invoice)
    yield from _tax_number(invoice)
    yield from _supply_date(invoice)
    yield from _descriptions(invoice)
    yield from _reverse_charge(invoice)
    yield from _account(invoice)
    if occasion.tells_orders:
        yield from _order(invoice)


def _addresses(invoice: Invoice) -> Iterator[Finding]:
    for party, who, term in (
        (invoice.seller, "des Lieferanten", "BT-27"),
        (invoice.buyer, "des Rechnungsempfängers", "BT-44"),
    ):
        if missing := _missing(party):
            yield warning(
                Own.ADDRESS,
                f"Von Name und Anschrift {who} fehlt: {missing} (§ 14 Abs. 4 Nr. 1 UStG).",
                _ASK,
                term,
            )


def _missing(party: Party) -> str:
    address = party.address
    parts = {
        "Name": party.name,
        "Ort": address.city if address else "",
        # A post-box or a big recipient's own post code stands for the street (UStAE 14.5).
        "Straße oder Postfach": (address.line_1 or address.line_2 or address.line_3)
        if address
        else "",
    }
    if address and address.post_code and address.city and not parts["Straße oder Postfach"]:
        del parts["Straße oder Postfach"]
    return ", ".join(name for name, value in parts.items() if not value)


def _tax_number(invoice: Invoice) -> Iterator[Finding]:
    representative = invoice.tax_representative
    if not (
        invoice.seller.vat_id
        or invoice.seller.tax_number
        or (representative and representative.vat_id)
    ):
        yield warning(
            Own.TAX_NUMBER,
            "Der Lieferant nennt weder Umsatzsteuer-ID noch Steuernummer (§ 14 Abs. 4 Nr. 2 UStG).",
            _ASK,
            "BT-31",
        )


def _supply_date(invoice: Invoice) -> Iterator[Finding]:
    has_lines = bool(invoice.lines) and all(line.period for line in invoice.lines)
    delivered = invoice.delivery is not None and invoice.delivery.date is not None
    terms = (invoice.period, invoice.tax_point_date, invoice.tax_point_code)
    # A credit note or a correction points to its invoice, which has the date.
    if delivered or has_lines or any(terms) or invoice.preceding_invoices:
        return
    yield note(
        Own.SUPPLY_DATE,
        "Die Rechnung sagt nicht, wann geliefert oder geleistet wurde (§ 14 Abs. 4 Nr. 6 UStG).",
        "Bitte bei der sachlichen Feststellung den Zeitpunkt vermerken. Für den Vorsteuerabzug "
        "muss er auf der Rechnung stehen.",
        "BT-72",
    )


def _descriptions(invoice: Invoice) -> Iterator[Finding]:
    nameless = [
        line.id or str(position)
        for position, line in enumerate(invoice.lines, 1)
        if line.name.strip().casefold() in _EMPTY and not (line.description or line.note)
    ]
    if nameless:
        yield warning(
            Own.DESCRIPTION,
            f"Bei {len(nameless)} Positionen steht nicht, was geliefert oder geleistet wurde "
            "(§ 14 Abs. 4 Nr. 5 UStG)."
            if len(nameless) > 1
            else f"Bei der Position {nameless[0]} steht nicht, was geliefert oder geleistet wurde "
            "(§ 14 Abs. 4 Nr. 5 UStG).",
            _ASK,
            "BT-153",
            values=[f"Position {', '.join(nameless[:10])}"],
        )


def _reverse_charge(invoice: Invoice) -> Iterator[Finding]:
    reversed_ = [vat for vat in invoice.vat_breakdown if vat.category == "AE"]
    if not reversed_:
        return
    texts = [vat.exemption_reason for vat in reversed_] + [one.text for one in invoice.notes]
    said = " ".join(texts).casefold()
    if not any(words in said for words in _REVERSE):
        yield note(
            Own.REVERSE_CHARGE,
            "Der Hinweis „Steuerschuldnerschaft des Leistungsempfängers“ fehlt (§ 14a Abs. 5 UStG).",
            "Bitte die Steuer trotzdem anmelden, wenn sie geschuldet wird: Der fehlende Hinweis "
            "ändert daran nichts.",
            "BT-120",
        )


def _account(invoice: Invoice) -> Iterator[Finding]:
    wants = any(means.code in _TRANSFERS for means in invoice.payment_means)
    owes = invoice.totals.payable is not None and invoice.totals.payable > 0
    if wants and owes and not invoice.ibans and not invoice.is_credit_note:
        yield warning(
            Own.ACCOUNT,
            "Die Rechnung soll überwiesen werden, nennt aber kein Konto (§ 4 ERechVO NRW).",
            "Bitte die Bankverbindung aus den Stammdaten nehmen oder beim Lieferanten auf dem "
            "bekannten Weg erfragen.",
            "BT-84",
            twins=("BR-50", "BR-61", "BR-DE-23-a", "BR-DE-23"),
        )


def _order(invoice: Invoice) -> Iterator[Finding]:
    if invoice.order_ref or invoice.contract_ref or invoice.project_ref:
        return
    yield note(
        Own.ORDER,
        "Die Rechnung nennt weder Auftrag noch Vertrag noch Projekt.",
        "Ein Mangel ist das nur, wenn dem Lieferanten bei dieser Bestellung eine Nummer genannt "
        "wurde (§ 4 ERechVO NRW).",
        "BT-13",
    )
