"""The heads of the old system are read strictly, and everything wrong is said at once."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.records.heads.history_csv import read

HEAD = "Rechnungsnummer;Lieferant;Rechnungsdatum;Bruttobetrag"
CORPUS = Path(__file__).resolve().parents[4] / "shared" / "attack-corpus" / "csv"


def faults(text: str, **options: object) -> list[str]:
    return [str(one) for one in read(text.encode(), **options).faults]  # type: ignore[arg-type]


def test_a_whole_row_becomes_a_head() -> None:
    text = (
        "Rechnungsnummer;Lieferant;Rechnungsdatum;Bruttobetrag;USt-IdNr.;IBAN;Art;Auftrag;"
        "Bezahlt am;Kostenstelle;Sachkonto;Stelle;Währung;# Bemerkung\r\n"
        "RE-2025-0417;Müller Tiefbau GmbH;02.12.2025;18.432,60;DE 123456788;"
        "DE02 1203 0000 0000 2020 51;Rechnung;45-0001;2026-01-05;66010;523100;bauamt;EUR;=egal\r\n"
    )

    found = read(text.encode("utf-8-sig"), units=frozenset({"bauamt"}))

    assert found.faults == []
    assert found.rows == [
        {
            "vat_id": "de123456788",
            "iban": "de02120300000000202051",
            "name_key": "mueller tiefbau",
            "number_key": "417",
            "gross": Decimal("18432.60"),
            "currency": "EUR",
            "issued_on": date(2025, 12, 2),
            "type_code": "380",
            "order_ref": "450001",
            "line": 2,
            "seller_name": "Müller Tiefbau GmbH",
            "number": "RE-2025-0417",
            "unit": "bauamt",
            "paid_on": date(2026, 1, 5),
            "cost_center": "66010",
            "gl_account": "523100",
        }
    ]


def test_everything_that_is_wrong_is_said_with_its_line() -> None:
    text = f"{HEAD};Stelle\n;Bau;31.02.2025;12.5;amt\nRE-1;=1+1;1.1.25;1,2,3;bauamt\nRE-2;Bau"

    assert faults(text, units=frozenset({"bauamt"})) == [
        "Zeile 2: „Rechnungsnummer“ fehlt.",
        "Zeile 2: „Rechnungsdatum“ ist kein Tag; richtig ist etwa 31.12.2025 oder 2025-12-31.",
        "Zeile 2: „Bruttobetrag“ ist kein Betrag; richtig ist etwa 1.234,56 oder 1234,56.",
        "Zeile 2: „Stelle“ ist nicht bekannt; es gibt: bauamt.",
        "Zeile 3: „Lieferant“ beginnt wie eine Formel (=, +, -, @); bitte in der Quelle berichtigen.",
        "Zeile 3: „Rechnungsdatum“ ist kein Tag; richtig ist etwa 31.12.2025 oder 2025-12-31.",
        "Zeile 3: „Bruttobetrag“ ist kein Betrag; richtig ist etwa 1.234,56 oder 1234,56.",
        "Zeile 4: Die Zeile hat nur 2 Zellen.",
    ]


def test_headings_that_are_unknown_twice_or_missing_are_named() -> None:
    found = faults("Rechnungsnummer;Kreditor;rechnungs-nummer;Bruttobetrag\n")

    assert [text[:50] for text in found] == [
        "Zeile 1: Die Spalte 2 hat eine unbekannte Überschr",
        "Zeile 1: Die Spalte „Rechnungsnummer“ gibt es zwei",
        "Zeile 1: Die Spalte „Lieferant“ fehlt.",
        "Zeile 1: Die Spalte „Rechnungsdatum“ fehlt.",
    ]


@pytest.mark.parametrize(
    ("cell", "amount", "kind"),
    [
        ("1.234.567,89", "1234567.89", "380"),
        ("1234,5", "1234.50", "380"),
        ("1.234", "1234.00", "380"),
        ("-100,00", "100.00", "381"),  # the seller owes us
    ],
)
def test_amounts_are_german(cell: str, amount: str, kind: str) -> None:
    (row,) = read(f"{HEAD}\nRE-1;Bau;31.12.2025;{cell}".encode()).rows

    assert (row["gross"], row["type_code"]) == (Decimal(amount), kind)


@pytest.mark.parametrize(
    "cell", ["1234.56", "1.23,4", "12.34", "1e5", "١٢", "1 000,00", "€5", "--5"]
)
def test_an_amount_that_is_not_german_is_refused(cell: str) -> None:
    assert len(faults(f"{HEAD}\nRE-1;Bau;31.12.2025;{cell}")) == 1


def test_another_encoding_is_named_and_never_guessed() -> None:
    data = f"{HEAD}\nRE-1;Müller;31.12.2025;1,00".encode("cp1252")

    (fault,) = read(data).faults

    assert fault.line == 2 and "--encoding windows-1252" in fault.text
    assert read(data, encoding="windows-1252").rows[0]["seller_name"] == "Müller"


@pytest.mark.parametrize(
    "text",
    [
        f'{HEAD}\nRE-1;"Bau;31.12.2025;1,00',
        f"{HEAD}\nRE-1;Bau\x00;31.12.2025;1,00",
        f"{HEAD}\nRE-1;Bau\x1b[31m;31.12.2025;1,00",
        f"{HEAD}\nRE-1;{'x' * 201};31.12.2025;1,00",
        f"{HEAD}\n---;Bau;31.12.2025;1,00",
        "",
    ],
    ids=["quote", "null", "escape", "long", "no number", "empty"],
)
def test_what_is_no_such_file_is_refused(text: str) -> None:
    found = read(text.encode())

    assert found.faults and not found.rows


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the attack corpus is not beside the checkout")
def test_no_formula_of_the_attack_corpus_gets_in() -> None:
    for cell in (CORPUS / "formula_cells.txt").read_text("utf-8").splitlines():
        target = io.StringIO()
        csv.writer(target, delimiter=";").writerow(["RE-1", cell, "31.12.2025", "1,00"])
        rows = read(f"{HEAD}\n{target.getvalue()}".encode()).rows
        assert [row for row in rows if row["seller_name"][:1] in "=+-@＝"] == []


@given(st.binary(max_size=400))
def test_any_bytes_end_in_rows_or_findings(data: bytes) -> None:
    for encoding in ("utf-8", "windows-1252"):
        found = read(HEAD.encode() + b"\n" + data, encoding=encoding)
        wrong = {fault.line for fault in found.faults}
        assert all(row["number_key"] and row["line"] not in wrong for row in found.rows)


_WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=30)


@given(
    st.lists(
        st.tuples(
            _WORDS,
            _WORDS,
            st.dates(date(1990, 1, 1), date(2099, 12, 31)),
            st.integers(0, 10**12),
        ),
        max_size=5,
    ),
    st.sampled_from(";,\t"),
)
def test_what_was_written_is_what_is_read(
    rows: list[tuple[str, str, date, int]], separator: str
) -> None:
    target = io.StringIO()
    writer = csv.writer(target, delimiter=separator)
    writer.writerow(HEAD.split(";"))
    for number, name, on, cents in rows:
        amount = f"{cents // 100},{cents % 100:02d}"
        writer.writerow([number, name, f"{on:%d.%m.%Y}", amount])

    found = read(target.getvalue().encode())

    assert found.faults == []
    assert [
        (row["number"], row["seller_name"], row["issued_on"], row["gross"]) for row in found.rows
    ] == [(number, name, on, Decimal(cents) / 100) for number, name, on, cents in rows]
