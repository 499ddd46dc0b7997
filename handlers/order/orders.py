"""Reading cash orders, and moving them by the table of transitions and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laufzettel.connectors.kasse.port import BookingOrder, OrderType
from laufzettel.engine.handler import BpmnError, Inline
from laufzettel.errors import InputError
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.handlers.tax.carry import marks_of, withholding_of
from laufzettel.money import Money
from laufzettel.records.cash_order import OrderStatus, before, booking_key
from laufzettel.records.tables import cash_order


def load(step: Inline, order_id: str) -> Mapping[str, Any]:
    """Return the order as the step leaves it; BpmnError where the case is about another."""
    order = step.records.row(cash_order, order_id)
    require_own(step, order["invoice_id"])
    return order


def discount_of(order: Mapping[str, Any]) -> Money | None:
    """Return what is deducted from the order when it is paid in time, None without Skonto."""
    amount = order["discount_amount"]
    return None if amount is None else Money(amount, order["currency"])


def require_bookable(step: Inline, order: Mapping[str, Any]) -> None:
    """Raise a BpmnError for what the HKR could never take, before anybody signs it."""
    today = step.now.date()
    try:
        BookingOrder(
            order_id=booking_key(step.tenant, "entwurf", 1),
            order_number="entwurf",
            order_type=OrderType.DISBURSEMENT,
            amount=Money(order["amount"], order["currency"]),
            payee_name=order["payee_name"],
            payee_iban=order["payee_iban"],
            due_date=order["due_on"] or today,
            discount_until=order["discount_until"],
            discount_amount=discount_of(order),
            purpose=order["purpose"],
            fiscal_year_expense=order["fiscal_year_expense"],
            fiscal_year_payment=order["fiscal_year_payment"],
            cost_center=order["cost_center"],
            gl_account=order["gl_account"],
            certified_by=order["certified_by"],
            ordered_by="offen",
            ordered_on=today,
            withholding=withholding_of(order),
            tax=marks_of(order),
        )
    except InputError as error:
        raise BpmnError("NICHT_ANZUORDNEN", str(error)) from error


def change(step: Inline, order_id: str, status: OrderStatus, **columns: Any) -> None:
    """Have the step move the order to ``status`` and write ``columns`` with it.

    Raises NotAllowedError when there is no such transition from where it stands.
    """
    load(step, order_id)
    values = {"status": status, **columns}
    step.records.update(cash_order, order_id, values, allowed={"status": before(status)})
