"""Reading the invoice heads of the old system from a CSV file: what its columns hold.

Pure. ``docs/history.md`` describes the format; ``csv_table`` reads it strictly, all findings at
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from laufzettel import csv_table
from laufzettel.csv_table import BadCellError, Column, Fault
from laufzettel.invoice_keys import folded, name_key, number_of, plain

#: More is no list of heads of one Kommune.
BYTES_MAX: Final = 200 * 1024 * 1024
ROWS_MAX: Final = 2_000_000
_KINDS: Final = {
    "": "380",
    "rechnung": "380",
    "gutschrift": "381",
    "korrektur": "384",
    "abschlag": "326",
    "schlussrechnung": "877",
}


@dataclass(slots=True, kw_only=True)
class Read:
    """A file as it was read."""

    rows: list[dict[str, Any]] = field(default_factory=list)  # columns of invoice_head
    faults: list[Fault] = field(default_factory=list)


def _kind(cell: str) -> str:
    known = folded(cell).strip()
    if known not in _KINDS and known not in _KINDS.values():
        names = ", ".join(name.capitalize() for name in _KINDS if name)
        raise BadCellError(f"ist keine Art; es gibt: {names}")
    return _KINDS.get(known, known)


def _number(cell: str) -> str:
    number = csv_table.text(cell)
    if not plain(number):
        raise BadCellError("hat weder Buchstaben noch Ziffern")
    return number


def _unit_among(units: frozenset[str]) -> Column:
    def read_unit(cell: str) -> str:
        unit = csv_table.text(cell)
        if units and unit not in units:
            raise BadCellError(f"ist nicht bekannt; es gibt: {', '.join(sorted(units))}")
        return unit

    return Column("Stelle", "unit", read_unit, longest=100)


_COLUMNS: Final = (
    Column("Rechnungsnummer", "number", _number, required=True),
    Column("Lieferant", "seller_name", csv_table.text, required=True),
    Column("Rechnungsdatum", "issued_on", csv_table.day, required=True),
    Column("Bruttobetrag", "gross", csv_table.amount, required=True),
    Column("Währung", "currency", csv_table.currency),
    Column("USt-IdNr", "vat_id", csv_table.text, longest=40),
    Column("IBAN", "iban", csv_table.text, longest=40),
    Column("Art", "type_code", _kind),
    Column("Auftrag", "order_ref", csv_table.text),
    Column("Bezahlt am", "paid_on", csv_table.day),
    Column("Kostenstelle", "cost_center", csv_table.text, longest=40),
    Column("Sachkonto", "gl_account", csv_table.text, longest=40),
)


def read(data: bytes, *, encoding: str = "utf-8", units: frozenset[str] = frozenset()) -> Read:
    """Return the heads of a file and everything that is wrong with it; nothing is raised.

    ``units`` are the Stellen that the tenant knows; without any the column takes everything.

    >>> head = "Rechnungsnummer;Lieferant;Rechnungsdatum;Bruttobetrag"
    >>> found = read(f"{head}\\nRE-1;Bau GmbH;31.12.2025;1.190,00\\nRE-2;;gestern;12.5".encode())
    >>> found.rows[0]["gross"], [str(one) for one in found.faults][:2]
    (Decimal('1190.00'), ['Zeile 3: „Lieferant“ fehlt.', \
'Zeile 3: „Rechnungsdatum“ ist kein Tag; richtig ist etwa 31.12.2025 oder 2025-12-31.'])
    """
    columns = (*_COLUMNS, _unit_among(units))
    table = csv_table.read(data, columns, encoding=encoding, bytes_max=BYTES_MAX, rows_max=ROWS_MAX)
    return Read(rows=[_row(row.line, row.values) for row in table.rows], faults=table.faults)


def _row(line: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of ``invoice_head``; a negative amount is that of a Gutschrift."""
    gross: Decimal = values["gross"]
    kind = values.get("type_code", "380")
    return {
        "vat_id": plain(values.get("vat_id", ""))[:40] or None,
        "iban": plain(values.get("iban", ""))[:40] or None,
        "name_key": name_key(values["seller_name"]) or None,
        "number_key": number_of(values["number"]).core,
        "gross": abs(gross),
        "currency": values.get("currency", "EUR"),
        "issued_on": values["issued_on"],
        "type_code": "381" if gross < 0 and kind == "380" else kind,
        "order_ref": plain(values.get("order_ref", ""))[:100] or None,
        "line": line,
        "seller_name": values["seller_name"],
        "number": values["number"],
        "unit": values.get("unit"),
        "paid_on": values.get("paid_on"),
        "cost_center": values.get("cost_center"),
        "gl_account": values.get("gl_account"),
    }
