"""Reading the invoice heads of the old system from a CSV file: strictly, all findings at once.

Pure. What a cell means is never guessed: a decimal comma and a German (or ISO) date, an encoding
that is named, a heading that is known. ``docs/history.md`` describes the format.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from laufzettel.invoice_keys import folded, name_key, number_of, plain

#: More is no list of heads of one Kommune.
BYTES_MAX: Final = 200 * 1024 * 1024
ROWS_MAX: Final = 2_000_000
CELL_MAX: Final = 200
ENCODINGS: Final = ("utf-8", "windows-1252")
_SEPARATORS: Final = (";", ",", "\t")
#: Years in which an invoice of an old system can have been written.
_YEARS: Final = range(1990, 2100)
_AMOUNT: Final = re.compile(r"-?([0-9]{1,3}(\.[0-9]{3}){1,4}|[0-9]{1,13})(,[0-9]{1,2})?", re.ASCII)
_GERMAN_DAY: Final = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})", re.ASCII)
_ISO_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
#: What a spreadsheet would take for a formula, also in wide letters (U+FF1D …).
_FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]")
_KINDS: Final = {
    "": "380",
    "rechnung": "380",
    "gutschrift": "381",
    "korrektur": "384",
    "abschlag": "326",
    "schlussrechnung": "877",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the file, and where."""

    line: int  # of the file, from 1; 0: the file as a whole
    text: str  # German, with what to do

    def __str__(self) -> str:
        return f"Zeile {self.line}: {self.text}" if self.line else self.text


@dataclass(slots=True, kw_only=True)
class Read:
    """A file as it was read."""

    rows: list[dict[str, Any]] = field(default_factory=list)  # columns of invoice_head
    faults: list[Fault] = field(default_factory=list)
    repeated: list[tuple[int, int]] = field(default_factory=list)  # (line, line before it)


class _BadCellError(ValueError):
    """Was in der Zelle steht, ist nicht lesbar."""


def _text(cell: str) -> str:
    if _FORMULA.match(cell):
        raise _BadCellError("beginnt wie eine Formel (=, +, -, @); bitte im Altsystem berichtigen")
    if any(not char.isprintable() for char in cell):
        raise _BadCellError("enthält Steuerzeichen")
    return " ".join(cell.split())


def _amount(cell: str) -> Decimal:
    if not _AMOUNT.fullmatch(cell):
        raise _BadCellError("ist kein Betrag; richtig ist etwa 1.234,56 oder 1234,56")
    return Decimal(cell.replace(".", "").replace(",", ".")).quantize(Decimal("0.01"))


def _day(cell: str) -> date:
    german, iso = _GERMAN_DAY.fullmatch(cell), _ISO_DAY.fullmatch(cell)
    parts = german.group(3, 2, 1) if german else iso.group(1, 2, 3) if iso else None
    try:
        found = date(*map(int, parts)) if parts else None
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS:
        raise _BadCellError("ist kein Tag; richtig ist etwa 31.12.2025 oder 2025-12-31")
    return found


def _currency(cell: str) -> str:
    if not _CURRENCY.fullmatch(cell):
        raise _BadCellError("ist keine Währung; richtig ist etwa EUR")
    return cell


def _kind(cell: str) -> str:
    known = folded(cell).strip()
    if known not in _KINDS and known not in _KINDS.values():
        names = ", ".join(name.capitalize() for name in _KINDS if name)
        raise _BadCellError(f"ist keine Art; es gibt: {names}")
    return _KINDS.get(known, known)


#: Heading (folded, letters alone) → name of the value, and how a cell is read.
_COLUMNS: Final[Mapping[str, tuple[str, str, Callable[[str], Any]]]] = {
    plain(heading): (heading, name, read)
    for heading, name, read in (
        ("Rechnungsnummer", "number", _text),
        ("Lieferant", "seller_name", _text),
        ("Rechnungsdatum", "issued_on", _day),
        ("Bruttobetrag", "gross", _amount),
        ("Währung", "currency", _currency),
        ("USt-IdNr", "vat_id", _text),
        ("IBAN", "iban", _text),
        ("Art", "type_code", _kind),
        ("Auftrag", "order_ref", _text),
        ("Bezahlt am", "paid_on", _day),
        ("Kostenstelle", "cost_center", _text),
        ("Sachkonto", "gl_account", _text),
        ("Stelle", "unit", _text),
    )
}
_REQUIRED: Final = ("number", "seller_name", "issued_on", "gross")
_HEADINGS: Final = {name: heading for heading, name, _read in _COLUMNS.values()}
#: The longest that a column takes.
_LENGTHS: Final = {"vat_id": 40, "iban": 40, "cost_center": 40, "gl_account": 40, "unit": 100}


