"""Prepare the cash order of a certified invoice."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.handler import BpmnError, Inline, Values, inline
from laufzettel.handlers.invoice.listing import (
    list_deadline,
    purpose_of,
    signatures_after_ordering,
)
from laufzettel.handlers.invoice.stages import require_own
from laufzettel.handlers.order.orders import change, require_bookable
from laufzettel.handlers.tax.carry import carried
from laufzettel.handlers.texts import visible_line
from laufzettel.ids import new_id
from laufzettel.money import Money
from laufzettel.records import settings
from laufzettel.records.cash_order import OrderStatus, needs_second_signature
from laufzettel.records.deadline import Deadline, Ground
from laufzettel.records.remarks import Remark, split
from laufzettel.records.tables import cash_order, invoice

# Built once: building a statement costs more than running it.
_KNOWN = sa.select(cash_order.c.id, cash_order.c.status, cash_order.c.revision).where(
    cash_order.c.tenant == sa.bindparam("of_tenant"),
    cash_order.c.invoice_id == sa.bindparam("of_invoice"),
)


@inline(
    "order.prepare",
    results=("order_id", "order_amount", "second_signature"),
    label="Anordnung vorbereiten",
)
def prepare(
    step: Inline, *, invoice_id: str, cost_center: str, gl_account: str, certified_by: str
) -> Values:
    """Return the draft order; after a refusal its next revision.

    The expense belongs to the year of delivery, the payment to the year it is paid in
    (practice.md 2.5). Without one single account there is nothing to order.
    """
    require_own(step, invoice_id)
    row = step.records.row(invoice, invoice_id)
    if not row["payee_iban"]:
        raise BpmnError("KEIN_KONTO", "Die Rechnung nennt nicht genau ein Konto zur Zahlung.")
    if row["payable"] <= 0 or Remark.CREDIT_NOTE in split(row["remarks"]):
        raise BpmnError("KEIN_BETRAG", "Es ist kein Betrag zu zahlen (Gutschrift oder null).")
    amount = Money(row["payable"], row["currency"])
    rules = settings.load(step.connection, step.tenant)
    above = rules.second_signature_above
    if amount.currency != above.currency:
        raise BpmnError(
            "FREMDE_WAEHRUNG",
            f"Die Rechnung lautet auf {amount.currency}; angeordnet wird in {above.currency}, "
            "denn Befugnisse und Wertgrenzen gelten dafür.",
        )
    shown = list_deadline(step, row, rules, signatures_after=signatures_after_ordering(row, rules))
    purpose = f"Rechnung {visible_line(row['number'], length_max=100)}"
    columns = {
        "amount": amount.amount,
        "currency": amount.currency,
        "payee_name": visible_line(row["payee_name"], length_max=140),
        "payee_iban": "".join(row["payee_iban"].split()).upper(),
        "purpose": purpose_of(row, rules, purpose),
        "due_on": row["due_on"],
        **_discount(shown),
        "fiscal_year_expense": row["delivery_year"],
        "fiscal_year_payment": step.now.astimezone(OFFICE_ZONE).year,
        "cost_center": visible_line(cost_center, length_max=40),
        "gl_account": visible_line(gl_account, length_max=40),
        "certified_by": certified_by,
        "drafted_at": step.now,
    }
    columns |= carried(step, invoice_id, columns, rules)
    require_bookable(step, columns)
    order_id = _draft(step, invoice_id, columns)
    second = needs_second_signature(amount, above)
    step.audit(
        "order.prepared",
        {"order": order_id, "amount": str(amount), "second_signature": second},
    )
    return {"order_id": order_id, "order_amount": amount, "second_signature": second}


def _discount(shown: Deadline | None) -> dict[str, Any]:
    """Return the Skonto that the order carries: the one that its desks still have within reach.

    An earlier step that no payment run can meet would only hide from the HKR the one that can.
    """
    if shown is None or shown.ground is not Ground.SKONTO or shown.stake is None:
        return {"discount_until": None, "discount_amount": None}
    return {"discount_until": shown.outer, "discount_amount": shown.stake.amount}


def _draft(step: Inline, invoice_id: str, columns: dict[str, Any]) -> str:
    """Write the draft anew or over the earlier one, and return its id."""
    which = {"of_tenant": step.tenant, "of_invoice": invoice_id}
    known = step.connection.execute(_KNOWN, which).one_or_none()
    if known is not None:
        refused = known.status == OrderStatus.REFUSED
        revision = known.revision + 1 if refused else known.revision
        change(step, known.id, OrderStatus.DRAFT, revision=revision, **columns)
        return str(known.id)
    order_id = new_id()
    step.records.insert(
        cash_order,
        id=order_id,
        invoice_id=invoice_id,
        revision=1,
        status=OrderStatus.DRAFT,
        **columns,
    )
    return order_id
