"""What the text of a plain PDF is taken to say, and what is left to a person."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.einvoice.proposals import Proposal, Proposals, propose

LETTER = """Musterbau GmbH · Kanalstraße 4 · 33602 Bielefeld
USt-IdNr.: DE136695976
Stadt Musterstadt, Bauamt

Rechnung Nr. RE-2026/4471
Rechnungsdatum: 03.12.2026
Lieferdatum: 28.11.2026

Pos. 1 Pflasterarbeiten 1.000,00
Gesamtbetrag netto 1.000,00
19 % Umsatzsteuer 190,00
Gesamtbetrag brutto 1.190,00 EUR

Zahlbar bis 17. Dezember 2026 auf IBAN DE89 3704 0044 0532 0130 00, Commerzbank
"""


def test_a_usual_invoice_gives_every_field_with_its_place() -> None:
    found = propose(LETTER)

    assert found == Proposals(
        number=Proposal(value="RE-2026/4471", source="Textebene, „Rechnung Nr. RE-2026/4471“"),
        issued_on=Proposal(
            value=date(2026, 12, 3), source="Textebene, „Rechnungsdatum: 03.12.2026“"
        ),
        due_on=Proposal(
            value=date(2026, 12, 17), source="Textebene, „Zahlbar bis 17. Dezember 2026“"
        ),
        gross=Proposal(
            value=Decimal("1190.00"), source="Textebene, „Gesamtbetrag brutto 1.190,00“"
        ),
        iban=Proposal(
            value="DE89370400440532013000",
            source="Textebene, „DE89 3704 0044 0532 0130 00“, Prüfziffer stimmt",
        ),
        vat_id=Proposal(value="DE136695976", source="Textebene, „DE136695976“, Prüfziffer stimmt"),
        vat_kind=Proposal(value="saetze", source="Textebene, „19 % Umsatzsteuer“"),
        vat_rates=Proposal(value="19", source="Textebene, „19 % Umsatzsteuer“"),
        country=Proposal(value="DE", source="Textebene, „DE136695976“, Prüfziffer stimmt"),
    )
    assert "- IBAN: Textebene, „DE89 3704" in found.sources()


def test_a_tax_id_before_the_account_hides_neither() -> None:
    found = propose("USt-IdNr. DE136695976 IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX")

    assert (found.vat_id and found.vat_id.value) == "DE136695976"
    assert (found.iban and found.iban.value) == "DE89370400440532013000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sehr geehrte Damen und Herren, anbei unsere Broschüre 2026.",
        "IBAN DE89 3704 0044 0532 0130 01",  # wrong check digits
        "USt-IdNr. DE136695975",
        "Rechnungsdatum 31.02.2026",
        "Rechnungsnummer: siehe oben",  # no digit in it
        "Gesamtbetrag 1.19,00",
        "Gesamtbetrag 1190",
        "Gesamtbetrag netto 1.000,00",
    ],
)
def test_what_is_not_certain_is_not_proposed(text: str) -> None:
    assert propose(text) == Proposals()
    assert propose(text).sources() == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("iban", "IBAN DE89370400440532013000 oder IBAN DE02120300000000202051"),
        ("gross", "Gesamtbetrag 10,00\nZahlbetrag 9,80"),
        ("number", "Rechnungs-Nr. 1\nRechnungs-Nr. 2"),
        ("issued_on", "Datum: 01.12.2026\nDatum: 02.12.2026"),
    ],
)
def test_where_the_text_names_two_nobody_chooses(name: str, text: str) -> None:
    assert getattr(propose(text), name) is None


@pytest.mark.parametrize(
    ("text", "number", "issued_on"),
    [
        ("Malerbetrieb\nRechnung 2026-77\nvom 28.11.2026, Leitweg-ID 1", "2026-77", "2026-11-28"),
        ("Rechnung RE/4711 vom 3. Dezember 2026\n", "RE/4711", "2026-12-03"),
        ("Musterstadt, den 03.12.2026\nRechnung 12\n", "12", "2026-12-03"),
        # What is named goes before what only looks like it.
        (
            "Rechnung 12\nRechnungs-Nr. 4711\nvom 1.1.2026\nRechnungsdatum 2.1.2026",
            "4711",
            "2026-01-02",
        ),
        ("Rechnung an\nRechnung 12 Stück\nLeistung vom 1.1.2026", None, None),
        ("vom 01.11.2026 bis 30.11.2026", None, None),
        ("Rechnung 12\nRechnung 13\nvom 1.1.2026\nvom 2.1.2026", None, None),
    ],
)
def test_heading_and_day_of_the_letter_serve_where_nothing_is_named(
    text: str, number: str | None, issued_on: str | None
) -> None:
    found = propose(text)

    assert (found.number and found.number.value) == number
    assert (found.issued_on and found.issued_on.value.isoformat()) == issued_on


def test_the_same_value_twice_is_one() -> None:
    found = propose("Zahlbetrag: 1.190,00 EUR\nzu zahlen 1190,00")

    assert found.gross is not None
    assert found.gross.value == Decimal("1190.00")


@given(st.text(max_size=400))
def test_no_text_breaks_it(text: str) -> None:
    propose(text)


@given(
    st.from_regex(r"[A-Z]{2}-[0-9]{4}/[0-9]{1,5}", fullmatch=True),
    st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)),
    st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999.99"), places=2),
    st.sampled_from(["Rechnungsnummer:", "Rechnungs-Nr.", "Rechnung Nr.", "Invoice No."]),
)
def test_what_is_written_behind_its_name_is_found_again(
    number: str, day: date, amount: Decimal, name: str
) -> None:
    german = f"{amount:,.2f}".replace(",", "x").replace(".", ",").replace("x", ".")
    found = propose(f"{name} {number}\nRechnungsdatum {day:%d.%m.%Y}\nRechnungsbetrag: {german} €")

    assert found.number is not None and found.number.value == number
    assert found.issued_on is not None and found.issued_on.value == day
    assert found.gross is not None and found.gross.value == amount


def test_a_hostile_text_takes_no_time() -> None:
    propose("Gesamtbetrag " * 8000 + "DE89 " * 20000 + "1." * 50000)


@pytest.mark.parametrize(
    ("text", "kind", "rate"),
    [
        ("zuzüglich Mehrwertsteuer (7,0 %) 3,50", "saetze", "7"),
        ("MwSt. 19%: 19,00", "saetze", "19"),
        ("Steuerschuldnerschaft des\nLeistungsempfängers", "empfaenger", None),
        ("Gemäß § 19 UStG wird keine Umsatzsteuer berechnet", "frei", None),
        ("19 % USt 1,90, 7 % USt 0,70", None, None),
        ("19 % USt 1,90; Steuerschuldnerschaft des Leistungsempfängers", None, None),
        ("USt-IdNr. DE136695976, 3 % Skonto", None, None),
    ],
)
def test_how_vat_is_shown_is_proposed_where_the_text_says_one_thing(
    text: str, kind: str | None, rate: str | None
) -> None:
    found = propose(text)

    assert (found.vat_kind.value if found.vat_kind else None) == kind
    assert (found.vat_rates.value if found.vat_rates else None) == rate
