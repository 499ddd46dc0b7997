"""An invoice that a person captured, in the shape of every other one, with what its record tells.

What nobody read off the paper stays empty here: who goes on with it asks, and assumes nothing.
"""

from __future__ import annotations

from typing import Any, Final

from laufzettel.einvoice.invoice import Invoice, Line, Party, Totals
from laufzettel.einvoice.report import Verdict

#: Stands for the lines of an invoice of which nobody has said how they are taxed.
UNKNOWN: Final = Line(id="")


def is_captured(row: Any) -> bool:
    """Say whether a person read this invoice: no rule has seen data of it.

    ``row`` has the columns of the table of invoices.
    """
    return bool(row.verdict == Verdict.UNCHECKED)


def of_row(row: Any) -> Invoice:
    """Return the invoice of a row; its kind (BT-3) is empty, for paper carries no code of it."""
    return Invoice(
        number=row.number or "",
        issue_date=row.issued_on,
        type_code="",
        currency=row.currency or "",
        due_date=row.due_on,
        buyer_reference=row.buyer_reference or "",
        seller=Party(name=row.supplier_name or "", vat_id=row.supplier_vat_id or ""),
        totals=Totals(gross=row.gross, payable=row.payable),
        lines=(UNKNOWN,),
    )
