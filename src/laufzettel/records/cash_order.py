"""The Kassenanordnung as a record: states, keys, and where a refusal goes. Pure rules."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from laufzettel.money import Money


class OrderStatus(StrEnum):
    """Where a cash order stands."""

    DRAFT = "draft"  # prepared or revised; not signed yet
    ISSUED = "issued"  # signed and numbered; goes to the HKR
    ACCEPTED = "accepted"  # the HKR gave it a document number
    REFUSED = "refused"  # the HKR declined this revision (Rückläufer)
    PAID = "paid"  # the HKR reported the payment; final


TRANSITIONS: Final = {
    (OrderStatus.DRAFT, OrderStatus.DRAFT),
    (OrderStatus.DRAFT, OrderStatus.ISSUED),
    (OrderStatus.ISSUED, OrderStatus.ACCEPTED),
    (OrderStatus.ISSUED, OrderStatus.REFUSED),
    (OrderStatus.REFUSED, OrderStatus.DRAFT),
    (OrderStatus.ACCEPTED, OrderStatus.PAID),
}


def before(status: OrderStatus) -> frozenset[OrderStatus]:
    """Return the states from which ``status`` can be reached."""
    return frozenset(old for old, new in TRANSITIONS if new is status)


def booking_key(tenant: str, order_id: str, revision: int) -> str:
    """Return the idempotency key of the booking, made of the business record alone.

    Moving a token back, restarting or migrating a case yields the same key, so it cannot
    book again; a revised order is another booking and needs new signatures.

    >>> booking_key("musterstadt", "01abc", 1)
    'musterstadt:01abc:auszahlung:1'
    """
    return f"{tenant}:{order_id}:auszahlung:{revision}"


#: Kind of the row of the order's PDF file in the table of documents.
DOCUMENT_KIND: Final = "order"


def document_name(number: str, revision: int) -> str:
    """Return the name of the order's PDF file; each revision has its own.

    >>> document_name("A-2026-000001", 2)
    'auszahlungsanordnung-A-2026-000001-2.pdf'
    """
    return f"auszahlungsanordnung-{number}-{revision}.pdf"


def needs_second_signature(amount: Money, above: Money) -> bool:
    """Say whether the order is above the limit of a single signature.

    >>> needs_second_signature(Money.parse("5000.01"), Money.parse("5000"))
    True
    """
    return above < amount


#: Reason code of the HKR -> the step the case goes back to. What is not listed goes to the
#: Geschäftsbuchhaltung, which knows the HKR.
DESKS: Final = {
    "IBAN_INVALID": "certify",
    "ATTACHMENT_MISSING": "certify",
    "POWER_MISSING": "order",
}
DEFAULT_DESK: Final = "assign"


def desk_for(reason_code: str) -> str:
    """Return the step that a refusal goes back to.

    >>> desk_for("POWER_MISSING"), desk_for("ACCOUNT_CLOSED")
    ('order', 'assign')
    """
    return DESKS.get(reason_code, DEFAULT_DESK)
