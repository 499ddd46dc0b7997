"""The view of an invoice: what a clerk reads, and what a hostile invoice cannot do to it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import html

from laufzettel.einvoice.examine import Examination, examine
from laufzettel.einvoice.explain import explain
from laufzettel.einvoice.invoice import (
    AllowanceCharge,
    Attachment,
    DirectDebit,
    Invoice,
    Line,
    Party,
    PaymentMeans,
    PrecedingInvoice,
    Totals,
)
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict
from laufzettel.einvoice.validator import Validator
from laufzettel.einvoice.view import invoice_css, invoice_html
from laufzettel.errors import LaufzettelError

ACCEPTED = Report(verdict=Verdict.ACCEPTED, rule_set="regeln-1")


def tree(text: str) -> html.HtmlElement:
    """Return the view as the browser would read it."""
    element: html.HtmlElement = html.fromstring(text)
    return element


def text_of(element: html.HtmlElement) -> str:
    """Return what a reader reads, blanks folded."""
    return " ".join(element.text_content().split())


def row(view: html.HtmlElement, anchor: str) -> str:
    """Return the value at an id of the view."""
    (found,) = view.xpath(f"//*[@id='{anchor}']")
    values = found.xpath("./dd")
    return text_of(values[0] if values else found)


def invoice(**changes: object) -> Invoice:
    """Return a small invoice with some of it changed."""
    plain = Invoice(number="R-1", issue_date=None, type_code="380", currency="EUR")
    return replace(plain, **changes)  # type: ignore[arg-type]


def note(term: str, location: str = "", severity: Severity = Severity.WARNING) -> Finding:
    return Finding(id="R", severity=severity, text_de="Satz.", term=term, location=location)


@pytest.fixture(scope="module")
def good(samples: dict[str, Path]) -> html.HtmlElement:
    read = read_invoice(samples["gut.xml"].read_bytes())
    return tree(invoice_html(read, report=ACCEPTED))


@pytest.fixture(scope="module")
def faulty(samples: dict[str, Path], validator: Validator) -> Examination:
    return examine(samples["fehlerhaft.xml"].read_bytes(), validator)


@pytest.mark.parametrize(
    ("anchor", "value"),
    [
        ("bt-1", "TB-2026-1187"),
        ("bt-2", "02.11.2026"),
        ("bt-3", "Rechnung (380)"),
        ("bt-9", "02.12.2026"),
        ("bt-10", "059990000000-21000-70"),
        ("bt-12", "RV-2025-066"),
        ("bt-13", "4500012873"),
        ("bt-20", "Zahlbar bis 02.12.2026 ohne Abzug."),
        ("bt-27", "Tiefbau Bergmann & Söhne GmbH"),
        ("bt-81", "SEPA-Überweisung"),
        ("bt-84", "DE89 3704 0044 0532 0130 00"),
        ("bt-115", "18.432,60 €"),
        ("bt-117", "2.943,02 €"),
        ("bt-129-2", "170 m³"),
        ("bt-129-3", "312,5 m²"),
        ("bt-146-3", "28,40 €"),
        ("bt-131-3", "8.875,00 €"),
        ("bt-154-3", "Rechteckpflaster 20/10/8, grau, einschließlich Bettung"),
        ("bt-125", "aufmass_schulstrasse.csv"),
    ],
)
def test_each_field_stands_at_the_id_of_its_term(
    good: html.HtmlElement, anchor: str, value: str
) -> None:
    assert row(good, anchor) == value


def test_the_term_is_said_in_the_text_and_as_a_tooltip(good: html.HtmlElement) -> None:
    label = good.xpath("//*[@id='bt-10']/dt")[0]

    assert text_of(label) == "Leitweg-ID BT-10"
    assert label.xpath("./dfn/@title") == ["BT-10"]


def test_what_was_delivered_and_is_to_be_paid_comes_before_who_and_how(
    good: html.HtmlElement,
) -> None:
    """Who certifies reads from the top."""
    assert [text_of(each) for each in good.xpath("//h3")] == [
        "Prüfergebnis",
        "Positionen",
        "Aufschlüsselung der Umsatzsteuer",
        "Summen",
        "Zahlung",
        "Angaben zur Rechnung",
        "Lieferung",
        "Beteiligte",
        "Bemerkungen",
        "Anlagen der Rechnung",
        "Technische Angaben",
    ]


def test_every_tier_of_skonto_says_day_deduction_and_what_is_then_to_pay(
    good: html.HtmlElement,
) -> None:
    table = good.xpath("//table[caption[text()='Skonto']]")[0]

    assert [text_of(each) for each in table.xpath("./tbody/tr")] == [
        "16.11.2026 (14 Tage) 3 % 18.432,60 € 552,98 € 17.879,62 €",
        "23.11.2026 (21 Tage) 1,5 % 18.432,60 € 276,49 € 18.156,11 €",
    ]


def test_the_lines_are_a_table_with_heads_and_a_caption(good: html.HtmlElement) -> None:
    table = good.xpath("//table[contains(@class, 'inv-lines')]")[0]

    assert text_of(table.xpath("./caption")[0]) == "Positionen"
    assert [text_of(each) for each in table.xpath("./thead//th[@scope='col']")] == [
        "Pos. BT-126",
        "Bezeichnung BT-153",
        "Menge BT-129",
        "Einzelpreis BT-146",
        "USt BT-151",
        "Betrag BT-131",
    ]
    assert [text_of(each) for each in table.xpath("./tbody/tr/th[@scope='row']")] == list("1234")


def test_twins_in_ubl_and_cii_look_the_same(samples: dict[str, Path]) -> None:
    ubl = invoice_html(read_invoice(samples["gut.xml"].read_bytes()), report=None)
    cii = invoice_html(read_invoice(samples["gut_cii.xml"].read_bytes()), report=None)

    assert ubl == cii


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (Report(verdict=Verdict.ACCEPTED), "✔ formal in Ordnung"),
        (
            Report(verdict=Verdict.ACCEPTED, findings=(note("BT-9"),)),
            "✔ formal in Ordnung, 1 Hinweis",
        ),
        (
            Report(verdict=Verdict.ACCEPTED, findings=(note("BT-9"), note("BT-10"))),
            "✔ formal in Ordnung, 2 Hinweise",
        ),
        (Report(verdict=Verdict.REJECTED, findings=(note("BT-9"),)), "✖ nicht in Ordnung"),
        (Report(verdict=Verdict.UNCHECKED), "? nicht geprüft"),
        (Report(verdict=Verdict.TECHNICAL_ERROR), "? nicht geprüft"),
        (None, "? nicht geprüft"),
    ],
)
def test_the_verdict_has_one_of_four_wordings(report: Report | None, words: str) -> None:
    view = tree(invoice_html(invoice(), report=report))

    assert text_of(view.xpath("//p[contains(@class, 'inv-verdict')]")[0]) == words


def test_a_finding_links_to_its_field_and_the_field_back(faulty: Examination) -> None:
    assert faulty.invoice is not None
    view = tree(invoice_html(faulty.invoice, report=faulty.report))

    findings = view.xpath("//li[contains(@class, 'inv-finding')]")
    links = [each.xpath(".//a/@href") for each in findings]
    assert links == [["#bt-110"], ["#bt-10"]]
    assert row(view, "bt-10") == "fehlt in der Rechnung ✖ Mangel 2"
    assert row(view, "bt-110") == "67,86 € ✖ Mangel 1"
    assert view.xpath("//*[@id='bt-110']//a/@href") == ["#inv-finding-1"]


def test_a_finding_about_the_second_line_marks_only_that_line() -> None:
    lines = (Line(id="1", name="A"), Line(id="2", name="B"))
    findings = (
        note("BT-129", "/Invoice/InvoiceLine[2]/InvoicedQuantity"),
        note("BT-131", "/CrossIndustryInvoice/X/IncludedSupplyChainTradeLineItem/Y"),
    )
    report = Report(verdict=Verdict.ACCEPTED, findings=findings)

    view = tree(invoice_html(invoice(lines=lines), report=report))

    assert view.xpath("//li//a/@href") == ["#bt-129-2", "#bt-131"]
    assert [row(view, name) for name in ("bt-129", "bt-129-2")] == ["", "⚠ Hinweis 1"]
    assert [row(view, name) for name in ("bt-131", "bt-131-2")] == ["⚠ Hinweis 2", ""]


def test_the_second_line_of_ubl_is_found_behind_the_parts_of_the_first() -> None:
    lines = (Line(id="1"), Line(id="1.1", parent_id="1"), Line(id="2"))
    report = Report(
        verdict=Verdict.ACCEPTED, findings=(note("BT-131", "/Invoice/InvoiceLine[2]/Amount"),)
    )

    view = tree(invoice_html(invoice(lines=lines), report=report))

    assert view.xpath("//li//a/@href") == ["#bt-131-3"]
    assert "Teil von Position 1" in text_of(view.xpath("//*[@id='bt-153-2']")[0])


def test_a_finding_about_what_the_view_does_not_show_has_no_link() -> None:
    report = Report(verdict=Verdict.ACCEPTED, findings=(note("BT-999"), note("")))

    view = tree(invoice_html(invoice(), report=report))

    assert view.xpath("//li//a") == []


def test_no_link_leads_nowhere_whatever_rule_was_broken() -> None:
    """For every term that an explanation names."""
    table = (Path(__file__).parents[2] / "src/laufzettel/einvoice/explanations.json").read_text()
    rules = re.findall(r'^  "([A-Z][A-Z0-9-]+)": \{', table, re.MULTILINE)
    findings = [explain(r, Severity.FATAL, location="/Invoice", original="") for r in rules]
    report = Report(verdict=Verdict.REJECTED, findings=tuple(findings))

    view = tree(invoice_html(invoice(), report=report))

    ids = view.xpath("//*/@id")
    assert len(ids) == len(set(ids))
    targets = {href.removeprefix("#") for href in view.xpath("//a/@href")}
    assert targets - set(ids) == set()
    assert len(findings) > 70
    assert len([href for href in view.xpath("//li//a/@href") if "bt-" in href]) > 40


def test_a_missing_way_to_pay_is_said_where_it_should_stand() -> None:
    finding = explain("BR-DE-1", Severity.FATAL, location="/Invoice", original="")
    report = Report(verdict=Verdict.REJECTED, findings=(finding,))

    view = tree(invoice_html(invoice(), report=report))

    assert view.xpath("//li//a/@href") == ["#bg-16"]
    assert text_of(view.xpath("//*[@id='bg-16']/..")[0]) == (
        "Zahlung ✖ Mangel 1 fehlt in der Rechnung"
    )


def test_money_for_somebody_else_is_said_aloud() -> None:
    other = invoice(seller=Party(name="Bau A"), payee=Party(name="Factoring B"))
    same = invoice(seller=Party(name="Bau A"), payee=Party(name="Bau A"))

    assert "Das Geld geht an Factoring B, nicht an den Rechnungssteller Bau A." in text_of(
        tree(invoice_html(other, report=None))
    )
    assert "Abweichender" not in invoice_html(same, report=None)


def test_a_direct_debit_is_said_in_words() -> None:
    debited = invoice(
        payment_means=(PaymentMeans(code="59"),),
        direct_debit=DirectDebit(
            mandate="M-7",
            creditor_id="DE98ZZZ09999999999",
            debited_account="DE02120300000000202051",
        ),
    )

    view = tree(invoice_html(debited, report=None))

    assert "Lastschrift: Der Rechnungssteller zieht den Betrag selbst ein." in text_of(view)
    assert row(view, "bt-89") == "M-7"
    assert row(view, "bt-91") == "DE02 1203 0000 0000 2020 51"


def test_a_credit_note_and_what_it_corrects_are_said(samples: dict[str, Path]) -> None:
    view = tree(invoice_html(read_invoice(samples["gutschrift.xml"].read_bytes()), report=ACCEPTED))

    assert row(view, "bt-3") == "Gutschrift (381)"
    assert row(view, "bt-25") == "RE-26-4711"
    assert "Gutschrift: Der Rechnungssteller schuldet dem Rechnungsempfänger" in text_of(view)


def test_what_was_paid_already_is_said_before_the_sum() -> None:
    paid = invoice(totals=Totals(gross=Decimal(119), prepaid=Decimal(19), payable=Decimal(100)))

    view = tree(invoice_html(paid, report=None))

    assert "Bereits gezahlt sind 19,00 €; offen bleibt der Zahlbetrag." in text_of(view)
    assert row(view, "bt-115") == "100,00 €"


def test_allowances_of_the_invoice_and_of_a_line_are_shown() -> None:
    extra = AllowanceCharge(
        is_charge=False,
        amount=Decimal("10.00"),
        base=Decimal("200.00"),
        percent=Decimal("5.00"),
        reason="Treuerabatt",
        vat_category="S",
        vat_rate=Decimal(19),
    )
    view = tree(
        invoice_html(
            invoice(
                allowances_charges=(extra, replace(extra, is_charge=True, reason="Fracht")),
                lines=(Line(id="1", allowances_charges=(extra,)),),
            ),
            report=None,
        )
    )

    assert [row(view, f"bt-{number}") for number in (97, 94, 92)] == [
        "Treuerabatt",
        "5 % von 200,00 €",
        "-10,00 €",
    ]
    assert [row(view, f"bt-{number}-2") for number in (104, 99)] == ["Fracht", "10,00 €"]
    assert row(view, "bt-136-1-1") == "-10,00 € (5 % von 200,00 €): Treuerabatt"


def test_totals_are_added_up_again_and_the_result_stands_beside_them() -> None:
    """BT-106 is right, BT-109 is not, and of BT-112 nothing is known to add up."""
    view = tree(
        invoice_html(
            invoice(
                lines=(Line(id="1", name="a", net=Decimal("10.00")),),
                totals=Totals(
                    lines=Decimal("10.00"), net=Decimal("11.00"), payable=Decimal("9.00")
                ),
            ),
            report=ACCEPTED,
        )
    )

    recounts = [
        (found.getparent().get("id"), text_of(found))
        for found in view.xpath("//dd[contains(@class, 'inv-recount')]")
    ]
    assert recounts == [
        ("bt-106", "✔ nachgerechnet"),
        ("bt-109", "✖ nachgerechnet: 10,00 €"),
    ]


def test_numbers_of_the_standard_show_themselves_on_demand(good: html.HtmlElement) -> None:
    """By the style sheet alone, each view for itself; on paper they always stand."""
    (switch,) = good.xpath("//label[input[@type='checkbox' and @class='inv-show-terms']]")

    assert text_of(switch) == "BT-Nummern zeigen"
    assert (
        "@media screen {\n  .inv-view:not(:has(.inv-show-terms:checked)) .inv-term" in invoice_css()
    )


def test_a_property_of_an_article_that_has_no_name_is_shown_all_the_same() -> None:
    """BR-54 rejects it; who has to say so to the supplier still reads the invoice."""
    nameless = Line(id="1", attributes=(("Farbe", "rot"), ("", "4711")))

    view = tree(invoice_html(invoice(lines=(nameless,)), report=ACCEPTED))

    assert "Merkmal ohne Namen BT-161 4711" in text_of(view)


def test_what_is_not_there_is_left_out() -> None:
    view = text_of(tree(invoice_html(invoice(), report=None)))

    for word in ("Bestellung", "Lieferung", "Anlagen", "Positionen", "Skonto", "None"):
        assert word not in view


def test_an_attachment_is_linked_only_by_its_index() -> None:
    files = (
        Attachment(reference="A", url="https://böse.example/<x>"),
        Attachment(
            reference="B",
            name='../"><script>x.pdf',
            mime="application/pdf",
            sha256="0" * 64,
            size=80,
        ),
    )

    view = tree(
        invoice_html(
            invoice(attachments=files), report=None, attachment_url=lambda index: f"/anhang/{index}"
        )
    )

    assert view.xpath("//table//a/@href") == ["/anhang/1"]
    assert text_of(view.xpath("//table//a")[0]) == '../"><script>x.pdf'
    assert view.xpath("//script") == []
    assert row(view, "bt-125") == "nicht beigefügt: https://böse.example/<x>"


def test_hostile_text_is_text() -> None:
    evil = "<script>alert(1)</script>{{ 7*7 }}\u202egnp.exe\x00\u200b"
    view = tree(
        invoice_html(
            invoice(
                number=evil,
                seller=Party(name=evil),
                order_ref=evil,
                lines=(
                    Line(
                        id=evil,
                        name=evil,
                        unit=evil,
                        quantity=Decimal(1),
                        attributes=((evil, evil),),
                    ),
                ),
                preceding_invoices=(PrecedingInvoice(number=evil),),
            ),
            report=Report(
                verdict=Verdict.ACCEPTED,
                findings=(Finding(id=Own.NUMBER, severity=Severity.WARNING, text_de=evil),),
            ),
        )
    )

    assert view.xpath("//script") == []
    assert row(view, "bt-1") == "<script>alert(1)</script>{{ 7*7 }}�gnp.exe��"
    assert not re.search("[\u202e\u200b\x00]", html.tostring(view, encoding="unicode"))


def test_marks_piled_on_a_letter_stay_in_their_line() -> None:
    view = tree(invoice_html(invoice(order_ref="A" + "\u0301" * 50 + "B"), report=None))

    assert row(view, "bt-13") == "A\u0301\u0301\u0301B"


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_attack_on_an_invoice_that_can_be_read_is_shown_harmless(
    language: str, shared_dir: Path
) -> None:
    shown = 0
    for path in sorted((shared_dir / "attack-corpus" / "xml").glob("*.xml")):
        try:
            read = read_invoice(path.read_bytes())
        except LaufzettelError:
            continue
        view = tree(invoice_html(read, report=None, language=language))
        assert view.xpath("//script | //img | //iframe | //style | //@style") == [], path.name
        shown += 1
    assert shown >= 8


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_official_sample_is_shown_without_an_id_twice(
    language: str, shared_dir: Path
) -> None:
    paths = sorted((shared_dir / "data" / "xrechnung-testsuite").rglob("*.xml"))
    for path in paths:
        view = tree(
            invoice_html(read_invoice(path.read_bytes()), report=ACCEPTED, language=language)
        )
        ids = view.xpath("//*/@id")
        assert len(ids) == len(set(ids)), path.name
        assert "None" not in view.text_content(), path.name
    assert len(paths) >= 50


def test_english_labels_surround_the_same_values(samples: dict[str, Path]) -> None:
    read = read_invoice(samples["gut.xml"].read_bytes())

    view = tree(invoice_html(read, report=ACCEPTED, language="en"))

    assert view.get("lang") == "en"
    assert text_of(view.xpath("//*[@id='bt-9']")[0]) == "Due date BT-9 2 Dec 2026"
    assert row(view, "bt-115") == "18,432.60 €"


def test_the_headings_begin_below_that_of_a_page(good: html.HtmlElement) -> None:
    assert [each.tag for each in good.xpath("//h1 | //h2")] == ["h2"]
    assert text_of(good.xpath("//h2")[0]) == "Rechnung TB-2026-1187"


def test_every_region_that_scrolls_can_be_reached_and_has_a_name(good: html.HtmlElement) -> None:
    regions = good.xpath("//*[@role='region']")

    assert [each.get("tabindex") for each in regions] == ["0"] * 4
    for each in regions:
        assert good.xpath(f"//*[@id='{each.get('aria-labelledby')}']")


def test_there_are_no_styles_in_the_page_and_every_class_is_ours(good: html.HtmlElement) -> None:
    classes = {name for value in good.xpath("//@class") for name in value.split()}

    assert good.xpath("//@style") == []
    assert {name for name in classes if not name.startswith("inv-")} == set()


def test_the_style_sheet_takes_every_colour_from_kern_with_one_to_fall_back_on() -> None:
    colours = re.findall(r"(?:color|background|border[a-z-]*|outline): ([^;]+);", invoice_css())
    named = [value for value in colours if not re.fullmatch(r"[\d.]*(?:em|px|0)?|collapse", value)]

    assert named
    for value in named:
        assert re.search(r"var\(--kern-color-[a-z0-9-]+, [a-z]+\)", value), value
    assert "#" not in re.sub(r"/\*.*?\*/", "", invoice_css(), flags=re.DOTALL)
