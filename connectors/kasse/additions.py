"""What version 2 of the neutral format adds to an order: what is withheld, and the tax decided.

A batch without either is written in version 1, byte for byte as before: a ledger that knows no
more than that sees no difference until there is one.
"""

from __future__ import annotations

from typing import Final

from laufzettel.connectors.kasse.booking import BookingOrder, TaxMark, Withholding
from laufzettel.connectors.kasse.lines import Record

#: The fields that version 2 adds to every order.
NAMES: Final = ("withholding", "tax")
_WITHHOLDING: Final = ("amount", "discount_amount", "payee_name", "payee_iban", "purpose")
_MARK: Final = ("question", "answer")


def values(order: BookingOrder) -> dict[str, object]:
    """Return the two fields of the order."""
    held = order.withholding
    return {
        "withholding": None if held is None else _held_values(held),
        "tax": [{"question": one.question, "answer": one.answer} for one in order.tax],
    }


def _held_values(held: Withholding) -> dict[str, object]:
    less = held.discount_amount
    return {
        "amount": str(held.amount.amount),
        "discount_amount": str(less.amount) if less else None,
        "payee_name": held.payee_name,
        "payee_iban": held.payee_iban,
        "purpose": held.purpose,
    }


def withholding(entry: Record) -> Withholding | None:
    """Return what the entry says is withheld."""
    if entry.values.get("withholding") is None:
        return None
    held = entry.record("withholding")
    held.require_names(_WITHHOLDING)
    priced = Record(held.line, {**held.values, "currency": entry.text("currency")})
    has_discount = held.values["discount_amount"] is not None
    return Withholding(
        amount=priced.money("amount", "currency"),
        discount_amount=priced.money("discount_amount", "currency") if has_discount else None,
        payee_name=held.text("payee_name"),
        payee_iban=held.text("payee_iban"),
        purpose=held.text("purpose"),
    )


def tax(entry: Record) -> tuple[TaxMark, ...]:
    """Return what the entry says was decided about the tax."""
    return tuple(_mark(one) for one in entry.records("tax"))


def _mark(one: Record) -> TaxMark:
    one.require_names(_MARK)
    return TaxMark(question=one.text("question"), answer=one.text("answer"))