def read(data: bytes, *, encoding: str = "utf-8", units: frozenset[str] = frozenset()) -> Read:
    """Return the heads of a file and everything that is wrong with it; nothing is raised.

    ``units`` are the Stellen that the tenant knows; without any the column takes everything.

    >>> head = "Rechnungsnummer;Lieferant;Rechnungsdatum;Bruttobetrag"
    >>> found = read(f"{head}\\nRE-1;Bau GmbH;31.12.2025;1.190,00\\nRE-2;;gestern;12.5".encode())
    >>> found.rows[0]["gross"], [str(one) for one in found.faults][:2]
    (Decimal('1190.00'), ['Zeile 3: „Lieferant“ fehlt.', \
'Zeile 3: „Rechnungsdatum“ ist kein Tag; richtig ist etwa 31.12.2025 oder 2025-12-31.'])
    """
    found = Read()
    text = _decoded(data, encoding, found)
    if text is None:
        return found
    separator = _separator(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        columns = _columns(next(lines, []), found)
        if not found.faults:
            for number, cells in _numbered(lines, found):
                _take(number, cells, columns, units, found)
    except csv.Error:
        found.faults.append(
            Fault(
                lines.line_num,
                "Die Anführungszeichen gehen nicht auf, oder eine Zelle ist zu lang; ab hier wurde "
                "nicht weitergelesen.",
            )
        )
    return found


def _decoded(data: bytes, encoding: str, found: Read) -> str | None:
    if len(data) > BYTES_MAX:
        found.faults.append(Fault(0, f"Die Datei ist größer als {BYTES_MAX // 1024**2} MB."))
        return None
    if b"\0" in data:
        found.faults.append(Fault(0, "Das ist keine Textdatei (sie enthält Nullbytes)."))
        return None
    try:
        return data.decode("utf-8-sig" if encoding == "utf-8" else "cp1252")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        other = ENCODINGS[1] if encoding == ENCODINGS[0] else ENCODINGS[0]
        text = f"Das ist kein {encoding}. Aus älteren Programmen kommt oft das andere: --encoding "
        found.faults.append(Fault(line, f"{text}{other}."))
        return None


def _separator(text: str) -> str:
    """Return the separator that most of the first line's headings stand between."""
    first = text.partition("\n")[0]
    return max(_SEPARATORS, key=lambda one: first.count(one))


def _columns(cells: list[str], found: Read) -> dict[int, tuple[str, Callable[[str], Any]]]:
    """Return by its place what each column holds; faults for what is unknown, twice or missing."""
    columns: dict[int, tuple[str, Callable[[str], Any]]] = {}
    for place, cell in enumerate(cells):
        if not cell.strip() or cell.lstrip().startswith("#"):
            continue  # a column that the sender has put out of use
        known = _COLUMNS.get(plain(cell))
        if known is None:
            text = f"Die Spalte {place + 1} hat eine unbekannte Überschrift. Bekannt sind: "
            text += f"{', '.join(_HEADINGS.values())}. Mit # davor wird eine Spalte übergangen."
            found.faults.append(Fault(1, text))
        elif known[1] in {name for name, _read in columns.values()}:
            found.faults.append(Fault(1, f"Die Spalte „{known[0]}“ gibt es zweimal."))
        else:
            columns[place] = known[1:]
    for name in _REQUIRED:
        if name not in {known for known, _read in columns.values()}:
            found.faults.append(Fault(1, f"Die Spalte „{_HEADINGS[name]}“ fehlt."))
    return columns


def _numbered(lines: Any, found: Read) -> Iterator[tuple[int, list[str]]]:
    for count, cells in enumerate(lines):
        if count >= ROWS_MAX:
            found.faults.append(Fault(lines.line_num, f"Mehr als {ROWS_MAX} Zeilen."))
            return
        if any(cell.strip() for cell in cells):
            yield lines.line_num, cells


def _take(
    line: int,
    cells: list[str],
    columns: Mapping[int, tuple[str, Callable[[str], Any]]],
    units: frozenset[str],
    found: Read,
) -> None:
    """Add the row, or everything that is wrong with it."""
    if len(cells) <= max(columns, default=0):
        found.faults.append(Fault(line, f"Die Zeile hat nur {len(cells)} Zellen."))
        return
    values, faults = _values(line, cells, columns)
    if units and values.get("unit") and values["unit"] not in units:
        text = f"„Stelle“ ist nicht bekannt; es gibt: {', '.join(sorted(units))}."
        faults.append(Fault(line, text))
    if values.get("number") and not plain(values["number"]):
        faults.append(Fault(line, "„Rechnungsnummer“ hat weder Buchstaben noch Ziffern."))
    found.faults.extend(faults)
    if not faults:
        found.rows.append(_row(line, values))


def _values(
    line: int, cells: list[str], columns: Mapping[int, tuple[str, Callable[[str], Any]]]
) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for place, (name, read_cell) in columns.items():
        cell, heading = cells[place].strip(), _HEADINGS[name]
        if not cell:
            if name in _REQUIRED:
                faults.append(Fault(line, f"„{heading}“ fehlt."))
            continue
        longest = _LENGTHS.get(name, CELL_MAX)
        try:
            if len(cell) > longest:
                raise _BadCellError(f"hat mehr als {longest} Zeichen")
            values[name] = read_cell(cell)
        except _BadCellError as error:
            faults.append(Fault(line, f"„{heading}“ {error}."))
    return values, faults


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
