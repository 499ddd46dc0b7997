"""Another program, factur-x, reads the same from the official samples, term by term."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from facturx.parse_xml import parse_ubl_cii_xml

from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.read import read_invoice

SUITE = "data/xrechnung-testsuite/src/test"
FILES = [
    "business-cases/standard/01.02a-INVOICE_ubl.xml",
    "business-cases/standard/01.10a-INVOICE_uncefact.xml",
    "business-cases/standard/01.12a-INVOICE_ubl.xml",
    "business-cases/standard/01.17a-INVOICE_uncefact.xml",
    "business-cases/standard/02.01a-INVOICE_uncefact.xml",
    "business-cases/standard/02.03a-INVOICE_ubl.xml",
    "business-cases/standard/03.02a-INVOICE_ubl.xml",
    "business-cases/standard/03.05a-INVOICE_uncefact.xml",
    "business-cases/standard/03.07a-INVOICE_ubl.xml",
    "technical-cases/cius/01.01_comprehensive_test_ubl.xml",
    "technical-cases/cius/01.04_comprehensive_test_uncefact.xml",
    "technical-cases/cius/01.05_minimal_test_ubl.xml",
]


def _terms(invoice: Invoice) -> dict[str, Any]:
    """Return the business terms that factur-x names alike, without those that are missing."""
    totals, period = invoice.totals, invoice.period
    terms = {
        "BT-1": invoice.number,
        "BT-2": invoice.issue_date,
        "BT-3": invoice.type_code,
        "BT-5": invoice.currency,
        "BT-6": invoice.tax_currency,
        "BT-7": invoice.tax_point_date,
        "BT-9": invoice.due_date,
        "BT-10": invoice.buyer_reference,
        "BT-11": invoice.project_ref,
        "BT-12": invoice.contract_ref,
        "BT-13": invoice.order_ref,
        "BT-14": invoice.sales_order_ref,
        "BT-15": invoice.receiving_advice_ref,
        "BT-16": invoice.despatch_advice_ref,
        "BT-19": invoice.accounting_ref,
        "BT-23": invoice.process,
        "BT-24": invoice.specification,
        "BT-72": invoice.delivery.date if invoice.delivery else None,
        "BT-73": period.start if period else None,
        "BT-74": period.end if period else None,
        "BT-84": sorted(invoice.ibans),
        "BT-106": totals.lines,
        "BT-107": totals.allowances,
        "BT-108": totals.charges,
        "BT-109": totals.net,
        "BT-110": totals.vat,
        "BT-111": totals.vat_in_tax_currency,
        "BT-112": totals.gross,
        "BT-113": totals.prepaid,
        "BT-114": totals.rounding,
        "BT-115": totals.payable,
        "BG-23": [(v.taxable, v.tax, v.category, v.rate) for v in invoice.vat_breakdown],
        "BG-25": [
            (line.id, line.quantity, line.unit, line.net, line.net_price, line.name)
            for line in invoice.lines
        ],
    }
    return {term: value for term, value in terms.items() if value not in (None, "", [])}


def _theirs(parsed: dict[str, Any]) -> dict[str, Any]:
    """Return what factur-x read, its amounts as the decimals they write."""
    amounts = {f"BT-{number}" for number in range(106, 116)}
    theirs: dict[str, Any] = {
        term: Decimal(value) if term in amounts else value
        for term, value in parsed.items()
        if value not in (None, "", [])
    }
    if "BT-84" in theirs:
        accounts = theirs["BT-84"]
        theirs["BT-84"] = sorted({accounts} if isinstance(accounts, str) else set(accounts))
    theirs["BG-23"] = [
        (*_decimals(group, "BT-116", "BT-117"), group["BT-118"], *_decimals(group, "BT-119"))
        for group in parsed["BG-23"]
    ]
    theirs["BG-25"] = [
        (
            line["BT-126"],
            *_decimals(line, "BT-129"),
            line["BT-130"],
            *_decimals(line, "BT-131", "BT-146"),
            line["BT-153"],
        )
        for line in parsed["BG-25"]
    ]
    return theirs


def _decimals(group: dict[str, Any], *terms: str) -> list[Decimal | None]:
    return [Decimal(group[term]) if group.get(term) else None for term in terms]


@pytest.mark.parametrize("name", FILES)
def test_two_programs_read_the_same_terms(shared_dir: Path, name: str) -> None:
    xml = (shared_dir / SUITE / name).read_bytes()

    ours = _terms(read_invoice(xml))
    theirs = _theirs(parse_ubl_cii_xml(xml))

    assert ours == {term: theirs.get(term) for term in ours}
    assert len(ours) >= 14
