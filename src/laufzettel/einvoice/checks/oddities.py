"""Odd things in an invoice that nobody's rule forbids: they tell a person where to look."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from laufzettel.einvoice.checks.said import warning
from laufzettel.einvoice.invoice import Attachment, Invoice
from laufzettel.einvoice.report import Finding, Own

_EXACT: Final = {"application/pdf", "image/png", "image/jpeg"}
_DANGEROUS: Final = {"text/html", "application/x-msdownload", "application/x-executable"}
#: A number longer than this is cut in lists and hides what follows.
_NUMBER_MAX: Final = 100


def check(invoice: Invoice) -> Iterator[Finding]:
    """Return accounts to choose from, numbers that mislead, files that are not what they say."""
    yield from _ibans(invoice)
    yield from _number(invoice)
    yield from _files(invoice)


def _ibans(invoice: Invoice) -> Iterator[Finding]:
    if len(invoice.ibans) > 1:
        yield warning(
            Own.IBANS,
            f"Die Rechnung nennt {len(invoice.ibans)} Konten: {', '.join(invoice.ibans[:5])}.",
            "Bitte vor der Anordnung entscheiden, auf welches Konto gezahlt wird.",
            "BT-84",
        )


def _number(invoice: Invoice) -> Iterator[Finding]:
    if reason := suspicious(invoice.number):
        yield warning(
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


def _files(invoice: Invoice) -> Iterator[Finding]:
    for attachment in invoice.attachments:
        if reason := _odd_file(attachment):
            yield warning(
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
