"""The invoice as a record: stages, identity, due day. Pure rules, no database."""

from __future__ import annotations

import hashlib
import unicodedata
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """Where an invoice stands (domain.md 6b)."""

    RECEIVED = "received"  # bytes stored, number given; validated next
    SPLIT = "split"  # a stack: what lay in it has entries of its own; final
    REJECTED = "rejected"  # back to the supplier with reasons; final
    REGISTERED = "registered"  # formally in order, facts recorded
    SET_ASIDE = "set_aside"  # a person found that it is no invoice but a Mahnung; final
    DUPLICATE = "duplicate"  # a person found it to be a Doppelrechnung; final
    ORDERED = "ordered"  # the cash order is issued
    ACCEPTED = "accepted"  # the HKR took the order
    PAID = "paid"  # the HKR reported the payment
    ARCHIVED = "archived"  # done, kept by the retention rules; final


#: (from, to) of every transition; anything else is refused.
TRANSITIONS: Final = {
    (Stage.RECEIVED, Stage.SPLIT),
    (Stage.RECEIVED, Stage.REJECTED),
    (Stage.RECEIVED, Stage.REGISTERED),
    (Stage.RECEIVED, Stage.SET_ASIDE),
    (Stage.REGISTERED, Stage.DUPLICATE),
    (Stage.REGISTERED, Stage.REJECTED),
    (Stage.REGISTERED, Stage.ORDERED),
    (Stage.ORDERED, Stage.ORDERED),  # a revised order
    (Stage.ORDERED, Stage.REJECTED),  # refused by the HKR, then sent back to the supplier
    (Stage.ORDERED, Stage.ACCEPTED),
    (Stage.ACCEPTED, Stage.PAID),
    (Stage.PAID, Stage.ARCHIVED),
}


def before(stage: Stage) -> frozenset[Stage]:
    """Return the stages from which ``stage`` can be reached.

    >>> sorted(before(Stage.PAID))
    [<Stage.ACCEPTED: 'accepted'>]
    """
    return frozenset(old for old, new in TRANSITIONS if new is stage)


def invoice_id_of(business_key: str) -> str:
    """Return the id of the invoice that a case is about, empty where it is about something else.

    >>> invoice_id_of("invoice:01hf"), invoice_id_of("mail:01hg")
    ('01hf', '')
    """
    kind, _, key = business_key.partition(":")
    return key if kind == "invoice" else ""


def identity(seller: str, number: str, gross: Decimal, currency: str) -> str:
    """Return the key under which two invoices are suspected to be one.

    Seller (VAT id, else name) and number are compared without case, spaces, separators and
    look-alike widths, so that „RE 2026-7“ and „re2026/7“ are the same.

    >>> identity("DE1", "RE 2026-7", Decimal("1.00"), "EUR") == identity(
    ...     "de 1", "re2026/7", Decimal("1.00"), "EUR")
    True
    """
    parts = (_folded(seller), _folded(number), f"{gross:.2f}", currency)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _folded(text: str) -> str:
    normal = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in normal if char.isalnum())
