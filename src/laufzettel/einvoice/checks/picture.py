"""The picture in a PDF against the data in it: people read the one, programs pay the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from laufzettel.einvoice import ibans
from laufzettel.einvoice.checks.said import money, note, short, warning
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Finding, Own
from laufzettel.einvoice.view.texts import grouped

_REMEDY: Final = (
    "Es gelten die Rechnungsdaten. Bitte PDF und Daten vergleichen und bei Widerspruch den "
    "Lieferanten fragen, bevor festgestellt wird."
)


def check(invoice: Invoice, text: str) -> Iterator[Finding]:
    """Return where what the pages show is not what the data says.

    A picture without text (a scan) is noted as not compared, never as equal.
    """
    if not text.strip():
        yield note(
            Own.PDF_SILENT,
            "Das PDF enthält keinen Text; Bild und Rechnungsdaten sind nicht verglichen.",
            "Es gelten die Rechnungsdaten. Bitte das PDF ansehen, bevor festgestellt wird.",
            "",
        )
        return
    yield from _number(invoice, text)
    yield from _amount(invoice, text)
    yield from _accounts(invoice, text)


def _number(invoice: Invoice, text: str) -> Iterator[Finding]:
    if invoice.number and _compact(invoice.number) not in _compact(text):
        yield warning(
            Own.PDF_DIFFERS,
            f"Die Rechnungsnummer {short(invoice.number)} der Daten steht nicht im PDF-Bild.",
            _REMEDY,
            "BT-1",
        )


def _amount(invoice: Invoice, text: str) -> Iterator[Finding]:
    totals = invoice.totals
    wanted = [amount for amount in (totals.payable, totals.gross) if amount is not None]
    # What is settled already (payable 0) need not be printed as an amount.
    if not wanted or not any(wanted) or any(shows(text, amount) for amount in wanted if amount):
        return
    named = money(next(amount for amount in wanted if amount), invoice.currency)
    yield warning(
        Own.PDF_DIFFERS,
        f"Der Betrag {named} der Daten steht nicht im PDF-Bild.",
        _REMEDY,
        "BT-115",
    )


def shows(text: str, amount: Decimal) -> bool:
    """Return whether an amount stands in a text, in German or English spelling.

    >>> shows("Summe: 1.234,50 EUR", Decimal("1234.5")), shows("11.234,50", Decimal("1234.50"))
    (True, False)
    """
    english = f"{abs(amount):,.2f}"
    plain = english.replace(",", "")
    german = english.translate(str.maketrans(",.", ".,"))
    spellings = {english, plain, german, plain.replace(".", ",")}
    spellings |= {german.replace(".", sign) for sign in (" ", "'", "\u00a0", "\u202f")}
    if plain.endswith(".00"):  # 250 €, 250,- €
        spellings |= {f"{plain[:-3]},-", f"{plain[:-3]} €", f"{plain[:-3]} EUR"}
    forms = "|".join(re.escape(one) for one in spellings)
    return re.search(rf"(?<![0-9.,])(?:{forms})(?![0-9])", text) is not None


def _accounts(invoice: Invoice, text: str) -> Iterator[Finding]:
    if not invoice.ibans:
        return
    shown = accounts(text)
    known = {_compact(iban).upper() for iban in invoice.ibans}
    if shown and not known & set(shown):
        yield warning(
            Own.PDF_DIFFERS,
            f"Das PDF-Bild nennt das Konto {grouped(shown[0])}, die Daten nennen "
            f"{grouped(invoice.ibans[0])}.",
            "Bitte nichts zahlen, bevor die Bankverbindung mit den Stammdaten verglichen oder auf "
            "einem bekannten Weg erfragt ist.",
            "BT-84",
        )


def accounts(text: str) -> tuple[str, ...]:
    """Return every right IBAN of a text, each once.

    >>> accounts("IBAN: DE89 3704 0044 0532 0130 00 BIC COBADEFF")
    ('DE89370400440532013000',)
    """
    return tuple(dict.fromkeys(one.iban for one in ibans.in_text(text)))


def _compact(text: str) -> str:
    return "".join(text.split()).casefold()
