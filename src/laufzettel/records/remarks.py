"""What a list says about an invoice in a word: short codes, one comma between two. Pure rules.

>>> join([Remark.FOREIGN.value, finding(2)])
'finding=2,foreign'
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import Final

from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Report, Severity


class Remark(StrEnum):
    """One thing to know before opening an invoice, the most pressing first."""

    DUPLICATE = "duplicate"  # suspected Doppelrechnung, not decided yet
    SUPERSEDED = "superseded"  # a correction or credit note of it came in
    BANK_CHANGED = "bank_changed"  # another account than this seller had before
    DUNNED = "dunned"  # its supplier has sent a Mahnung
    FINDING = "finding"  # so many findings that a person should look at: finding=2
    UNCHECKED = "unchecked"  # no rule has seen it: there are no data, a person reads it
    ORDER_DIFFERS = "order_differs"  # does not fit its order, or could not be compared with it
    PAYEE_DIFFERS = "payee_differs"  # somebody else than the seller gets the money (BG-10)
    DIRECT_DEBIT = "direct_debit"  # the seller collects it himself: no payment is ordered
    CREDIT_NOTE = "credit_note"  # the seller owes us
    CORRECTION = "correction"  # it takes the place of another invoice, or corrects it
    FOREIGN = "foreign"  # the seller sits abroad: who owes the VAT?
    INTERIM = "interim"  # Abschlag: one of several invoices of an order
    CONFIDENTIAL = "confidential"  # neutral text in every list


#: BT-3 of invoices on account: 326 partial, 875 and 876 of construction (UNTDID 1001).
INTERIM_TYPES: Final = frozenset({"326", "875", "876"})
#: BT-3 of a corrected invoice (UNTDID 1001).
CORRECTED_TYPES: Final = frozenset({"384"})
#: BT-81 of direct debits (UNTDID 4461).
DIRECT_DEBIT_MEANS: Final = frozenset({"49", "59"})
_ORDER: Final = {remark.value: number for number, remark in enumerate(Remark)}


def of_file(invoice: Invoice, report: Report) -> str:
    """Return the codes of what the file itself and its check say."""
    found = list(_of_invoice(invoice))
    warnings = sum(one.severity is Severity.WARNING for one in report.findings)
    return join([finding(warnings), *found] if warnings else found)


def _of_invoice(invoice: Invoice) -> Iterator[str]:
    payee = invoice.payee
    if payee is not None and payee.name.casefold() != invoice.seller.name.casefold():
        yield Remark.PAYEE_DIFFERS.value
    codes = {means.code for means in invoice.payment_means}
    if codes & DIRECT_DEBIT_MEANS or invoice.direct_debit is not None:
        yield Remark.DIRECT_DEBIT.value
    if invoice.is_credit_note:
        yield Remark.CREDIT_NOTE.value
    if invoice.type_code in CORRECTED_TYPES:
        yield Remark.CORRECTION.value
    if _is_foreign(invoice):
        yield Remark.FOREIGN.value
    if invoice.type_code in INTERIM_TYPES:
        yield Remark.INTERIM.value


def _is_foreign(invoice: Invoice) -> bool:
    address = invoice.seller.address
    places = {address.country if address else "", invoice.seller.vat_id[:2].upper()}
    return bool(places - {"", "DE"})


def finding(number: int) -> str:
    """Return the code for so many findings to look at.

    >>> finding(2)
    'finding=2'
    """
    return f"{Remark.FINDING}={number}"


def join(codes: Iterable[str]) -> str:
    """Return the codes as one text, each once, the most pressing first."""
    return ",".join(sorted(set(codes), key=lambda code: _ORDER[code.partition("=")[0]]))


def with_or_without(code: str, holds: bool, codes: Iterable[str]) -> str:
    """Return the codes as one text, this one among them or not.

    >>> with_or_without("superseded", True, ["foreign"]), with_or_without("foreign", False, ["foreign"])
    ('superseded,foreign', '')
    """
    others = [one for one in codes if one != code]
    return join([*others, code] if holds else others)


def split(text: str | None) -> list[str]:
    """Return the codes of a text that ``join`` wrote.

    >>> split("finding=2,foreign"), split(None)
    (['finding=2', 'foreign'], [])
    """
    return [code for code in (text or "").split(",") if code]


def bank_changed(iban: str | None, known: Collection[str]) -> bool:
    """Say whether the account differs from any that the seller is known to have had.

    A seller without history has not changed anything.

    >>> bank_changed("DE1", {"DE1", "DE2"}), bank_changed("DE1", {"DE1"}), bank_changed("DE1", ())
    (True, False, False)
    """
    return iban is not None and bool(set(known) - {iban})
