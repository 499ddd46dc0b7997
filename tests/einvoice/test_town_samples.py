"""The invoices of the demo town: the valid ones pass the official rules, the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from stdnum import iban
from stdnum.ch import vat as ch_vat
from stdnum.de import vat as de_vat
from stdnum.ie import vat as ie_vat
from stdnum.nl import btw

from laufzettel.einvoice.examine import examine
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.leitweg import is_leitweg_id
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Verdict
from laufzettel.einvoice.validator import Validator

TODAY = date(2026, 11, 23)
#: A day far away, in another year and on a weekend.
LATER = date(2028, 2, 27)


@pytest.fixture(scope="module")
def town(make_invoices: ModuleType) -> dict[str, Any]:
    """The invoices of a Monday, by file name."""
    return {one.file_name: one for one in make_invoices.town_invoices(TODAY)}


@pytest.fixture(scope="module")
def read(make_invoices: ModuleType, town: dict[str, Any]) -> dict[str, Invoice]:
    """What the XML files say."""
    return {
        name: read_invoice(make_invoices.content(one))
        for name, one in town.items()
        if name.endswith(".xml")
    }


def _pairs(make_invoices: ModuleType) -> Iterator[tuple[Any, bytes]]:
    for day in (TODAY, LATER):
        for one in make_invoices.town_invoices(day):
            if day == TODAY or one.file_name.endswith(".xml"):
                yield one, make_invoices.content(one)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_invoice_is_judged_as_it_says(
    make_invoices: ModuleType, validator: Validator
) -> None:
    """Valid ones are in order on any day; a defective one breaks the rule that it names."""
    wrong = []
    for one, data in _pairs(make_invoices):
        report = examine(data, validator).report
        fatal = {finding.id for finding in report.findings if finding.severity.rejects}
        expected = {one.breaks} if one.breaks else set()
        if one.form == "page":
            expected_verdict = Verdict.UNCHECKED
        else:
            expected_verdict = Verdict.REJECTED if one.breaks else Verdict.ACCEPTED
        if (fatal, report.verdict) != (expected, expected_verdict):
            wrong.append((one.file_name, report.verdict, fatal))

    assert wrong == []


def test_the_town_has_every_kind_of_invoice(town: dict[str, Any]) -> None:
    assert len(town) == 36
    assert Counter(one.form.value for one in town.values()) == {
        "ubl": 29,
        "cii": 4,
        "zugferd": 2,
        "page": 1,
    }
    assert Counter(one.sample.type_code for one in town.values()) == {
        "380": 32,
        "326": 1,
        "877": 1,
        "384": 1,
        "381": 1,
    }
    assert sorted(one.breaks for one in town.values() if one.breaks) == [
        *("BR-CO-16", "BR-DE-1", "BR-DE-15", "BR-DE-18", "BR-DE-2"),
    ]


def test_the_amounts_are_those_of_the_scenes(read: dict[str, Invoice]) -> None:
    amounts = {name: str(invoice.payable) for name, invoice in read.items()}

    assert amounts["elektro_ep77815.xml"] == "24871.00 EUR"
    assert amounts["telefon_63_anschluesse.xml"] == "4386.17 EUR"
    assert amounts["bruecke_wb_61200.xml"] == "61200.00 EUR"
    assert amounts["schluessel_27.xml"] == "27.00 EUR"
    assert amounts["schulbuch_westfalen.xml"] == "12880.00 EUR"
    assert amounts["haus_sonnenhang_11.xml"] == "2340.00 EUR"
    assert amounts["kanal_se190_schluss.xml"] == "34938.40 EUR"
    assert amounts["karten_schweiz_chf.xml"] == "310.00 CHF"


def test_the_final_invoice_subtracts_what_was_paid(read: dict[str, Invoice]) -> None:
    totals = read["kanal_se190_schluss.xml"].totals

    assert (totals.gross, totals.prepaid) == (Decimal("156318.40"), Decimal("121380.00"))


def test_the_telephone_bill_has_63_lines_and_is_collected(read: dict[str, Invoice]) -> None:
    bill = read["telefon_63_anschluesse.xml"]

    assert len(bill.lines) == 63
    assert min(line.net or Decimal(0) for line in bill.lines) > 0
    assert [means.code for means in bill.payment_means] == ["59"]
    assert bill.direct_debit is not None
    assert (bill.direct_debit.mandate, bill.ibans) == ("FL-M-4711", ())


def test_deductions_and_surcharges_change_the_tax_of_their_rate(read: dict[str, Invoice]) -> None:
    meals = read["mensa_november.xml"]

    assert [(vat.rate, vat.taxable, vat.tax) for vat in meals.vat_breakdown] == [
        (Decimal(7), Decimal("3286.92"), Decimal("230.08")),
        (Decimal(19), Decimal("328.00"), Decimal("62.32")),
    ]
    assert (meals.totals.allowances, meals.totals.charges) == (Decimal("67.08"), Decimal("25.00"))


def test_a_plan_and_a_table_are_attached(read: dict[str, Invoice]) -> None:
    found = [(one.name, one.mime, one.sniffed) for one in read["planung_ih_0415.xml"].attachments]

    assert found == [
        ("lageplan.pdf", "application/pdf", "application/pdf"),
        ("stunden.csv", "text/csv", ""),
    ]


def test_somebody_else_than_the_seller_is_paid(read: dict[str, Invoice]) -> None:
    invoice = read["kopierer_abgetreten.xml"]

    assert invoice.payee is not None
    assert (invoice.seller.name, invoice.payee.name) == (
        "Kopierland Leasing GmbH",
        "Forderungshaus Factoring GmbH",
    )


def test_the_skonto_moves_with_the_day(make_invoices: ModuleType) -> None:
    (invoice,) = (
        one for one in make_invoices.town_invoices(LATER) if one.sample.number == "EP-77815"
    )

    assert invoice.sample.issued == LATER - timedelta(days=4)
    assert invoice.sample.skonto == ((14, "3.00"),)


def test_an_xml_is_the_same_at_every_run(make_invoices: ModuleType) -> None:
    one, other = (
        {i.file_name: make_invoices.content(i) for i in make_invoices.town_invoices(TODAY)[:12]}
        for _ in range(2)
    )

    assert one == other


def test_every_number_of_a_register_has_right_check_digits(read: dict[str, Invoice]) -> None:
    checks = {"DE": de_vat, "NL": btw, "IE": ie_vat, "CH": ch_vat}
    for invoice in read.values():
        vat_id = invoice.seller.vat_id
        assert checks[vat_id[:2]].is_valid(vat_id), vat_id
        assert not invoice.buyer.vat_id or de_vat.is_valid(invoice.buyer.vat_id)
        assert all(iban.is_valid(number, check_country=False) for number in invoice.ibans)


def test_only_one_leitweg_id_is_wrong_on_purpose(read: dict[str, Invoice]) -> None:
    wrong = [
        name
        for name, invoice in read.items()
        if invoice.buyer_reference and not is_leitweg_id(invoice.buyer_reference)
    ]

    assert wrong == ["kies_ks_5521.xml"]


def test_everybody_is_reached_at_a_domain_that_does_not_exist(read: dict[str, Invoice]) -> None:
    addresses = [one.seller.contact.email for one in read.values() if one.seller.contact]

    assert [address for address in addresses if not address.endswith(".example")] == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_command_writes_the_story_and_the_town_of_a_day(
    make_invoices: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_invoices.main([str(tmp_path), "2026-11-23"]) == 0

    assert len(capsys.readouterr().out.splitlines()) == len(list(tmp_path.iterdir())) == 36 + 7
    assert read_invoice((tmp_path / "elektro_ep77815.xml").read_bytes()).issue_date == date(
        2026, 11, 19
    )


@pytest.mark.parametrize("arguments", [[], ["a", "gestern"], ["a", "2026-11-23", "b"]])
def test_a_wrong_call_shows_how_it_is_meant(
    make_invoices: ModuleType, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_invoices.main(arguments) == 2

    assert "make_invoices.py FOLDER [TODAY]" in capsys.readouterr().err
