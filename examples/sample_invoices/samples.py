"""The sample invoices themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from sample_invoices.model import EN_16931, Attached, Item, Sample, Seller

_BUILDER: Final = Seller(
    name="Tiefbau Bergmann & Söhne GmbH",
    street="Am Steinbruch 4",
    post_code="59998",
    city="Beispielhausen",
    vat_id="DE123456788",
    contact="Jutta Bergmann",
    phone="02999 45670",
    email="rechnung@tiefbau-bergmann.example",
    iban="DE89370400440532013000",
)
_STATIONER: Final = Seller(
    name="Bürobedarf Federkiel e. K.",
    street="Marktgasse 11",
    post_code="59999",
    city="Musterstadt",
    vat_id="DE234567894",
    contact="Paul Federkiel",
    phone="02998 1234",
    email="info@federkiel.example",
    iban="DE02120300000000202051",
)
_CLEANER: Final = Seller(
    name="Gebäudereinigung Blankenstein GmbH",
    street="Industriering 27",
    post_code="59997",
    city="Probstadt",
    vat_id="DE345678906",
    contact="Aylin Demir",
    phone="02997 880-12",
    email="buchhaltung@blankenstein.example",
    iban="DE02500105170137075030",
)
_SOFTWARE: Final = Seller(
    name="Nordlicht Software GmbH",
    street="Hafenkai 3",
    post_code="59996",
    city="Neuwerft",
    vat_id="DE456789019",
    contact="Support",
    phone="02996 7070",
    email="rechnungen@nordlicht.example",
    iban="DE02100500000054540402",
)

#: 18.432,60 EUR for a pavement, with two steps of Skonto and the measurements attached.
GOOD: Final = Sample(
    number="TB-2026-1187",
    issued=date(2026, 11, 2),
    seller=_BUILDER,
    order="4500012873",
    contract="RV-2025-066",
    note="Baumaßnahme Gehweg Schulstraße, 2. Bauabschnitt. Aufmaß siehe Anlage.",
    skonto=((14, "3.00"), (21, "1.50")),
    attachments=(
        Attached(
            name="aufmass_schulstrasse.csv",
            mime="text/csv",
            data="Position;Länge m;Breite m;Fläche m2\n1;125,00;2,50;312,50\n".encode(),
            description="Aufmaß",
        ),
    ),
    items=(
        Item(
            name="Baustelleneinrichtung",
            quantity=Decimal(1),
            unit="LS",
            price=Decimal("393.98"),
        ),
        Item(
            name="Erdarbeiten, Boden lösen und abfahren",
            quantity=Decimal(170),
            unit="MTQ",
            price=Decimal("25.00"),
        ),
        Item(
            name="Betonpflaster verlegen",
            quantity=Decimal("312.5"),
            unit="MTK",
            price=Decimal("28.40"),
            description="Rechteckpflaster 20/10/8, grau, einschließlich Bettung",
        ),
        Item(
            name="Bordsteine setzen",
            quantity=Decimal(118),
            unit="MTR",
            price=Decimal("16.70"),
        ),
    ),
)
#: 349,86 EUR for paper and binders.
SMALL: Final = Sample(
    number="RE-26-4711",
    issued=date(2026, 11, 9),
    seller=_STATIONER,
    order="Bestellung vom 04.11.2026",
    days_to_pay=14,
    items=(
        Item(name="Kopierpapier A4", quantity=Decimal(40), unit="XPK", price=Decimal("4.85")),
        Item(name="Ordner breit, grau", quantity=Decimal(50), unit="C62", price=Decimal("2.00")),
    ),
)
#: Without Leitweg-ID, and with a VAT total that is 12,00 EUR too high.
FAULTY: Final = replace(
    SMALL,
    number="RE-26-4712",
    issued=date(2026, 11, 10),
    buyer_reference="",
    vat_error=Decimal("12.00"),
)
#: Accepted here, sent back later: the office does not know this cleaning.
RETURNED: Final = Sample(
    number="GR-2026-0457",
    issued=date(2026, 11, 5),
    seller=_CLEANER,
    note="Unterhaltsreinigung Oktober 2026, Turnhalle Am Anger",
    items=(
        Item(
            name="Unterhaltsreinigung",
            quantity=Decimal(1),
            unit="MON",
            price=Decimal("1000.00"),
        ),
    ),
)
#: 59,50 EUR back for 25 binders.
CREDIT: Final = Sample(
    number="GS-26-0031",
    issued=date(2026, 11, 16),
    seller=_STATIONER,
    type_code="381",
    corrects="RE-26-4711",
    days_to_pay=14,
    items=(
        Item(name="Ordner breit, grau", quantity=Decimal(25), unit="C62", price=Decimal("2.00")),
    ),
)
#: Goes out as PDF with the invoice inside.
LICENCE: Final = Sample(
    number="NL-88213",
    issued=date(2026, 11, 12),
    seller=_SOFTWARE,
    specification=EN_16931,
    contract="EVB-IT 2024-17",
    items=(
        Item(
            name="Pflege Fachverfahren Friedhof, 4. Quartal 2026",
            quantity=Decimal(3),
            unit="MON",
            price=Decimal("240.00"),
        ),
    ),
)
