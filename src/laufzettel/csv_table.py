"""Reading a list from a CSV file: strictly, all findings at once, with the line of each. Pure.

What a cell means is never guessed: a decimal comma, a German (or ISO) date, an encoding that is
named, a heading that is known. What a spreadsheet would take for a formula is refused, so that
nothing of the kind ever lies in a record that is exported again.

>>> found = read("Nr;Betrag\\n1;12,50\\n2;12.5".encode(), [
...     Column("Nr", "number", text, required=True), Column("Betrag", "amount", amount)])
>>> found.rows[0].values, str(found.faults[0])
({'number': '1', 'amount': Decimal('12.50')}, \
'Zeile 3: „Betrag“ ist kein Betrag; richtig ist etwa 1.234,56 oder 1234,56.')
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from laufzettel.invoice_keys import folded, plain

#: More is no list that a Kommune keeps of its orders or rules.
BYTES_MAX: Final = 20 * 1024 * 1024
ROWS_MAX: Final = 200_000
CELL_MAX: Final = 200
ENCODINGS: Final = ("utf-8", "windows-1252")
_SEPARATORS: Final = (";", ",", "\t")
_YEARS: Final = range(1990, 2100)
_AMOUNT: Final = re.compile(r"-?([0-9]{1,3}(\.[0-9]{3}){1,4}|[0-9]{1,13})(,[0-9]{1,2})?", re.ASCII)
_QUANTITY: Final = re.compile(r"([0-9]{1,3}(\.[0-9]{3}){1,3}|[0-9]{1,12})(,[0-9]{1,6})?", re.ASCII)
_GERMAN_DAY: Final = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})", re.ASCII)
_ISO_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
#: What a spreadsheet would take for a formula, also in wide letters (U+FF1D …).
_FORMULA: Final = re.compile(r"\s*[=+\-@＝＋－＠]")


class BadCellError(ValueError):
    """Was in der Zelle steht, ist nicht lesbar; der Text ergänzt „Die Spalte …“."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, the name of its value, and how a cell is read."""

    heading: str
    name: str
    read: Callable[[str], Any]
    required: bool = False
    longest: int = CELL_MAX


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the file, and where."""

    line: int  # of the file, from 1; 0: the file as a whole
    text: str  # German, with what to do; never the cell itself

    def __str__(self) -> str:
        return f"Zeile {self.line}: {self.text}" if self.line else self.text


@dataclass(frozen=True, slots=True)
class Row:
    """A line that was read; an empty cell is not among its values."""

    line: int
    values: dict[str, Any]


@dataclass(slots=True)
class Table:
    """A file as it was read: nothing of it may be used where there are faults."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


# --- what cells hold ---------------------------------------------------------------------------


def text(cell: str) -> str:
    """Return the text with single blanks; BadCellError for formulas and control characters."""
    if _FORMULA.match(cell):
        raise BadCellError("beginnt wie eine Formel (=, +, -, @); bitte in der Quelle berichtigen")
    if any(not char.isprintable() for char in cell):
        raise BadCellError("enthält Steuerzeichen")
    return " ".join(cell.split())


def amount(cell: str) -> Decimal:
    """Return the amount with two places.

    >>> amount("1.234,5")
    Decimal('1234.50')
    """
    if not _AMOUNT.fullmatch(cell):
        raise BadCellError("ist kein Betrag; richtig ist etwa 1.234,56 oder 1234,56")
    return _decimal(cell).quantize(Decimal("0.01"))


def positive(cell: str) -> Decimal:
    """Return an amount that is not negative."""
    found = amount(cell)
    if found < 0:
        raise BadCellError("ist negativ; erwartet wird ein Betrag ab 0")
    return found


def quantity(cell: str) -> Decimal:
    """Return a quantity or a price with up to six places, as it was written.

    >>> quantity("1.000,125")
    Decimal('1000.125')
    """
    if not _QUANTITY.fullmatch(cell):
        raise BadCellError("ist keine Menge; richtig ist etwa 12 oder 1.234,567")
    return _decimal(cell)


def day(cell: str) -> date:
    """Return the day of a German or ISO date."""
    german, iso = _GERMAN_DAY.fullmatch(cell), _ISO_DAY.fullmatch(cell)
    parts = german.group(3, 2, 1) if german else iso.group(1, 2, 3) if iso else None
    try:
        found = date(*map(int, parts)) if parts else None
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS:
        raise BadCellError("ist kein Tag; richtig ist etwa 31.12.2025 oder 2025-12-31")
    return found


def currency(cell: str) -> str:
    """Return the code of a currency."""
    if not _CURRENCY.fullmatch(cell):
        raise BadCellError("ist keine Währung; richtig ist etwa EUR")
    return cell


def one_of(words: Mapping[str, Any]) -> Callable[[str], Any]:
    """Return a reader of cells that hold one of these words.

    >>> one_of({"ja": True, "nein": False})("Ja")
    True
    """

    def read_word(cell: str) -> Any:
        known = folded(cell).strip()
        if known not in words:
            raise BadCellError(f"kennt nur: {', '.join(words)}")
        return words[known]

    return read_word


