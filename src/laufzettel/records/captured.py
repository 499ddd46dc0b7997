"""An invoice that a person captured, in the shape of every other one, with what its record tells.

What nobody read off the paper stays empty here: who goes on with it asks, and assumes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.einvoice.invoice import Address, Delivery, Invoice, Line, Party, Totals
from laufzettel.einvoice.report import Verdict
from laufzettel.records.tax.tables import captured_invoice

#: The kinds of an invoice that shows no VAT, and the category (BT-151) of each.
_WITHOUT_VAT: Final[Mapping[str, str]] = {
    "empfaenger": "AE",
    "igl": "K",
    "frei": "E",
    "nicht_steuerbar": "O",
}
WITH_RATES: Final = "saetze"
#: Stands for the lines of an invoice of which nobody has said how they are taxed.
_UNKNOWN: Final = Line(id="")
_READ: Final = sa.select(captured_invoice).where(
    captured_invoice.c.tenant == sa.bindparam("of_tenant"),
    captured_invoice.c.id == sa.bindparam("of_id"),
)


def is_captured(row: Any) -> bool:
    """Say whether a person read this invoice: no rule has seen data of it.

    ``row`` has the columns of the table of invoices.
    """
    return bool(row.verdict == Verdict.UNCHECKED)


def vat_of(kind: str, rates: str) -> list[list[str]]:
    """Return category and rate of each VAT that an invoice shows; none where it is not said.

    Raises ValueError for what are no rates.

    >>> vat_of("saetze", "19; 7,0 %"), vat_of("empfaenger", ""), vat_of("", "")
    ([['S', '19'], ['S', '7']], [['AE', '0']], [])
    """
    if kind != WITH_RATES:
        category = _WITHOUT_VAT.get(kind, "")
        return [[category, "" if category == "O" else "0"]] if category else []
    found = [_rate(part) for part in rates.split(";")]
    return [["S", rate] for rate in dict.fromkeys(found)]


def _rate(text: str) -> str:
    try:
        rate = Decimal(text.replace("%", "").replace(",", ".").strip())
    except InvalidOperation as error:
        raise ValueError(f"no rate: {text!r}") from error
    if not (rate.is_finite() and 0 < rate <= 100):
        raise ValueError(f"no rate: {text!r}")
    return f"{rate.normalize():f}"


def of_row(connection: sa.Connection, row: Any) -> Invoice:
    """Return the invoice of a row; its kind (BT-3) is empty, for paper carries no code of it."""
    which = {"of_tenant": row.tenant, "of_id": row.id}
    said = connection.execute(_READ, which).one_or_none()
    vat: Sequence[Sequence[str]] = said.vat if said else ()
    on: date | None = said.performed_on if said else None
    shows_vat = any(category == "S" for category, _rate in vat)
    return Invoice(
        number=row.number or "",
        issue_date=row.issued_on,
        type_code="",
        currency=row.currency or "",
        due_date=row.due_on,
        buyer_reference=row.buyer_reference or "",
        seller=Party(
            name=row.supplier_name or "",
            vat_id=row.supplier_vat_id or "",
            address=Address(country=said.country) if said and said.country else None,
        ),
        delivery=Delivery(date=on) if on else None,
        totals=Totals(
            net=None if shows_vat or not vat else row.gross, gross=row.gross, payable=row.payable
        ),
        lines=tuple(_line(*one) for one in vat) or (_UNKNOWN,),
    )


def _line(category: str, rate: str) -> Line:
    return Line(id="", vat_category=category, vat_rate=Decimal(rate) if rate else None)
