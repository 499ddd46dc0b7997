"""Hand orders over to the HKR, many in one Übergabe, each exactly once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Protocol

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.connectors.kasse.port import (
    Batch,
    BookingOrder,
    LedgerPort,
    OrderType,
    OutOfSequenceError,
    TaxMark,
    UnreachableError,
    Withholding,
)
from laufzettel.engine.handler import (
    Contents,
    Effect,
    HeldParcel,
    Inline,
    NotSentError,
    Parcel,
    Values,
    effect,
)
from laufzettel.errors import LaufzettelError
from laufzettel.handlers.order.orders import load
from laufzettel.handlers.tax.carry import marks_of, withholding_of
from laufzettel.money import Money
from laufzettel.records import settings
from laufzettel.records.cash_order import DOCUMENT_KIND, OrderStatus, booking_key, document_name
from laufzettel.records.settings import FORMAT_WITH_TAX
from laufzettel.records.tables import document, invoice

#: The number of an order, as ``order.issue`` draws it.
_ORDER_NUMBER = re.compile(r"A-([0-9]{4})-([0-9]{6,})", re.ASCII)

# Built once: building a statement costs more than running it.
_OWN_DOCUMENT = sa.select(document.c.sha256).where(
    document.c.tenant == sa.bindparam("of_tenant"),
    document.c.invoice_id == sa.bindparam("of_invoice"),
    document.c.sha256 == sa.bindparam("of_sha256"),
    document.c.kind == DOCUMENT_KIND,
    document.c.file_name == sa.bindparam("of_name"),
)


class NotOrderedError(LaufzettelError):
    """Diese Anordnung ist nicht ausgestellt; übergeben wird nur, was angeordnet ist."""


class ForeignDocumentError(LaufzettelError):
    """Das Dokument der Anordnung gehört nicht zu dieser Fassung; nichts wird übergeben."""


class Ledgers(Protocol):
    """The HKR of each tenant."""

    def of(self, tenant: str) -> LedgerPort:
        """Return the tenant's channel to its HKR."""
        ...


@effect
class DeliverOrder(Effect):
    """Delivers orders in batches with a gapless number per tenant."""

    name: ClassVar[str] = "ledger.deliver"
    label: ClassVar[str] = "Anordnung an das HKR übergeben"
    channel: ClassVar[str] = "hkr"
    results: ClassVar[tuple[str, ...]] = ("handover_no",)
    parcel_max: ClassVar[int] = 500
    requires_duties: ClassVar[tuple[str, ...]] = ("sachlich", "rechnerisch", "anordnung")

    def prepare(  # type: ignore[override]
        self, step: Inline, *, order_id: str, order_document: str | None = None
    ) -> tuple[str, Mapping[str, Any]]:
        """Return the booking key and the order as it was signed.

        ``order_document`` is its PDF; models from before there was one hand over without.
        """
        order = load(step, order_id)
        if order["status"] == OrderStatus.DRAFT:
            step.write(_refuse_draft)
            return booking_key(step.tenant, order_id, order["revision"]), {}
        if order_document is not None:
            _require_own_document(step, order, order_document)
        original = step.records.row(invoice, order["invoice_id"])["sha256"]
        key = booking_key(step.tenant, order_id, order["revision"])
        today = step.now.astimezone(OFFICE_ZONE).date()
        step.audit(
            "order.handed_over", {"key": key, "amount": f"{order['amount']} {order['currency']}"}
        )
        return key, {
            "order_number": order["number"],
            "fiscal_year_expense": order["fiscal_year_expense"],
            "fiscal_year_payment": order["fiscal_year_payment"],
            "amount": str(order["amount"]),
            "currency": order["currency"],
            "payee_name": order["payee_name"],
            "payee_iban": order["payee_iban"],
            "due_date": (order["due_on"] or today).isoformat(),
            "discount_until": order["discount_until"] and order["discount_until"].isoformat(),
            "discount_amount": order["discount_amount"] and str(order["discount_amount"]),
            "purpose": order["purpose"],
            "cost_center": order["cost_center"],
            "gl_account": order["gl_account"],
            "certified_by": order["certified_by"],
            "ordered_by": order["ordered_by"],
            "ordered_on": order["ordered_at"].astimezone(OFFICE_ZONE).date().isoformat(),
            "documents": [original, *([order_document] if order_document else [])],
            **_tax(step, order),
        }

    def pack(self, parcel: Parcel) -> Contents:
        """Return the batch as bytes, with its sum where it has one currency."""
        orders = tuple(
            _order(consignment.key, consignment.payload) for consignment in parcel.consignments
        )
        ledger = self._ledger(parcel)
        batch = Batch(
            channel=ledger.channel,
            number=parcel.number,
            created_at=parcel.created_at,
            orders=orders,
            previous_sha256=parcel.previous_sha256,
        )
        return Contents(data=ledger.pack(batch), total=_total(orders))

    def send(self, parcel: Parcel) -> Values:
        """Deliver the batch; not reachable and not yet its turn mean: surely not sent."""
        try:
            self._ledger(parcel).deliver(parcel.number, parcel.data)
        except (UnreachableError, OutOfSequenceError) as error:
            raise NotSentError(str(error)) from error
        return self.confirmed(parcel)

    def confirmed(self, parcel: Parcel) -> Values:
        """Return the number of the Übergabe."""
        return {"handover_no": parcel.number}

    def query(self, parcel: Parcel) -> Values | None:
        """Ask the HKR what it holds under the number."""
        held = self._ledger(parcel).delivered(parcel.number)
        return self.confirmed(parcel) if held == parcel.sha256 else None

    def last_number(self, tenant: str) -> int:
        """Ask the HKR for the highest Übergabe it holds."""
        return self._of(tenant).last_number()

    def held(self, tenant: str, number: int) -> HeldParcel | None:
        """Read an Übergabe back from the HKR."""
        found = self._of(tenant).held(number)
        if found is None:
            return None
        orders = found.batch.orders
        return HeldParcel(
            data=found.data,
            created_at=found.batch.created_at,
            keys={one.order_id: _named(one) for one in orders},
            total=_total(orders),
            numbers=_numbers(orders),
        )

    def _of(self, tenant: str) -> LedgerPort:
        return self.services.get(Ledgers).of(tenant)  # type: ignore[type-abstract]

    def _ledger(self, parcel: Parcel) -> LedgerPort:
        return self._of(parcel.tenant)


