"""The life of one invoice, the same for everybody who is measured: what waits, what comes.

It is the good way of the model ``eingangsrechnung`` above the limit for a second signature:
eight commits, three of them after a person's act. ``result`` is what comes from outside,
``variables`` what the case holds afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import laufzettel.bpmn

MODEL: Final = Path(laufzettel.bpmn.__file__).parent / "eingangsrechnung"
PROCESS: Final = "eingangsrechnung"
ORDER: Final = "01jd8z4q6t3x7n2m5k9p0r1s2v"
ORDER_KEY: Final = f"musterstadt:{ORDER}:auszahlung:1"

#: What a case begins with.
START: Final[Mapping[str, Any]] = {
    "invoice_id": "01jd8z4q6t3x7n2m5k9p0r1s2w",
    "document": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "channel": "upload",
    "received_at": "2026-11-23T08:00:00.000000Z",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A place where the case stands committed until something comes from outside."""

    element: str
    result: Mapping[str, Any]
    variables: Mapping[str, Any]
    message: str = ""  # set where a message is awaited


def _same(element: str, *, message: str = "", **values: Any) -> Wait:
    """Return a wait whose outputs are called as what comes in."""
    plain = {name: _plain(value) for name, value in values.items()}
    return Wait(element=element, result=values, variables=plain, message=message)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, (Decimal, date)) else value


WAITS: Final = (
    _same(
        "validate",
        verdict="accepted",
        supplier_name="Tiefbau Bergmann & Söhne GmbH",
        invoice_number="TB-2026-1187",
        gross_amount=Decimal("18432.60"),
        currency="EUR",
        due_date=date(2026, 12, 2),
        buyer_reference="05978-31001-86",
        rejection_text=None,
        findings_text=None,
        issued_on=date(2026, 11, 2),
        supplier_vat_id="DE123456788",
        payee_iban="DE89370400440532013000",
        vat_kind=None,
        vat_rates=None,
        supplier_country=None,
        proposal_text=None,
        capture_problem=None,
        routing_facts={
            "leitweg_id": "05978-31001-86",
            "leitweg_coarse": "05978",
            "leitweg_fine": "31001",
            "order_number": "4500012873",
            "contract_number": "",
            "supplier_name": "Tiefbau Bergmann & Söhne GmbH",
            "supplier_vat_id": "DE123456788",
            "text": "Betonpflaster verlegen",
            "gross_amount": Decimal("18432.60"),
        },
        is_elsewhere=False,
    ),
    Wait(
        element="certify",
        result={
            "decision": "feststellen",
            "cost_center": "5410",
            "gl_account": "523100",
            "note": None,
            "rejection_text": None,
            "completed_by": "yilmaz",
        },
        variables={
            "certify_decision": "feststellen",
            "certified_by": "yilmaz",
            "arithmetic_by": "yilmaz",
            "cost_center": "5410",
            "gl_account": "523100",
            "certify_note": None,
            "rejection_text": None,
            "return_note": None,
        },
    ),
    Wait(
        element="order",
        result={"decision": "anordnen", "note": None, "completed_by": "brandt"},
        variables={
            "order_decision": "anordnen",
            "ordered_by": "brandt",
            "countersigned_by": None,
            "return_note": None,
        },
    ),
    Wait(
        element="countersign",
        result={"decision": "zeichnen", "note": None, "completed_by": "reineke"},
        variables={
            "countersign_decision": "zeichnen",
            "countersigned_by": "reineke",
            "return_note": None,
        },
    ),
    _same("document_order", order_document="ab" * 32),
    _same("deliver", handover_no=Decimal(17)),
    Wait(
        element="await_acknowledgement",
        message="hkr.quittung",
        result={
            "result": "accepted",
            "document_no": "B-2026-004711",
            "reason_code": None,
            "reason_text": None,
        },
        variables={
            "ledger_result": "accepted",
            "document_no": "B-2026-004711",
            "reason_code": None,
            "reason_text": None,
        },
    ),
    Wait(
        element="await_payment",
        message="hkr.bezahlt",
        result={"paid_on": date(2026, 11, 26), "amount": Decimal("18432.60")},
        variables={"paid_on": "2026-11-26", "paid_amount": "18432.60"},
    ),
)

#: What the inline service tasks between the waits give back.
SERVICES: Final[Mapping[str, Mapping[str, Any]]] = {
    "register": {
        "receipt_no": "E-2026-000017",
        "duplicate_of": None,
        "relation": None,
        "preceding": [],
    },
    "decide_unit": {"responsible_by_table": {"unit": None, "clerk": None}},
    "route": {
        "unit": "bauamt",
        "offered_to": "bauamt",
        "clerk": None,
        "responsibility_text": None,
        "separate_certification": False,
        "return_note": None,
        "proposal": None,
        "proposed_cost_center": None,
        "proposed_gl_account": None,
    },
    "prepare_order": {
        "order_id": ORDER,
        "order_amount": "18432.60",
        "second_signature": True,
    },
    "issue": {"order_number": "A-2026-000017", "order_key": ORDER_KEY},
    "record_acceptance": {},
    "archive": {"retain_until": None},
}
#: The end event of this life.
END: Final = "paid_and_archived"
