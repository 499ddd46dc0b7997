"""Strict JSON Lines: a header, one line an entry, and a trailer that fixes every byte before it.

A line is read by one meaning only: no name twice, no fractions (an amount is a text), no
NaN, no unknown name, no name left out. The trailer has exactly one spelling, so that no byte
of a file can change without being noticed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, NoReturn

from laufzettel.errors import InputError
from laufzettel.money import Money

#: Largest file and longest line, in bytes.
FILE_MAX: Final = 64 * 1024 * 1024
LINE_MAX: Final = 64 * 1024

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_BOM: Final = b"\xef\xbb\xbf"


class FormatError(InputError):
    """Die Datei entspricht nicht dem vereinbarten Format."""

    def __init__(self, text_de: str, line: int | None = None) -> None:
        super().__init__(f"Zeile {line}: {text_de}" if line else text_de)
        self.line = line


@dataclass(frozen=True, slots=True)
class Record:
    """One line, taken apart; every getter raises FormatError with the line."""

    line: int  # the first line is 1
    values: Mapping[str, object]

    def require_names(self, names: Sequence[str]) -> None:
        """The record has exactly these names."""
        if missing := [name for name in names if name not in self.values]:
            self.refuse(f"Es fehlt das Feld „{missing[0]}“.")
        if unknown := [name for name in self.values if name not in names]:
            self.refuse(f"Das Feld „{unknown[0][:40]}“ ist nicht vereinbart.")

    def text(self, name: str) -> str:
        """Return a text."""
        value = self.values.get(name)
        if not isinstance(value, str):
            self.refuse(f"„{name}“ muss ein Text sein.")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None for null."""
        return None if self.values.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        """Return a whole number."""
        value = self.values.get(name)
        if type(value) is not int:  # a bool is an int too
            self.refuse(f"„{name}“ muss eine ganze Zahl sein.")
        return value

    def day(self, name: str) -> date:
        """Return a calendar day, written 2026-12-04."""
        text = self.text(name)
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass  # a month 13 is as wrong as a word
        self.refuse(f"„{name}“ muss ein Datum in der Form 2026-12-04 sein.")

    def moment(self, name: str) -> datetime:
        """Return a moment in UTC, written 2026-12-04T09:15:00Z."""
        text = self.text(name)
        try:
            if _TIME.fullmatch(text):
                return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            pass
        self.refuse(f"„{name}“ muss eine Zeit in der Form 2026-12-04T09:15:00Z sein.")

    def money(self, name: str, currency: str) -> Money:
        """Return an amount with exactly two places; its currency stands in another field."""
        text, code = self.text(name), self.text(currency)
        try:
            money = Money.parse(text, code)
        except ValueError:
            self.refuse(f"„{name}“ muss ein Betrag in der Form 24871.00 mit Währung EUR sein.")
        if str(money.amount) != text:
            self.refuse(f"„{name}“ braucht genau zwei Nachkommastellen und keine führende Null.")
        return money

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.values.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(f"„{name}“ muss eine Liste von Texten sein.")
        return tuple(value)

    def record(self, name: str) -> Record:
        """Return a record inside this one."""
        value = self.values.get(name)
        if not isinstance(value, dict):
            self.refuse(f"„{name}“ muss ein Objekt sein.")
        return Record(self.line, value)

    def records(self, name: str) -> tuple[Record, ...]:
        """Return a list of records."""
        value = self.values.get(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(f"„{name}“ muss eine Liste von Objekten sein.")
        return tuple(Record(self.line, item) for item in value)

    def refuse(self, text_de: str) -> NoReturn:
        """Raise the error of this line."""
        raise FormatError(text_de, self.line)


@dataclass(frozen=True, slots=True)
class LineFile:
    """A file whose lines are well-formed; the trailer is still to be compared."""

    header: Record
    entries: tuple[Record, ...]
    trailer: bytes  # with its line end
    digest: str  # SHA-256 of every byte before the trailer


def encode(values: Mapping[str, object]) -> bytes:
    r"""Return the one spelling of a line.

    >>> encode({"record": "header", "zahl": 1})
    b'{"record":"header","zahl":1}\n'
    """
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    line = f"{text}\n".encode()
    if len(line) > LINE_MAX:
        raise InputError(f"Eine Zeile der Übergabe wäre länger als {LINE_MAX} Bytes.")
    return line


def digest(data: bytes) -> str:
    """Return the SHA-256 in lower case hex digits."""
    return hashlib.sha256(data).hexdigest()


def split(data: bytes, *, entries_max: int) -> LineFile:
    """Return the lines of a whole file; FormatError with the line for anything else."""
    _require_whole(data)
    count = data.count(b"\n")  # before splitting: a file of line ends alone would fill the memory
    if count < 3:
        raise FormatError("Die Datei braucht Kopfzeile, mindestens eine Zeile und Abschlusszeile.")
    if count > entries_max + 2:
        raise FormatError(f"Die Datei hat mehr als {entries_max} Zeilen zwischen Kopf und Ende.")
    lines = data.split(b"\n")[:-1]
    records = [_record(line, number) for number, line in enumerate(lines, start=1)]
    trailer = lines[-1] + b"\n"
    _require_kinds(records)
    return LineFile(
        header=records[0],
        entries=tuple(records[1:-1]),
        trailer=trailer,
        digest=digest(data[: -len(trailer)]),
    )


def require_trailer(file: LineFile, expected: Mapping[str, object]) -> None:
    """The trailer is exactly the one that the lines before it ask for."""
    if file.trailer == encode(expected):
        return
    line = len(file.entries) + 2
    trailer = _record(file.trailer[:-1], line)
    trailer.require_names(list(expected))
    for name, value in expected.items():
        if trailer.values[name] != value:
            trailer.refuse(
                f"„{name}“ stimmt nicht: Angegeben ist {_short(trailer.values[name])}, "
                f"die Zeilen davor ergeben {_short(value)}. Die Datei ist unvollständig "
                "oder verändert; bitte erneut übertragen."
            )
    trailer.refuse("Die Abschlusszeile ist anders geschrieben als vereinbart (ohne Leerzeichen).")


def _require_whole(data: bytes) -> None:
    if len(data) > FILE_MAX:
        raise FormatError(f"Die Datei ist größer als {FILE_MAX // 1048576} MB.")
    if not data:
        raise FormatError("Die Datei ist leer.")
    if data.startswith(_BOM):
        raise FormatError("Die Datei beginnt mit einer Bytefolgemarke (BOM); bitte weglassen.", 1)
    if not data.endswith(b"\n"):
        raise FormatError("Die Datei ist abgeschnitten: Am Ende fehlt der Zeilenumbruch.")


def _record(line: bytes, number: int) -> Record:
    if len(line) >= LINE_MAX:
        raise FormatError(f"Die Zeile ist länger als {LINE_MAX} Bytes.", number)
    if line.endswith(b"\r"):
        raise FormatError("Zeilen enden mit LF allein, nicht mit CR LF.", number)
    try:
        value = json.loads(
            line.decode("utf-8"),
            object_pairs_hook=_without_repetition,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_bounded_int,
        )
    except FormatError as error:
        raise FormatError(str(error), number) from error
    except UnicodeDecodeError as error:
        raise FormatError("Die Zeile ist kein UTF-8.", number) from error
    except (ValueError, RecursionError) as error:
        raise FormatError("Die Zeile ist kein gültiges JSON.", number) from error
    if not isinstance(value, dict):
        raise FormatError("Die Zeile ist kein JSON-Objekt.", number)
    return Record(number, value)


def _require_kinds(records: Sequence[Record]) -> None:
    """The first record is the header, the last the trailer, and neither stands between."""
    last = len(records) - 1
    for index, record in enumerate(records):
        kind = record.values.get("record")
        if (kind == "header") != (index == 0):
            record.refuse("Genau die erste Zeile ist die Kopfzeile (record = header).")
        if (kind == "trailer") != (index == last):
            record.refuse(
                "Genau die letzte Zeile ist die Abschlusszeile (record = trailer); "
                "die Datei ist abgeschnitten oder zusammengefügt."
            )


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise FormatError("Ein Feld steht zweimal in der Zeile.")
    return values


def _refuse_number(text: str) -> NoReturn:
    raise FormatError(f'Die Zahl {text[:20]} ist nicht erlaubt; Beträge sind Texte wie "24871.00".')


def _bounded_int(text: str) -> int:
    if len(text) > 12:
        raise FormatError("Eine Zahl hat zu viele Stellen.")
    return int(text)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}…"
