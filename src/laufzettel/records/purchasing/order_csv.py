"""Orders, positions and deliveries as CSV files (``docs/orders.md``). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from laufzettel import csv_table
from laufzettel.csv_table import Column, Fault, Row, Table
from laufzettel.invoice_keys import plain
from laufzettel.records.purchasing.orders import delivery_row, line_row, order_row

_YES: Final = {"ja": True, "nein": False}
_STATES: Final = {"offen": True, "abgeschlossen": False}
_ORDER: Final = Column("Auftrag", "order", csv_table.text, required=True, longest=100)

#: Part of the list → its columns.
COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    "orders": (
        Column("Auftrag", "number", csv_table.text, required=True, longest=100),
        Column("Lieferant", "supplier_name", csv_table.text, required=True),
        Column("USt-IdNr", "vat_id", csv_table.text, longest=40),
        Column("Bruttobetrag", "gross", csv_table.positive),
        Column("Nettobetrag", "net", csv_table.positive),
        Column("Währung", "currency", csv_table.currency),
        Column("Auftragsdatum", "ordered_on", csv_table.day),
        Column("Vertrag", "contract", csv_table.text, longest=100),
        Column("Stelle", "unit", csv_table.text, longest=100),
        Column("Mitgeteilt", "told", csv_table.one_of(_YES)),
        Column("Stand", "is_open", csv_table.one_of(_STATES)),
    ),
    "lines": (
        _ORDER,
        Column("Position", "number", csv_table.text, required=True, longest=50),
        Column("Bezeichnung", "name", csv_table.text),
        Column("Artikelnummer", "item", csv_table.text, longest=100),
        Column("Menge", "quantity", csv_table.quantity),
        Column("Einheit", "unit", csv_table.text, longest=20),
        Column("Einzelpreis", "price", csv_table.quantity),
        Column("Nettobetrag", "net", csv_table.positive),
    ),
    "deliveries": (
        _ORDER,
        Column("Lieferschein", "number", csv_table.text, required=True, longest=100),
        Column("Lieferdatum", "delivered_on", csv_table.day, required=True),
        Column("Position", "line", csv_table.text, longest=50),
        Column("Menge", "quantity", csv_table.quantity),
        Column("Nettobetrag", "net", csv_table.positive),
    ),
}
_ROWS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
    "orders": order_row,
    "lines": line_row,
    "deliveries": delivery_row,
}
_KEYS: Final = {
    "orders": ("key",),
    "lines": ("order_key", "key"),
    "deliveries": ("order_key", "key", "line_key"),
}


def read(
    data: bytes, part: str, *, encoding: str = "utf-8", units: frozenset[str] = frozenset()
) -> Table:
    """Return the rows of ``orders.write`` and everything that is wrong with the file.

    ``units`` are the Stellen that the tenant knows; without any the column takes everything.

    >>> found = read("Auftrag;Lieferant;Bruttobetrag\\n4711;Bau GmbH;12.000,00".encode(), "orders")
    >>> found.rows[0].values["key"], found.rows[0].values["gross"]
    ('4711', Decimal('12000.00'))
    >>> [str(one) for one in read(b"Auftrag;Lieferant\\n4711;Bau GmbH", "orders").faults]
    ['Zeile 2: „Bruttobetrag“ oder „Nettobetrag“ fehlt.']
    """
    found = csv_table.read(data, COLUMNS[part], encoding=encoding)
    rows: list[Row] = []
    seen: dict[tuple[str, ...], int] = {}
    for row in found.rows:
        why = _objection(row.values, part, units)
        made = _ROWS[part](**row.values)
        key = tuple(made[name] for name in _KEYS[part])
        if not why and not all(key[: 2 if part == "deliveries" else None]):
            why = "Eine Nummer hat weder Buchstaben noch Ziffern."
        if not why and key in seen:
            why = (
                f"Dasselbe steht schon in Zeile {seen[key]}; jeder Satz darf nur einmal vorkommen."
            )
        if why:
            found.faults.append(Fault(row.line, why))
        seen.setdefault(key, row.line)
        rows.append(Row(row.line, made))
    found.rows = rows
    found.faults.sort(key=lambda one: one.line)
    return found


def _objection(values: Mapping[str, Any], part: str, units: frozenset[str]) -> str:
    if part == "orders":
        if "gross" not in values and "net" not in values:
            return "„Bruttobetrag“ oder „Nettobetrag“ fehlt."
        if "gross" in values and "net" in values and values["net"] > values["gross"]:
            return "„Nettobetrag“ ist größer als „Bruttobetrag“."
        if units and values.get("unit") and values["unit"] not in units:
            return f"„Stelle“ ist nicht bekannt; es gibt: {', '.join(sorted(units))}."
    if part == "lines" and "quantity" in values and not plain(values.get("unit", "")):
        return "Zur „Menge“ fehlt die „Einheit“ (wie in der Rechnung, etwa C62, HUR, MTR)."
    return ""
