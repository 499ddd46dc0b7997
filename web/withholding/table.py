"""The list of withheld tax as CSV, as German spreadsheets open it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from laufzettel.money import Money
from laufzettel.records.tax.returns import Withholding, total, value

_HEADING: Final = (
    "Finanzamt",
    "IBAN",
    "Steuernummer",
    "Leistender",
    "Anschrift",
    "Rechnung",
    "Rechnungsdatum",
    "Eingangsbuch",
    "Anordnung",
    "Bezahlt am",
    "Gegenleistung",
    "Steuerabzug",
    "Ausgezahlt",
)
#: What a spreadsheet would take for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_of(rows: Sequence[Withholding]) -> bytes:
    """Return the rows with the sums in the last line; semicolons, decimal commas, UTF-8 with BOM."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(_HEADING)
    for one in rows:
        writer.writerow([_harmless(cell) for cell in _cells(one)])
    writer.writerow(["Summe", *[""] * 9, _plain(value(rows)), _plain(total(rows)), ""])
    return out.getvalue().encode("utf-8-sig")


def _cells(one: Withholding) -> list[str]:
    return [
        one.office,
        one.office_iban,
        one.tax_number,
        one.supplier,
        ", ".join(one.address),
        one.invoice_number,
        f"{one.issued_on:%d.%m.%Y}" if one.issued_on else "",
        one.receipt_no,
        one.order_number,
        f"{one.paid_on:%d.%m.%Y}",
        _plain(one.value),
        _plain(one.tax),
        "" if one.paid is None else _plain(one.paid),
    ]


def _plain(money: Money) -> str:
    return str(money.amount).replace(".", ",")


def _harmless(cell: str) -> str:
    """Return the cell with an apostrophe before what would be run as a formula.

    >>> _harmless("=1+1"), _harmless("Bau GmbH")
    ("'=1+1", 'Bau GmbH')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
