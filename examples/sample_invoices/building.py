"""Works of the town: Skonto, instalments, large sums, a changed account, plans attached."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sample_invoices import samples, suppliers
from sample_invoices.model import Attached, Item, Sample, Seller
from sample_invoices.town_model import ONE_DAY, TownInvoice, item

WORKS: Final = "059990000000-60000-52"
#: Check digits that do not fit: remarked, never a reason to refuse.
WRONG_DIGITS: Final = "059990000000-60000-53"
#: The smallest PDF that every program opens: one empty page.
_PLAN: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n"
    b"0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n162\n%%EOF\n"
)


def building(today: date) -> tuple[TownInvoice, ...]:
    """Return the invoices to the Bauamt in the order in which they arrive."""
    return (*_contracts(today), *_jobs(today), *_everyday(today))


def _contracts(today: date) -> tuple[TownInvoice, ...]:
    """Return the larger works, with Skonto or in instalments."""
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
    )


def _jobs(today: date) -> tuple[TownInvoice, ...]:
    """Return what needs a second look: corrected, very large, another account, attachments."""
    return (
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
    )


def _everyday(today: date) -> tuple[TownInvoice, ...]:
    """Return what a Bauhof buys; the first with long names, the last one overdue."""
    return (
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
