"""The tenant's own rules about invoices: a decision (DMN) named ``eigene_regeln``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from laufzettel.einvoice.invoice import Invoice, Line
from laufzettel.einvoice.layers import TENANT_PREFIX
from laufzettel.einvoice.report import Finding, Report, Severity
from laufzettel.engine.handler import Decided, UndecidedError

#: The decision that a tenant deploys to have rules of its own.
DECISION: Final = "eigene_regeln"
#: More findings of one table are no help to anybody.
_FINDINGS_MAX: Final = 50
_TEXT_MAX: Final = 500
_RULE: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*", re.ASCII)
_TERM: Final = re.compile(r"(BT|BG)-[0-9]+|", re.ASCII)
_SEVERITIES: Final = {
    "fehler": Severity.ERROR,
    "warnung": Severity.WARNING,
    "hinweis": Severity.INFORMATION,
}


def facts_for_rules(invoice: Invoice, report: Report) -> Mapping[str, Any]:
    """Return what a table may ask for, by the names that docs/validation.md lists."""
    totals, delivery = invoice.totals, invoice.delivery
    address, payee = invoice.seller.address, invoice.payee or invoice.seller
    return {
        "number": invoice.number,
        "type_code": invoice.type_code,
        "specification": invoice.specification,
        "currency": invoice.currency,
        "issued_on": invoice.issue_date,
        "due_on": invoice.due_date,
        "delivered_on": delivery.date if delivery else None,
        "net": totals.net,
        "vat": totals.vat,
        "gross": totals.gross,
        "payable": totals.payable,
        "buyer_reference": invoice.buyer_reference,
        "order_ref": invoice.order_ref,
        "contract_ref": invoice.contract_ref,
        "project_ref": invoice.project_ref,
        "supplier_name": invoice.seller.name,
        "supplier_vat_id": invoice.seller.vat_id,
        "supplier_country": address.country if address else "",
        "payee_name": payee.name,
        "ibans": list(invoice.ibans),
        "payment_codes": [means.code for means in invoice.payment_means],
        "terms": invoice.payment_terms.text,
        "notes": "\n".join(note.text for note in invoice.notes),
        "lines": [_line(line) for line in invoice.lines],
        "findings": sorted({str(finding.id) for finding in report.findings}),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "description": line.description,
        "quantity": line.quantity,
        "unit": line.unit,
        "price": line.net_price,
        "net": line.net,
        "vat_rate": line.vat_rate,
    }


def findings_of(decided: Decided) -> tuple[Finding, ...]:
    """Return what the table found.

    Raises UndecidedError for a result that is no finding: what cannot be read is not passed over.

    >>> row = {"rule": "BAU-1", "severity": "warnung", "text": "Bauhof fragen."}
    >>> [found.id for found in findings_of(Decided(value=[row], sha256="", rules=[]))]
    ['EIGEN-BAU-1']
    """
    value = decided.value
    rows = value if isinstance(value, list) else [] if value is None else [value]
    if len(rows) > _FINDINGS_MAX:
        raise UndecidedError(f"„{DECISION}“ ergibt mehr als {_FINDINGS_MAX} Befunde.")
    return tuple(map(_finding, rows))


def _finding(row: Any) -> Finding:
    given = row if isinstance(row, dict) else {}
    rule, text = str(given.get("rule") or ""), str(given.get("text") or "").strip()
    severity = _SEVERITIES.get(str(given.get("severity") or "warnung"))
    term = str(given.get("term") or "")
    if not _RULE.fullmatch(rule) or not text or severity is None or not _TERM.fullmatch(term):
        raise UndecidedError(
            f"„{DECISION}“ ergibt etwas, das kein Befund ist. Nötig sind rule (etwa BAU-1) und "
            "text; severity ist fehler, warnung oder hinweis, term ein Feld wie BT-13."
        )
    return Finding(
        id=f"{TENANT_PREFIX}{rule}"[:60],
        severity=severity,
        text_de=text[:_TEXT_MAX],
        remedy_de=str(given.get("remedy") or "")[:_TEXT_MAX],
        term=term,
    )
