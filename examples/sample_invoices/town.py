"""Some thirty invoices of Musterstadt, dated so that they always look alive.

``town_invoices(today)`` is a story of one week: Skonto that runs out, building works in
instalments, a second Rechnung for the same thing, a supplier who wants another account. All
that is late or early is so relative to ``today``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from sample_invoices import samples, suppliers
from sample_invoices.building import building
from sample_invoices.model import (
    EN_16931,
    Adjustment,
    Debit,
    Payee,
    Sample,
)
from sample_invoices.town_model import ONE_DAY, Form, TownInvoice, item

YOUTH_OFFICE: Final = "059990000000-51000-86"
SCHOOLS: Final = "059990000000-40000-09"
#: The official example of a creditor identifier.
CREDITOR_ID: Final = "DE98ZZZ09999999999"
#: From which the town lets others collect.
TOWN_ACCOUNT: Final = suppliers.iban(1_000_000_001)


def town_invoices(today: date) -> tuple[TownInvoice, ...]:
    """Return the invoices in the order in which they arrive."""
    return (
        *building(today),
        *_offices(today),
        *_abroad(today),
        *_schools_and_youth(today),
        *_twice(today),
        *_defective(today),
        *_unreadable(today),
    )


def _offices(today: date) -> tuple[TownInvoice, ...]:
    """What a town hall buys: telephone, keys, software, copies, a credit note."""
    return (
        TownInvoice(file_name="telefon_63_anschluesse.xml", sample=_telephone(today)),
        TownInvoice(
            file_name="schluessel_27.xml",
            sample=Sample(
                number="K-0027",
                issued=today - 8 * ONE_DAY,
                seller=suppliers.LOCKSMITH,
                days_to_pay=14,
                items=(item("Schlüssel nachgefertigt, Bürgerhaus", "22.69"),),
            ),
        ),
        TownInvoice(
            file_name="kopierer_abgetreten.xml",
            form=Form.CII,
            sample=Sample(
                number="KL-90112",
                issued=today - 3 * ONE_DAY,
                seller=suppliers.LEASING,
                payee=Payee(
                    name="Forderungshaus Factoring GmbH", iban=suppliers.iban(5_000_000_001)
                ),
                contract="LV-2024-08",
                items=(item("Leasing Kopiergeräte, 4. Quartal", "450.00", quantity="12"),),
                note="Die Forderung ist abgetreten. Zahlung nur an die Forderungshaus Factoring.",
            ),
        ),
        TownInvoice(
            file_name="gutschrift_gs0044.xml",
            sample=replace(
                samples.CREDIT,
                number="GS-26-0044",
                issued=today - 2 * ONE_DAY,
                corrects="RE-26-4711",
            ),
        ),
        TownInvoice(
            file_name="druck_ohne_faelligkeit.xml",
            sample=Sample(
                number="L-2026-0712",
                issued=today - 5 * ONE_DAY,
                seller=suppliers.PRINTER,
                days_to_pay=None,
                items=(
                    item("Wahlbenachrichtigungen gedruckt", "0.11", quantity="9400"),
                    item("Programmheft Kulturherbst", "1.90", quantity="600", rate=7),
                ),
            ),
        ),
        TownInvoice(
            file_name="fachverfahren_friedhof.pdf",
            form=Form.ZUGFERD,
            channel="mail",
            sample=replace(samples.LICENCE, number="NL-88391", issued=today - 3 * ONE_DAY),
        ),
    )


def _telephone(today: date) -> Sample:
    """Return a bill of 63 lines that is collected by direct debit: 4.386,17 EUR."""
    places = ("Rathaus", "Bauhof", "Grundschule Nord", "Stadtbücherei", "Feuerwache")
    prices = [Decimal(2995 + 731 * n % 6007) / 100 for n in range(62)]
    rest = Decimal("3685.86") - sum(prices, Decimal(0))
    return Sample(
        number="FL-2026-11-007733",
        issued=today - 4 * ONE_DAY,
        seller=suppliers.TELEPHONE,
        days_to_pay=11,
        debit=Debit(mandate="FL-M-4711", creditor_id=CREDITOR_ID, debited=TOWN_ACCOUNT),
        period=(today - 35 * ONE_DAY, today - 5 * ONE_DAY),
        items=tuple(
            item(f"Anschluss {n + 1:02d}, {places[n % 5]}", str(price), unit="MON")
            for n, price in enumerate([*prices, rest])
        ),
    )


def _abroad(today: date) -> tuple[TownInvoice, ...]:
    """Suppliers from abroad: the town owes the VAT, or the invoice is in another currency."""
    return (
        TownInvoice(
            file_name="vortrag_niederlande.xml",
            sample=Sample(
                number="2026-0388",
                issued=today - 3 * ONE_DAY,
                seller=suppliers.SPEAKER,
                items=(item("Vortrag Klimaanpassung", "1850.00", rate=0, category="AE"),),
            ),
        ),
        TownInvoice(
            file_name="cloud_irland.xml",
            form=Form.CII,
            channel="peppol",
            sample=Sample(
                number="SC-100233",
                issued=today - 10 * ONE_DAY,
                seller=suppliers.CLOUD,
                items=(item("Video conferencing, 60 seats", "1240.00", rate=0, category="AE"),),
            ),
        ),
        TownInvoice(
            file_name="buecher_niederlande.xml",
            sample=Sample(
                number="2026-0391",
                issued=today - 2 * ONE_DAY,
                seller=suppliers.SPEAKER,
                items=(item("Boek Stadsbomen", "24.50", quantity="20", rate=0, category="K"),),
            ),
        ),
        TownInvoice(
            file_name="karten_schweiz_chf.xml",
            sample=Sample(
                number="AK-5567",
                issued=today - 5 * ONE_DAY,
                seller=suppliers.CHARTS,
                currency="CHF",
                items=(item("Reliefkarten für die Schule", "310.00", rate=0, category="AE"),),
            ),
        ),
    )


def _schools_and_youth(today: date) -> tuple[TownInvoice, ...]:
    """School books, school meals, and what nobody else may read."""
    return (
        TownInvoice(
            file_name="schulbuch_westfalen.xml",
            sample=Sample(
                number="SW-26-11876",
                issued=today - 6 * ONE_DAY,
                seller=suppliers.BOOKS,
                buyer_reference=SCHOOLS,
                items=(item("Schulbücher Klassen 5 bis 7", "12037.38", rate=7, unit="LS"),),
            ),
        ),
        TownInvoice(
            file_name="mensa_november.xml",
            sample=Sample(
                number="MG-2026-11",
                issued=today - 9 * ONE_DAY,
                seller=suppliers.CANTEEN,
                buyer_reference=SCHOOLS,
                items=(
                    item("Mittagessen", "3.90", quantity="860", rate=7),
                    item("Getränke", "0.60", quantity="430"),
                    item("Leihgeschirr", "45.00"),
                ),
                adjustments=(
                    Adjustment(
                        is_charge=False,
                        amount=Decimal("67.08"),
                        reason="Nachlass laut Vertrag",
                        rate=Decimal(7),
                    ),
                    Adjustment(is_charge=True, amount=Decimal("25.00"), reason="Anlieferung"),
                ),
            ),
        ),
        TownInvoice(
            file_name="haus_sonnenhang_11.xml", sample=_placement(today, 11, "Lina Probst")
        ),
        TownInvoice(
            file_name="haus_sonnenhang_12.xml", sample=_placement(today, 12, "Jonas Beispiel")
        ),
    )


def _placement(today: date, number: int, child: str) -> Sample:
    return Sample(
        number=f"HS-2026-{number}",
        issued=today - 4 * ONE_DAY,
        seller=suppliers.HOME,
        buyer_reference=YOUTH_OFFICE,
        items=(
            item(
                "Heimunterbringung nach § 34 SGB VIII",
                "78.00",
                quantity=str(19 + number),
                unit="DAY",
                rate=0,
                category="E",
                description=f"{child}, Gruppe Regenbogen",
            ),
        ),
    )


def _twice(today: date) -> tuple[TownInvoice, ...]:
    """Doppelrechnungen: a PDF and then its XML, and a number that comes again."""
    hosting = Sample(
        number="RW-7741",
        issued=today - 6 * ONE_DAY,
        seller=suppliers.HOSTER,
        specification=EN_16931,
        items=(item("Webhosting Stadtportal", "129.00", quantity="6", unit="MON"),),
    )
    keys = Sample(
        number="K-0031",
        issued=today - 6 * ONE_DAY,
        seller=suppliers.LOCKSMITH,
        items=(item("Schließanlage Bürgerhaus gewartet", "236.00"),),
    )
    return (
        TownInvoice(
            file_name="hosting_rw7741.pdf", form=Form.ZUGFERD, channel="mail", sample=hosting
        ),
        TownInvoice(file_name="hosting_rw7741.xml", form=Form.CII, sample=hosting),
        TownInvoice(file_name="schluessel_k0031.xml", sample=keys),
        TownInvoice(
            file_name="schluessel_k0031_noch_einmal.xml",
            sample=replace(keys, note="Zweitschrift zu Ihrer Nachfrage"),
        ),
    )


def _defective(today: date) -> tuple[TownInvoice, ...]:
    """Invoices that go back to their suppliers, each for another reason."""
    plain = Sample(
        number="B-26-0901",
        issued=today - 2 * ONE_DAY,
        seller=samples.SMALL.seller,
        items=(item("Kopierpapier A4", "4.85", quantity="80", unit="XPK"),),
    )
    means = "cac:PaymentMeans"
    contact = "cac:AccountingSupplierParty/cac:Party/cac:Contact"
    due = ".//ram:DuePayableAmount"
    return (
        TownInvoice(
            file_name="mangel_ohne_leitweg.xml",
            sample=replace(plain, buyer_reference=""),
            breaks="BR-DE-15",
        ),
        TownInvoice(
            file_name="mangel_ohne_ansprechpartner.xml",
            sample=replace(plain, number="B-26-0902"),
            breaks="BR-DE-2",
            damage=(contact, None),
        ),
        TownInvoice(
            file_name="mangel_ohne_zahlungsweg.xml",
            sample=replace(plain, number="B-26-0903"),
            breaks="BR-DE-1",
            damage=(means, None),
        ),
        TownInvoice(
            file_name="mangel_zahlbetrag.xml",
            form=Form.CII,
            sample=replace(plain, number="B-26-0904"),
            breaks="BR-CO-16",
            damage=(due, "416.72"),
        ),
        TownInvoice(
            file_name="mangel_skonto.xml",
            sample=replace(plain, number="B-26-0905"),
            breaks="BR-DE-18",
            damage=("cac:PaymentTerms/cbc:Note", "#SKONTO#TAGE=14#PROZENT=3#\nZahlbar sofort."),
        ),
    )


def _unreadable(today: date) -> tuple[TownInvoice, ...]:
    """A PDF for people only: nobody can check it, so it stops."""
    sample = Sample(
        number="2026-77",
        issued=today - 1 * ONE_DAY,
        seller=suppliers.PAINTER,
        items=(item("Fensterrahmen Stadtbücherei gestrichen", "640.00"),),
    )
    return (
        TownInvoice(file_name="maler_nur_pdf.pdf", form=Form.PAGE, channel="mail", sample=sample),
    )
