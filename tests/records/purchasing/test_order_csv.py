"""The order list as files: what belongs together, what contradicts itself."""

from __future__ import annotations

from decimal import Decimal

from laufzettel.records.purchasing import order_csv


def faults(text: str, part: str, units: frozenset[str] = frozenset()) -> list[str]:
    return [str(one) for one in order_csv.read(text.encode(), part, units=units).faults]


def test_an_order_is_known_by_letters_and_digits_of_its_number() -> None:
    found = order_csv.read(
        b"Auftrag;Lieferant;USt-IdNr;Bruttobetrag;Mitgeteilt;Stand\n"
        b"B-2026/4711;Tiefbau Detmold GmbH;DE 136 695 976;12.000,00;ja;offen",
        "orders",
    )

    (row,) = found.rows
    assert row.values["key"] == "b20264711"
    assert (row.values["vat_id"], row.values["name_key"]) == ("de136695976", "detmold tiefbau")
    assert (row.values["gross"], row.values["told"]) == (Decimal("12000.00"), True)


def test_the_same_order_twice_in_a_file_is_a_finding() -> None:
    head = "Auftrag;Lieferant;Bruttobetrag\n"

    assert faults(head + "B 4711;Bau;1,00\nB-4711;Bau;2,00\n..;Bau;1,00", "orders") == [
        "Zeile 3: Dasselbe steht schon in Zeile 2; jeder Satz darf nur einmal vorkommen.",
        "Zeile 4: Eine Nummer hat weder Buchstaben noch Ziffern.",
    ]


def test_what_contradicts_itself_is_a_finding() -> None:
    units = frozenset({"bauamt"})

    assert faults(
        "Auftrag;Lieferant;Bruttobetrag;Nettobetrag;Stelle\n1;Bau;;;\n2;Bau;1,00;2,00;\n3;Bau;1;;Mars",
        "orders",
        units,
    ) == [
        "Zeile 2: „Bruttobetrag“ oder „Nettobetrag“ fehlt.",
        "Zeile 3: „Nettobetrag“ ist größer als „Bruttobetrag“.",
        "Zeile 4: „Stelle“ ist nicht bekannt; es gibt: bauamt.",
    ]


def test_a_quantity_needs_its_unit() -> None:
    assert faults("Auftrag;Position;Menge;Einheit\n1;10;5;", "lines") == [
        "Zeile 2: Zur „Menge“ fehlt die „Einheit“ (wie in der Rechnung, etwa C62, HUR, MTR)."
    ]


def test_two_positions_of_one_delivery_note_are_two_records() -> None:
    found = order_csv.read(
        b"Auftrag;Lieferschein;Lieferdatum;Position;Menge\n"
        b"1;L-9;01.12.2026;10;5\n1;L-9;01.12.2026;0020;7\n1;L-9;01.12.2026;20;7",
        "deliveries",
    )

    assert [str(one) for one in found.faults] == [
        "Zeile 4: Dasselbe steht schon in Zeile 3; jeder Satz darf nur einmal vorkommen."
    ]