def _decimal(cell: str) -> Decimal:
    return Decimal(cell.replace(".", "").replace(",", "."))


# --- the file ----------------------------------------------------------------------------------


def read(
    data: bytes,
    columns: Sequence[Column],
    *,
    encoding: str = "utf-8",
    bytes_max: int = BYTES_MAX,
    rows_max: int = ROWS_MAX,
) -> Table:
    """Return the lines of a file and everything that is wrong with it; nothing is raised."""
    found = Table()
    decoded = _decoded(data, encoding, bytes_max, found)
    if decoded is None:
        return found
    first = decoded.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    lines = csv.reader(io.StringIO(decoded, newline=""), delimiter=separator, strict=True)
    try:
        places = _places(next(lines, []), columns, found)
        if not found.faults:
            for number, cells in _numbered(lines, rows_max, found):
                _take(number, cells, places, found)
    except csv.Error:
        why = "Die Anführungszeichen gehen nicht auf, oder eine Zelle ist zu lang; ab hier wurde "
        found.faults.append(Fault(lines.line_num, why + "nicht weitergelesen."))
    return found


def keyed(
    found: Table,
    make: Callable[[Mapping[str, Any]], dict[str, Any]],
    objection: Callable[[Mapping[str, Any]], str],
) -> Table:
    """Return the table with the rows that ``make`` makes, each ``key`` once.

    What ``objection`` says, and a key that comes again, are faults of the line.
    """
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for row in found.rows:
        made, why = make(row.values), objection(row.values)
        if not why and made["key"] in seen:
            why = f"Dasselbe steht schon in Zeile {seen[made['key']]}."
        if why:
            found.faults.append(Fault(row.line, why))
        seen.setdefault(made["key"], row.line)
        rows.append(Row(row.line, made))
    found.rows = rows
    found.faults.sort(key=lambda one: one.line)
    return found


def _decoded(data: bytes, encoding: str, bytes_max: int, found: Table) -> str | None:
    if len(data) > bytes_max:
        found.faults.append(Fault(0, f"Die Datei ist größer als {bytes_max // 1024**2} MB."))
        return None
    if b"\0" in data:
        found.faults.append(Fault(0, "Das ist keine Textdatei (sie enthält Nullbytes)."))
        return None
    try:
        return data.decode("utf-8-sig" if encoding == "utf-8" else "cp1252")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        other = ENCODINGS[1] if encoding == ENCODINGS[0] else ENCODINGS[0]
        why = f"Das ist kein {encoding}. Aus älteren Programmen kommt oft das andere: --encoding "
        found.faults.append(Fault(line, f"{why}{other}."))
        return None


def _places(cells: Sequence[str], columns: Sequence[Column], found: Table) -> dict[int, Column]:
    """Return by its place what each column holds; faults for what is unknown, twice or missing."""
    known = {plain(column.heading): column for column in columns}
    places: dict[int, Column] = {}
    for place, cell in enumerate(cells):
        if not cell.strip() or cell.lstrip().startswith("#"):
            continue  # a column that the sender has put out of use
        column = known.get(plain(cell))
        if column is None:
            why = f"Die Spalte {place + 1} hat eine unbekannte Überschrift. Bekannt sind: "
            why += f"{', '.join(one.heading for one in columns)}. Mit # davor wird sie übergangen."
            found.faults.append(Fault(1, why))
        elif column in places.values():
            found.faults.append(Fault(1, f"Die Spalte „{column.heading}“ gibt es zweimal."))
        else:
            places[place] = column
    for column in columns:
        if column.required and column not in places.values():
            found.faults.append(Fault(1, f"Die Spalte „{column.heading}“ fehlt."))
    return places


def _numbered(lines: Any, rows_max: int, found: Table) -> Iterator[tuple[int, list[str]]]:
    for count, cells in enumerate(lines):
        if count >= rows_max:
            found.faults.append(Fault(lines.line_num, f"Mehr als {rows_max} Zeilen."))
            return
        if any(cell.strip() for cell in cells):
            yield lines.line_num, cells


def _take(line: int, cells: list[str], places: Mapping[int, Column], found: Table) -> None:
    """Add the row, or everything that is wrong with it."""
    if len(cells) <= max(places, default=0):
        found.faults.append(Fault(line, f"Die Zeile hat nur {len(cells)} Zellen."))
        return
    values: dict[str, Any] = {}
    before = len(found.faults)
    for place, column in places.items():
        try:
            value = _value(cells[place].strip(), column)
        except BadCellError as error:
            found.faults.append(Fault(line, f"„{column.heading}“ {error}."))
            continue
        if value is not None:
            values[column.name] = value
    if len(found.faults) == before:
        found.rows.append(Row(line, values))


def _value(cell: str, column: Column) -> Any:
    if not cell:
        if column.required:
            raise BadCellError("fehlt")
        return None
    if len(cell) > column.longest:
        raise BadCellError(f"hat mehr als {column.longest} Zeichen")
    return column.read(cell)
