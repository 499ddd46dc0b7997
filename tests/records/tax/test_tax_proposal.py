"""What the tax table proposes: dated, with its source, and nothing where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from laufzettel.einvoice.invoice import Address, Delivery, Invoice, Line, Party, Totals
from laufzettel.records.tax import rules
from laufzettel.records.tax.proposal import Around, Certificate, Part, propose
from laufzettel.records.tax.rules import Rule, shipped

HERE = Party(name="Bau GmbH", vat_id="DE136695976", address=Address(country="DE"))
DUBLIN = Party(name="Soft Ltd", vat_id="IE1234567X", address=Address(country="IE"))
AROUND = Around(unit="bauamt", pay_on=date(2026, 12, 10))


def sums(net: str, gross: str, payable: str = "") -> Totals:
    return Totals(net=D(net), gross=D(gross), payable=D(payable or gross))


def invoice(*, on: date = date(2026, 11, 20), lines: tuple[Line, ...] = (), **more: Any) -> Invoice:
    line = Line(id="1", vat_category="S", vat_rate=D("19.00"), net=D("100.00"))
    terms: dict[str, Any] = {
        "number": "1",
        "issue_date": date(2026, 11, 23),
        "type_code": "380",
        "currency": "EUR",
        "seller": HERE,
        "delivery": Delivery(date=on),
        "lines": lines or (line,),
        "totals": sums("100.00", "119.00"),
    }
    return Invoice(**terms | more)


def part(read: Invoice, kind: str, around: Around = AROUND, own: tuple[Rule, ...] = ()) -> Part:
    (found,) = [one for one in propose(read, around, [*own, *shipped()]) if one.kind == kind]
    return found


def own(kind: str, result: str, **more: Any) -> Rule:
    given: dict[str, Any] = {
        "valid_from": date(2020, 1, 1),
        "source": "Steueramt",
        "is_confirmed": True,
    } | more
    return Rule(kind=kind, result=result, is_own=True, **given)


def test_every_shipped_rule_names_its_source_and_its_days() -> None:
    assert all(rule.source and rule.valid_from for rule in shipped())
    assert not all(rule.is_confirmed for rule in shipped())


@pytest.mark.parametrize(
    ("on", "rate", "value"),
    [
        (date(2020, 6, 30), "19", "19"),
        (date(2020, 7, 1), "19", "offen"),
        (date(2020, 7, 1), "16", "16"),
        (date(2020, 12, 31), "5", "5"),
        (date(2021, 1, 1), "16", "offen"),
        (date(2026, 11, 20), "7.00", "7"),
    ],
)
def test_the_day_of_the_delivery_decides_which_rate_there_was(
    on: date, rate: str, value: str
) -> None:
    line = Line(id="1", vat_category="S", vat_rate=D(rate))
    found = propose(invoice(on=on, lines=(line,)), AROUND, shipped())[0]

    assert found.value == value


def test_lines_of_one_rate_have_one_code_and_the_tenants_code_wins() -> None:
    lines = tuple(
        Line(id=str(n), vat_category="S", vat_rate=D(rate)) for n, rate in enumerate((19, 7, 19))
    )
    hkr = own("code", "V19", category="S", rate=D(19))

    found = propose(invoice(lines=lines), AROUND, [hkr, *shipped()])

    assert [(one.label, one.value, one.to_confirm) for one in found[:2]] == [
        ("Steuerschlüssel zu S 19 %", "V19", False),
        ("Steuerschlüssel zu S 7 %", "7", True),
    ]
    assert found[0].text == "Positionen 0, 2, geleistet am 20.11.2026."


def test_the_transition_to_2b_is_a_row_of_the_table() -> None:
    bga = own("input_tax", "100", unit="baeder", regime="BgA")
    new = own("input_tax", "40", unit="baeder", regime="2b")
    baths = replace(AROUND, unit="baeder")

    old_law = part(invoice(on=date(2026, 12, 31)), "input_tax", baths, (bga, new))
    new_law = part(invoice(on=date(2027, 1, 1)), "input_tax", baths, (bga, new))
    postponed = own("regime", "BgA", valid_from=date(2027, 1, 1), valid_until=date(2028, 12, 31))
    later = part(invoice(on=date(2027, 1, 1)), "input_tax", baths, (bga, new, postponed))

    assert (old_law.value, new_law.value, later.value) == ("100 %", "40 %", "100 %")
    assert "§ 2b UStG" in new_law.text and "alter Fassung" in old_law.text
    assert old_law.to_confirm and not later.to_confirm
    assert part(invoice(), "input_tax").value == "0 %"


def test_input_tax_may_hang_on_the_product_that_the_invoice_names() -> None:
    ticket = own("input_tax", "100", product="080101")
    read = invoice(accounting_ref="08.01.01-Freibad")

    assert part(read, "input_tax", own=(ticket,)).value == "100 %"
    assert part(invoice(), "input_tax", own=(ticket,)).value == "0 %"


def test_a_foreign_supplier_makes_the_kommune_owe_the_tax() -> None:
    line = Line(id="1", vat_category="AE", vat_rate=D(0))
    read = invoice(seller=DUBLIN, lines=(line,), totals=sums("250.00", "250.00"))

    found = part(read, "debtor")

    assert found.value == "Kommune"
    assert "19 % von 250,00 € = 47,50 € sind anzumelden" in found.text
    assert "§ 13b" in found.source and found.to_confirm
    assert part(invoice(), "debtor").value == "Lieferant"
    assert part(invoice(seller=DUBLIN), "debtor").value == "offen"  # with German VAT


BUILDING = invoice(type_code="877", totals=sums("22638.00", "26939.06"))
CERTIFICATE = Certificate(
    number="FB-1", valid_from=date(2024, 1, 1), valid_until=date(2026, 12, 31)
)


def test_fifteen_per_cent_are_withheld_where_the_certificate_ended_before_the_payment() -> None:
    """Scene S3: the certificate ended on 31.12.2026, the payment is on 12.01.2027."""
    around = replace(AROUND, pay_on=date(2027, 1, 12), certificates=[CERTIFICATE])

    found = part(BUILDING, "withholding", around)

    assert (found.value, found.choices) == ("15 %", ("keine", "15 %"))
    assert found.text == (
        "Bauleistung. Freistellungsbescheinigung FB-1 endet am 31.12.2026, gezahlt wird am "
        "12.01.2027; 2027 voraussichtlich 26.939,06 € an diesen Leistenden (gezahlt 0,00 €, "
        "entschieden und noch nicht gezahlt 0,00 €, diese Rechnung 26.939,06 €), Grenze "
        "5.000,00 €: 15 % von 26.939,06 € = 4.040,86 € sind einzubehalten und bis zum 10. des "
        "Monats nach der Zahlung anzumelden und abzuführen (§ 48a Abs. 1 EStG)."
    )


def test_of_a_final_invoice_only_what_is_left_to_pay_counts() -> None:
    """Scene S3: of 152.906,25 € three Abschläge are paid, and the tax was withheld of them then."""
    final = invoice(type_code="877", totals=sums("128492.65", "152906.25", "26939.06"))

    assert "15 % von 26.939,06 € = 4.040,86 €" in part(final, "withholding").text


def test_vat_that_the_kommune_owes_itself_belongs_to_the_gegenleistung() -> None:
    """§ 48 Abs. 3 EStG: Entgelt and VAT, also where § 13b UStG makes somebody else pay it."""
    line = Line(id="1", vat_category="AE", vat_rate=D(0))
    read = invoice(type_code="875", lines=(line,), totals=sums("10000.00", "10000.00"))

    assert "15 % von 11.900,00 € = 1.785,00 €" in part(read, "withholding").text


def test_what_was_paid_and_what_is_only_decided_are_told_apart() -> None:
    around = replace(AROUND, year_paid=D("2000.00"), year_decided=D("2500.00"))
    small = invoice(type_code="875", totals=sums("1000.00", "1190.00"))

    found = part(small, "withholding", around)

    assert found.value == "15 %"
    assert (
        "2026 voraussichtlich 5.690,00 € an diesen Leistenden (gezahlt 2.000,00 €, entschieden und "
        "noch nicht gezahlt 2.500,00 €, diese Rechnung 1.190,00 €)"
    ) in found.text


def test_nothing_is_withheld_with_a_certificate_that_holds_at_the_payment() -> None:
    around = replace(AROUND, pay_on=date(2026, 12, 31), certificates=[CERTIFICATE])
    revoked = replace(CERTIFICATE, revoked_on=date(2026, 12, 1))
    of_other = replace(CERTIFICATE, order_key="99")

    assert part(BUILDING, "withholding", around).value == "keine"
    for other in (revoked, of_other):
        assert part(BUILDING, "withholding", replace(around, certificates=[other])).value != "keine"


def test_the_limit_is_that_of_the_calendar_year_expected_and_summed() -> None:
    small = invoice(type_code="875", totals=sums("1000.00", "1190.00"))

    assert part(small, "withholding").value == "keine"
    assert part(small, "withholding", replace(AROUND, year_decided=D("3810.00"))).value == "keine"
    assert part(small, "withholding", replace(AROUND, year_decided=D("3810.01"))).value == "15 %"
    assert part(small, "withholding", replace(AROUND, order_gross=D("9000.00"))).value == "15 %"


def test_who_only_lets_has_the_higher_limit() -> None:
    lets = own("letting", "ja", unit="bauamt")
    read = invoice(type_code="875", totals=sums("10000.00", "11900.00"))

    assert part(read, "withholding").value == "15 %"
    assert part(read, "withholding", own=(lets,)).value == "keine"


def test_what_is_no_building_has_nothing_withheld_unless_the_tenant_says_so() -> None:
    builder = own("construction", "ja", supplier="de136695976")
    read = invoice(totals=sums("10000.00", "11900.00"))

    assert part(read, "withholding").text == "Nach der Steuertabelle keine Bauleistung."
    assert part(read, "withholding", own=(builder,)).value == "15 %"


def test_files_with_contradictions_are_refused_with_their_lines() -> None:
    head = "Art;Ergebnis;Gilt ab;Gilt bis;Quelle;Stand\n"
    text = (
        head
        + "Vorsteuer;viel;1.1.2027;;x;bestätigt\n"
        + "Vorsteuer;101;2027-01-01;;x;bestätigt\n"
        + "Recht;BgA;2028-01-01;2026-01-01;x;bestätigt\n"
        + "Recht;2b;2027-01-01;;x;bestätigt\nRecht;BgA;2027-01-01;;x;zu bestätigen\n"
        + "Magie;1;2027-01-01;;x;vielleicht\n"
    )

    assert [str(one)[:60] for one in rules.read_rules(text.encode()).faults] == [
        "Zeile 2: „Gilt ab“ ist kein Tag; richtig ist etwa 31.12.2025"[:60],
        "Zeile 3: „Ergebnis“ ist ein Satz in Prozent und höchstens 10"[:60],
        "Zeile 4: „Gilt bis“ liegt vor „Gilt ab“.",
        "Zeile 6: Dasselbe steht schon in Zeile 5.",
        "Zeile 7: „Art“ kennt nur: steuerschluessel, regelsatz, recht"[:60],
        "Zeile 7: „Stand“ kennt nur: bestaetigt, zu bestaetigen.",
    ]


def test_no_figure_is_told_where_a_confidential_invoice_is_part_of_the_sum() -> None:
    small = invoice(type_code="875", totals=sums("1000.00", "1190.00"))

    found = part(small, "withholding", replace(AROUND, year_decided=D("7777.77"), hides_sum=True))

    assert found.value == "15 %"
    assert "voraussichtlich über der Grenze von 5.000,00 €" in found.text
    assert "8.967" not in found.text
