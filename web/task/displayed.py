"""What a person had before their eyes when they signed, as one digest.

The digest goes into the audit with the signature. It is made of the facts that the page shows,
not of its markup: a new style sheet changes nothing, another IBAN changes everything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from laufzettel.engine.api import UserTask
from laufzettel.web.case.invoice_records import Document, Invoice, Order


def digest(
    task: UserTask,
    invoice: Invoice | None,
    order: Order | None,
    documents: Sequence[Document],
    beside: Sequence[str] = (),
) -> str:
    """Return the SHA-256 over task, invoice, order and the hashes of all papers.

    ``beside`` says what else the page shows, one text for each.
    """
    facts: dict[str, Any] = {
        "task": task.id,
        "element": task.element,
        "form": task.form,
        "duties": list(task.duties),
        "documents": sorted(f"{each.kind}:{each.sha256}" for each in documents),
    }
    if beside:
        facts["beside"] = list(beside)
    if invoice is not None:
        facts["invoice"] = {
            "receipt_no": invoice.receipt_no,
            "number": invoice.number,
            "supplier": invoice.supplier_name,
            "payable": str(invoice.payable),
            "currency": invoice.currency,
            "payee": invoice.payee_name,
            "iban": invoice.payee_iban,
            "due_on": str(invoice.due_on),
        }
    if order is not None:
        facts["order"] = {
            "revision": order.revision,
            "amount": str(order.amount),
            "currency": order.currency,
            "payee": order.payee_name,
            "iban": order.payee_iban,
            "purpose": order.purpose,
            "discount": f"{order.discount_amount} {order.discount_until}",
            "withheld": f"{order.withheld_amount} {order.withheld_discount} {order.withheld_name} "
            f"{order.withheld_iban} {order.withheld_purpose}",
            "tax": order.tax or [],
            "cost_center": order.cost_center,
            "gl_account": order.gl_account,
            "certified_by": order.certified_by,
            "ordered_by": order.ordered_by,
        }
    return hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()
