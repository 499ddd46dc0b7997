"""What Laufzettel itself notices about a readable invoice; no official rule looks at it.

None of these rejects: they tell a person where to look before money moves.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from laufzettel.einvoice.invoice import Attachment, Invoice
from laufzettel.einvoice.leitweg import is_leitweg_id
from laufzettel.einvoice.report import Finding, Own, Severity

_EXACT: Final = {"application/pdf", "image/png", "image/jpeg"}
_DANGEROUS: Final = {"text/html", "application/x-msdownload", "application/x-executable"}
#: A number longer than this is cut in lists and hides what follows.
_NUMBER_MAX: Final = 100


def notices(invoice: Invoice) -> tuple[Finding, ...]:
    """Return what a person should look at, the most important first."""
    return (
        *_ibans(invoice),
        *_number(invoice),
        *_routing(invoice),
        *_files(invoice),
        *_skonto(invoice),
    )


def _ibans(invoice: Invoice) -> Iterator[Finding]:
    if len(invoice.ibans) > 1:
        yield _warning(
            Own.IBANS,
            f"Die Rechnung nennt {len(invoice.ibans)} Konten: {', '.join(invoice.ibans[:5])}.",
            "Bitte vor der Anordnung entscheiden, auf welches Konto gezahlt wird.",
            "BT-84",
        )


def _number(invoice: Invoice) -> Iterator[Finding]:
    if reason := suspicious(invoice.number):
        yield _warning(
            Own.NUMBER,
            f"Die Rechnungsnummer {reason}.",
            "Bitte mit früheren Rechnungen des Lieferanten vergleichen: Es kann eine Doppelrechnung "
            "sein.",
            "BT-1",
        )


def suspicious(number: str) -> str:
    """Return what is odd about an invoice number, ``""`` for a usual one.

    >>> suspicious("RE-2026/0815"), suspicious("R-2026\\u00a01")
    ('', 'enthält unsichtbare Zeichen')
    >>> suspicious("Р-2026-1")  # the first letter is Cyrillic
    'enthält Zeichen, die wie andere aussehen'
    """
    if len(number) > _NUMBER_MAX:
        return f"ist {len(number)} Zeichen lang"
    if any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} or c == "\u00a0" for c in number):
        return "enthält unsichtbare Zeichen"
    if any(not c.isascii() and not unicodedata.name(c, "").startswith("LATIN") for c in number):
        return "enthält Zeichen, die wie andere aussehen"
    return ""


def _routing(invoice: Invoice) -> Iterator[Finding]:
    reference = invoice.buyer_reference
    if reference and not is_leitweg_id(reference):
        yield _warning(
            Own.ROUTING,
            f"„{reference[:60]}“ ist keine richtige Leitweg-ID (Form oder Prüfziffern).",
            "Bitte von Hand zuordnen; zurückgewiesen wird die Rechnung deswegen nicht.",
            "BT-10",
        )


def _files(invoice: Invoice) -> Iterator[Finding]:
    for attachment in invoice.attachments:
        if reason := _odd_file(attachment):
            yield _warning(
                Own.ATTACHMENT,
                f"Der Anhang „{attachment.name[:60]}“ {reason}.",
                "Bitte den Anhang nicht öffnen, ohne ihn prüfen zu lassen.",
                "BT-125",
            )


def _odd_file(attachment: Attachment) -> str:
    if not attachment.sha256:
        return ""
    if any(c in attachment.name for c in "/\\\0\r\n") or attachment.name.startswith("."):
        return "hat einen Namen, der wie ein Pfad aussieht"
    is_other = attachment.mime in _EXACT and attachment.sniffed != attachment.mime
    if is_other or attachment.sniffed in _DANGEROUS:
        return f"ist nicht, was er vorgibt zu sein ({attachment.mime})"
    return ""


def _skonto(invoice: Invoice) -> Iterator[Finding]:
    for line in invoice.payment_terms.unclear:
        yield _warning(
            Own.SKONTO,
            f"Die Zeile „{line[:80]}“ sieht nach Skonto aus, ist aber nicht lesbar.",
            "Bitte Skonto und Fristen selbst aus den Zahlungsbedingungen übernehmen.",
            "BT-20",
        )


def _warning(rule: Own, text: str, remedy: str, term: str) -> Finding:
    return Finding(id=rule, severity=Severity.WARNING, text_de=text, remedy_de=remedy, term=term)
