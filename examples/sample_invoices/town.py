"""Some thirty invoices of Musterstadt, dated so that they always look alive.

``town_invoices(today)`` is a story of one week: Skonto that runs out, building works in
instalments, a second Rechnung for the same thing, a supplier who wants another account. All
that is late or early is so relative to ``today``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sample_invoices import samples, suppliers
from sample_invoices.model import (
    EN_16931,
    Adjustment,
    Attached,
    Debit,
    Item,
    Payee,
    Sample,
    Seller,
)
from sample_invoices.town_model import ONE_DAY, Form, TownInvoice, item

YOUTH_OFFICE: Final = "059990000000-51000-86"
SCHOOLS: Final = "059990000000-40000-09"
WORKS: Final = "059990000000-60000-52"
#: Check digits that do not fit: remarked, never a reason to refuse.
WRONG_DIGITS: Final = "059990000000-60000-53"
#: The official example of a creditor identifier.
CREDITOR_ID: Final = "DE98ZZZ09999999999"
#: From which the town lets others collect.
TOWN_ACCOUNT: Final = suppliers.iban(1_000_000_001)
#: The smallest PDF that every program opens: one empty page.
_PLAN: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n"
    b"0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n162\n%%EOF\n"
)


def town_invoices(today: date) -> tuple[TownInvoice, ...]:
    """Return the invoices in the order in which they arrive."""
    return (
        *_building(today),
        *_offices(today),
        *_abroad(today),
        *_schools_and_youth(today),
        *_twice(today),
        *_defective(today),
        *_unreadable(today),
    )


def _building(today: date) -> tuple[TownInvoice, ...]:
    """Works: Skonto, instalments, large sums, a changed account, plans as attachment."""
    return (
        _works(
            "elektro_ep77815.xml",
            suppliers.ELECTRICIAN,
            "EP-77815",
            today - 4 * ONE_DAY,
            item("Erneuerung der Elektroinstallation, Feuerwache Nord", "20900.00"),
            skonto=((14, "3.00"),),
            order="4500013004",
        ),
        _works(
            "kanal_se204.xml",
            suppliers.SEWERS,
            "SE-204",
            today - 5 * ONE_DAY,
            item("Kanalreinigung Ortsteil Süd", "20.00", quantity="500", unit="MTR"),
            skonto=((14, "3.00"), (21, "2.00")),
        ),
        _works(
            "kanal_se205_abschlag.xml",
            suppliers.SEWERS,
            "SE-205-AZ2",
            today - 3 * ONE_DAY,
            item("Kanal Mittelstraße, 2. Abschlag nach Baufortschritt", "32000.00", unit="LS"),
            type_code="326",
            contract="V-2026-017",
            days_to_pay=21,
        ),
        _works(
            "kanal_se190_schluss.xml",
            suppliers.SEWERS,
            "SE-190-SR",
            today - 2 * ONE_DAY,
            item("Kanal Mittelstraße, Schlussrechnung", "131360.00", unit="LS"),
            type_code="877",
            contract="V-2026-011",
            prepaid=Decimal("121380.00"),
            note="Abschläge vom 14.07., 18.08. und 22.09. sind abgesetzt.",
        ),
        _works(
            "maler_m311.xml",
            suppliers.PAINTER,
            "M-311",
            today - 12 * ONE_DAY,
            item("Anstrich Flure Rathaus, 2. OG", "12.40", quantity="420", unit="MTK"),
            skonto=((14, "2.00"), (21, "1.00")),
        ),
        _works(
            "dach_2026_88_berichtigt.xml",
            suppliers.ROOFER,
            "2026/88-B",
            today - 2 * ONE_DAY,
            item("Sturmschaden Kita Rosenweg, Dach gesichert", "1480.00"),
            type_code="384",
            corrects="2026/88",
            note="Berichtigt die Rechnung 2026/88: Aufmaß 74 statt 84 m².",
        ),
        _works(
            "bruecke_wb_61200.xml",
            suppliers.BRIDGES,
            "WB-2026-031",
            today - 6 * ONE_DAY,
            item("Instandsetzung Fußgängerbrücke Mühlbach", "51428.57", unit="LS"),
            order="4500012990",
        ),
        _works(
            "tiefbau_tb1203_neues_konto.xml",
            replace(samples.GOOD.seller, iban=suppliers.iban(4_999_999_999)),
            "TB-2026-1203",
            today - 1 * ONE_DAY,
            item("Asphaltarbeiten Schulstraße, Nachtrag 2", "8294.45", unit="LS"),
            note="Bitte beachten Sie unsere neue Bankverbindung.",
        ),
        _works(
            "planung_ih_0415.xml",
            suppliers.ENGINEER,
            "IH-0415",
            today - 9 * ONE_DAY,
            item("Bauleitung Kanal Mittelstraße, Leistungsphase 8", "7000.00", unit="LS"),
            attachments=(
                Attached(
                    name="lageplan.pdf", mime="application/pdf", data=_PLAN, description="Lageplan"
                ),
                Attached(
                    name="stunden.csv",
                    mime="text/csv",
                    data=b"Tag;Stunden\n02.11.;6,50\n03.11.;7,25\n",
                    description="Stundennachweis",
                ),
            ),
        ),
        _works(
            "garten_müller_lüdenscheidt.xml",
            suppliers.GARDEN,
            "GaLaBau-Überdenwiesen/2026/0000000471",
            today - 7 * ONE_DAY,
            item(
                "Herbstpflege der Straßenbegleitgrünflächen einschließlich Laubentsorgung",
                "0.85",
                quantity="3600",
                unit="MTK",
                description="Größere Flächen an der Überdenwiesener Straße nur nach Absprache; "
                "Äste über 10 cm Stärke wurden gesondert abgefahren.",
            ),
            note="Sehr geehrte Damen und Herren, die Flächen 12 bis 17 konnten wegen der Sperrung "
            "der Überdenwiesener Straße erst in der letzten Woche gepflegt werden. Die Mehrkosten "
            "tragen wir. Für Rückfragen erreichen Sie uns werktags von 8 bis 16 Uhr.",
        ),
        _works(
            "kies_ks_5521.xml",
            suppliers.GRAVEL,
            "KS-5521",
            today - 20 * ONE_DAY,
            item("Frostschutzkies 0/32", "18.50", quantity="64", unit="TNE"),
            buyer_reference=WRONG_DIGITS,
        ),
        _works(
            "heizung_2026_143.xml",
            suppliers.HEATING,
            "2026-143",
            today - 33 * ONE_DAY,
            item("Störung Heizung Turnhalle, Notdienst", "412.00"),
        ),
    )


def _works(
    file_name: str, seller: Seller, number: str, issued: date, *items: Item, **more: Any
) -> TownInvoice:
    """Return an XRechnung to the Bauamt."""
    terms: dict[str, Any] = {"buyer_reference": WORKS, **more}
    sample = Sample(number=number, issued=issued, seller=seller, items=items, **terms)
    return TownInvoice(file_name=file_name, sample=sample)


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
