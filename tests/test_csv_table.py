"""Lists from CSV files: nothing is guessed, every finding has its line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel import csv_table
from laufzettel.csv_table import Column

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = (
    Column("Auftrag", "number", csv_table.text, required=True, longest=20),
    Column("Betrag", "amount", csv_table.amount),
    Column("Tag", "day", csv_table.day),
    Column("Menge", "quantity", csv_table.quantity),
)


def faults(data: bytes, encoding: str = "utf-8") -> list[str]:
    return [str(one) for one in csv_table.read(data, COLUMNS, encoding=encoding).faults]


def test_a_line_is_read_as_a_german_office_writes_it() -> None:
    found = csv_table.read(
        "\ufeffAuftrag;Betrag;Tag;Menge;#intern\r\n"
        "4711;12.000,00;31.12.2026;1.000,125;egal\r\n\r\n"
        "4712;-5,5;2027-01-02;;\r\n".encode(),
        COLUMNS,
    )

    assert found.faults == []
    assert [(row.line, row.values) for row in found.rows] == [
        (
            2,
            {
                "number": "4711",
                "amount": Decimal("12000.00"),
                "day": date(2026, 12, 31),
                "quantity": Decimal("1000.125"),
            },
        ),
        (4, {"number": "4712", "amount": Decimal("-5.50"), "day": date(2027, 1, 2)}),
    ]


def test_every_finding_is_told_at_once_with_its_line() -> None:
    assert faults(
        b"Auftrag;Betrag;Tag\n;12.5;31.02.2026\nsehr-lange-nummer-4711;1,00\n4;1e5;x"
    ) == [
        "Zeile 2: „Auftrag“ fehlt.",
        "Zeile 2: „Betrag“ ist kein Betrag; richtig ist etwa 1.234,56 oder 1234,56.",
        "Zeile 2: „Tag“ ist kein Tag; richtig ist etwa 31.12.2025 oder 2025-12-31.",
        "Zeile 3: Die Zeile hat nur 2 Zellen.",
        "Zeile 4: „Betrag“ ist kein Betrag; richtig ist etwa 1.234,56 oder 1234,56.",
        "Zeile 4: „Tag“ ist kein Tag; richtig ist etwa 31.12.2025 oder 2025-12-31.",
    ]


def test_headings_that_are_unknown_missing_or_there_twice_stop_the_reading() -> None:
    found = faults(b"Betrag;Betrag;Summe\n1;2;3")

    assert found == [
        "Zeile 1: Die Spalte „Betrag“ gibt es zweimal.",
        "Zeile 1: Die Spalte 3 hat eine unbekannte Überschrift. "
        + "Bekannt sind: Auftrag, Betrag, Tag, Menge. Mit # davor wird sie übergangen.",
        "Zeile 1: Die Spalte „Auftrag“ fehlt.",
    ]


def test_another_encoding_is_named_and_never_guessed() -> None:
    data = "Auftrag;Betrag\n4711 Straße;1,00".encode("windows-1252")

    assert faults(data) == [
        "Zeile 2: Das ist kein utf-8. "
        + "Aus älteren Programmen kommt oft das andere: --encoding windows-1252."
    ]
    assert faults(data, encoding="windows-1252") == []


def test_quotes_that_do_not_close_and_null_bytes_are_findings() -> None:
    assert faults(b'Auftrag\n"4711\n')[0].startswith("Zeile 2: Die Anführungszeichen")
    assert faults(b"Auftrag\n\x00") == ["Das ist keine Textdatei (sie enthält Nullbytes)."]


def test_no_formula_of_the_attacks_gets_into_a_record() -> None:
    """attack-corpus/csv: as a file of its own, and each line as a cell."""
    file = ROOT.parent / "shared" / "attack-corpus" / "csv" / "formula_cells.txt"
    if not file.is_file():
        pytest.skip("../shared with the attacks is not beside this checkout")
    attacks = file.read_text("utf-8")

    as_file = csv_table.read(attacks.encode(), COLUMNS)
    as_cells = [
        csv_table.read(
            f'Auftrag;Betrag\n"{line.replace(chr(34), chr(34) * 2)}";1,00'.encode(), COLUMNS
        )
        for line in attacks.splitlines()
        if line not in ("a", '"=1+1"', ";=1+1")
    ]

    assert as_file.rows == [] and as_file.faults
    assert len(as_cells) > 8
    assert all(found.rows == [] and len(found.faults) == 1 for found in as_cells)
    assert not any("cmd" in str(fault) for found in as_cells for fault in found.faults)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    found = csv_table.read(b"Auftrag;Betrag\n" + data, COLUMNS)

    assert all(row.line >= 2 and row.values["number"] for row in found.rows)
