"""The Kassenanordnung as a paper: every field, and nothing that was not signed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lxml import html

from laufzettel.money import Money
from laufzettel.records.papers.order import (
    Enclosed,
    OrderPaper,
    Signed,
    Withheld,
    certificates,
    order_css,
    order_html,
)


def signed(duty: str, name: str, minute: int, deputy_for: str = "") -> Signed:
    at = datetime(2026, 11, 23, 8, minute, tzinfo=UTC)
    return Signed(duty=duty, name=name, office="Bauamt", at=at, deputy_for=deputy_for)


PAPER = OrderPaper(
    tenant="Stadt Musterstadt",
    number="A-2026-000001",
    revision=2,
    ordered_on=date(2026, 11, 23),
    amount=Money.parse("18432.60"),
    fiscal_year_expense=2026,
    fiscal_year_payment=2027,
    payee_name="Tiefbau Bergmann & Söhne GmbH",
    payee_iban="DE89370400440532013000",
    purpose="Rechnung TB-2026-1187",
    due_on=date(2026, 12, 2),
    discount_until=None,
    discount=None,
    cost_center="5410",
    gl_account="523100",
    supplier="Tiefbau Bergmann & Söhne GmbH",
    invoice_number="TB-2026-1187",
    invoice_date=date(2026, 11, 2),
    receipt_no="E-2026-000007",
    received_at=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    signatures=(
        signed("sachlich", "M. Yılmaz", 10),
        signed("rechnerisch", "M. Yılmaz", 10),
        signed("anordnung", "K. Brandt", 20),
        signed("mitzeichnung", "T. Reineke", 30, deputy_for="P. Lohmann"),
    ),
    original_sha256="ab" * 32,
    enclosed=(Enclosed(name="rechnung.xml", what="Original der Rechnung"),),
)


def read(paper: OrderPaper) -> html.HtmlElement:
    page: html.HtmlElement = html.document_fromstring(order_html(paper))
    return page


def text_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def fields(paper: OrderPaper) -> dict[str, str]:
    """Return label and value of every field of the sheets."""
    return {
        text_of(label): text_of(label.getnext())
        for label in read(paper).xpath("//th[@scope='row']")
    }


def acts(paper: OrderPaper) -> list[str]:
    return [text_of(each) for each in read(paper).xpath("//section[@class='act']")]


def test_every_field_stands_on_the_paper() -> None:
    assert fields(PAPER) == {
        "Betrag": "18.432,60 €",
        "Zahlungsempfänger": "Tiefbau Bergmann & Söhne GmbH",
        "IBAN": "DE89 3704 0044 0532 0130 00",
        "Verwendungszweck": "Rechnung TB-2026-1187",
        "Fällig am": "02.12.2026",
        "Haushaltsjahr (Aufwand)": "2026",
        "Haushaltsjahr (Zahlung)": "2027",
        "Kostenstelle": "5410",
        "Sachkonto": "523100",
        "Rechnungssteller": "Tiefbau Bergmann & Söhne GmbH",
        "Rechnungsnummer": "TB-2026-1187",
        "Rechnungsdatum": "02.11.2026",
        "Eingangsbuch-Nr.": "E-2026-000007",
        "Eingegangen am": "23.11.2026, 08:00 Uhr",
    }
    page = text_of(read(PAPER).body)
    assert "Stadt Musterstadt Auszahlungsanordnung Nr. A-2026-000001, Fassung 2" in page
    assert "vom 23.11.2026ersetzt Fassung 1" in page
    assert "ersetzt" not in order_html(replace(PAPER, revision=1))
    assert "SHA-256: " + "ab" * 32 in page
    assert "rechnung.xml (Original der Rechnung)" in page
    assert "elektronisch gezeichnet und trägt deshalb keine Unterschrift von Hand" in page


def test_who_signed_both_statements_at_once_is_named_once() -> None:
    assert acts(PAPER) == [
        "Sachlich und rechnerisch richtig M. Yılmaz Bauamt gezeichnet am 23.11.2026, 09:10 Uhr",
        "Angeordnet K. Brandt Bauamt gezeichnet am 23.11.2026, 09:20 Uhr",
        "Mitgezeichnet T. Reineke i. V. für P. Lohmann Bauamt gezeichnet am 23.11.2026, 09:30 Uhr",
    ]


@pytest.mark.parametrize(
    "arithmetic",
    [
        signed("rechnerisch", "P. Lohmann", 10),
        signed("rechnerisch", "M. Yılmaz", 11),
        signed("rechnerisch", "M. Yılmaz", 10, deputy_for="P. Lohmann"),
    ],
)
def test_two_acts_stay_two(arithmetic: Signed) -> None:
    """Of another person, at another time, or for somebody else."""
    found = certificates((signed("sachlich", "M. Yılmaz", 10), arithmetic))

    assert [one.title for one in found] == ["Sachlich richtig", "Rechnerisch richtig"]
    assert [one.signed.duty for one in found] == ["sachlich", "rechnerisch"]


def test_a_partial_statement_stands_between_certification_and_order() -> None:
    paper = replace(PAPER, signatures=(*PAPER.signatures, signed("fachtechnisch", "Ing. Roth", 5)))

    assert [act.split(" richtig")[0].split(" ")[0] for act in acts(paper)] == [
        "Sachlich",
        "Fachtechnisch",
        "Angeordnet",
        "Mitgezeichnet",
    ]


def test_what_the_records_do_not_know_is_said_plainly() -> None:
    found = fields(replace(PAPER, due_on=None, invoice_date=None, cost_center=""))

    assert (found["Fällig am"], found["Rechnungsdatum"], found["Kostenstelle"]) == (
        "sofort",
        "–",
        "–",
    )


def test_hostile_text_is_text() -> None:
    evil = "<script>x</script>{{ 7*7 }}\u202eTT"
    page = read(replace(PAPER, payee_name=evil, purpose=evil, supplier=evil, tenant=evil))

    assert page.xpath("//script") == []
    assert "\u202e" not in text_of(page)
    assert fields(replace(PAPER, payee_name=evil))["Zahlungsempfänger"] == (
        "<script>x</script>{{ 7*7 }}�TT"
    )


def test_the_document_says_its_language_and_title() -> None:
    page = read(PAPER)

    assert page.get("lang") == "de"
    assert page.findtext("head/title") == "Auszahlungsanordnung A-2026-000001, Fassung 2"


def test_the_same_facts_give_the_same_paper() -> None:
    assert order_html(PAPER) == order_html(replace(PAPER))
    assert re.search(r"@page \{\s+size: A4;", order_css())


def test_a_discount_stands_beside_the_amount_with_its_day_and_what_is_left() -> None:
    paper = replace(PAPER, discount_until=date(2026, 11, 25), discount=Money.parse("368.65"))

    assert fields(paper)["Betrag"] == (
        "18.432,60 € bei Zahlung bis 25.11.2026 abzüglich Skonto 368,65 €: 18.063,95 €"
    )
    assert fields(PAPER)["Betrag"] == "18.432,60 €"


HELD = Withheld(
    amount=Money.parse("2764.89"),
    discount=Money.parse("82.95"),
    name="Finanzamt Detmold",
    iban="DE02120300000000202051",
    purpose="Bauabzugsteuer St.-Nr. 2181508150, Rechnung TB-2026-1187",
)


def test_two_positions_are_together_the_amount_with_and_without_skonto() -> None:
    paper = replace(
        PAPER,
        withheld=HELD,
        discount_until=date(2026, 12, 1),
        discount=Money.parse("552.98"),
        tax=(("Vorsteuerabzug", "40 %"),),
    )
    first, second = paper.positions
    shown = text_of(read(paper))

    assert (first.amount + second.amount) == paper.amount
    assert first.amount_in_time is not None and second.amount_in_time is not None
    assert (first.amount_in_time + second.amount_in_time) == Money.parse("17879.62")
    assert "15.667,71 € mit Skonto 15.197,68 €" in shown
    assert "2.764,89 € mit Skonto 2.681,94 €" in shown
    assert "IBAN DE02 1203 0000 0000 2020 51" in shown
    assert "zahlbar am 10. des Monats nach der Zahlung" in shown
    assert "Vorsteuerabzug: 40 %" in shown


def test_without_a_second_position_the_payee_stands_where_it_always_stood() -> None:
    assert PAPER.positions == ()
    assert fields(PAPER)["Zahlungsempfänger"] == "Tiefbau Bergmann & Söhne GmbH"