def _total(orders: Sequence[BookingOrder]) -> Money | None:
    """Return the sum of the orders if they have one currency."""
    currencies = {order.amount.currency for order in orders}
    total = sum(order.amount.cents for order in orders)
    return Money.from_cents(total, currencies.pop()) if len(currencies) == 1 else None


def _named(order: BookingOrder) -> str:
    return f"Anordnung {order.order_number} über {order.amount.german()} an {order.payee_name}"


def _numbers(orders: Sequence[BookingOrder]) -> dict[str, int]:
    """Return the highest order number of each year, which must not be drawn again."""
    found: dict[str, int] = {}
    for order in orders:
        match = _ORDER_NUMBER.fullmatch(order.order_number)
        if match:
            name = f"order:{match[1]}"
            found[name] = max(found.get(name, 0), int(match[2]))
    return found


def _refuse_draft(connection: sa.Connection) -> None:
    """Have the step refused: an order that is not issued is nobody's order."""
    raise NotOrderedError


def _require_own_document(step: Inline, order: Mapping[str, Any], sha256: str) -> None:
    """Have the step refused where the document is not that of this order and revision."""

    def check(connection: sa.Connection) -> None:
        which = {
            "of_tenant": step.tenant,
            "of_invoice": order["invoice_id"],
            "of_sha256": sha256,
            "of_name": document_name(order["number"], order["revision"]),
        }
        if connection.execute(_OWN_DOCUMENT, which).first() is None:
            raise ForeignDocumentError

    step.write(check)


def _order(key: str, payload: Mapping[str, Any]) -> BookingOrder:
    # What was put into the outbox before orders had a Skonto has no such entry.
    until, discount = payload.get("discount_until"), payload.get("discount_amount")
    return BookingOrder(
        order_id=key,
        order_number=payload["order_number"],
        fiscal_year_expense=payload["fiscal_year_expense"],
        fiscal_year_payment=payload["fiscal_year_payment"],
        order_type=OrderType.DISBURSEMENT,
        amount=Money.parse(payload["amount"], payload["currency"]),
        payee_name=payload["payee_name"],
        payee_iban=payload["payee_iban"],
        due_date=date.fromisoformat(payload["due_date"]),
        discount_until=date.fromisoformat(until) if until else None,
        discount_amount=Money.parse(discount, payload["currency"]) if discount else None,
        purpose=payload["purpose"],
        cost_center=payload["cost_center"],
        gl_account=payload["gl_account"],
        certified_by=payload["certified_by"],
        ordered_by=payload["ordered_by"],
        ordered_on=date.fromisoformat(payload["ordered_on"]),
        documents=tuple(payload["documents"]),
        withholding=_withholding(payload),
        tax=tuple(
            TaxMark(question=question, answer=answer)
            for question, answer in payload.get("tax") or ()
        ),
    )


def _tax(step: Inline, order: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the HKR gets of the tax: what is withheld always, the rest where it reads it."""
    held = withholding_of(order)
    found: dict[str, Any] = {}
    if held is not None:
        less = held.discount_amount
        found["withholding"] = {
            "amount": str(held.amount.amount),
            "discount_amount": less and str(less.amount),
            "payee_name": held.payee_name,
            "payee_iban": held.payee_iban,
            "purpose": held.purpose,
        }
    if settings.load(step.connection, step.tenant).ledger_format >= FORMAT_WITH_TAX:
        found["tax"] = [[one.question, one.answer] for one in marks_of(order)]
    return found


def _withholding(payload: Mapping[str, Any]) -> Withholding | None:
    held = payload.get("withholding")
    if held is None:
        return None
    currency, less = payload["currency"], held["discount_amount"]
    return Withholding(
        amount=Money.parse(held["amount"], currency),
        discount_amount=Money.parse(less, currency) if less else None,
        payee_name=held["payee_name"],
        payee_iban=held["payee_iban"],
        purpose=held["purpose"],
    )
