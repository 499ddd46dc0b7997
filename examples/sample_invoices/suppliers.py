"""The invented suppliers of the town: no bank has their accounts, no firm their names."""

from __future__ import annotations

from typing import Final

from stdnum.iso7064 import mod_11_10, mod_97_10

from sample_invoices.model import Seller


def iban(account: int, country: str = "DE", bank: str = "00000000") -> str:
    """Return an IBAN of a bank that does not exist, with right check digits.

    >>> iban(1)
    'DE75000000000000000001'
    """
    number = f"{bank}{account:010d}"
    return f"{country}{mod_97_10.calc_check_digits(number + country)}{number}"


def _vat_id(number: int) -> str:
    return f"DE{number}{mod_11_10.calc_check_digit(str(number))}"


def _german(
    number: int,
    name: str,
    street: str,
    city: str,
    contact: str,
    domain: str,
    *,
    post_code: str = "59998",
) -> Seller:
    """Return a supplier whose numbers all follow from one."""
    return Seller(
        name=name,
        street=street,
        post_code=post_code,
        city=city,
        vat_id=_vat_id(20_000_000 + number),
        contact=contact,
        phone=f"02999 {4000 + number}",
        email=f"rechnung@{domain}.example",
        iban=iban(4_000_000_000 + number),
    )


ELECTRICIAN: Final = _german(
    1,
    "Elektro Piepenbrock GmbH",
    "Kabelweg 8",
    "Beispielhausen",
    "Anke Piepenbrock",
    "elektro-piepenbrock",
)
SEWERS: Final = _german(
    2,
    "Kanalbau Südermann GmbH & Co. KG",
    "Rohrstraße 15",
    "Beispielhausen",
    "Uwe Südermann",
    "kanalbau-suedermann",
)
PAINTER: Final = _german(
    3, "Malerbetrieb Öztürk", "Farbgasse 2", "Musterstadt", "Emre Öztürk", "maler-oeztuerk"
)
BOOKS: Final = _german(
    4,
    "Schulbuch Westfalen eG",
    "Lesering 30",
    "Probstadt",
    "Christa Vogelsang",
    "schulbuch-westfalen",
)
TELEPHONE: Final = _german(
    5,
    "Fernmeldehaus Lippe AG",
    "Telegrafenberg 1",
    "Neuwerft",
    "Geschäftskunden",
    "fernmeldehaus-lippe",
)
ROOFER: Final = _german(
    6,
    "Dachdeckerei Jürgens & Töchter GbR",
    "Firstweg 9",
    "Musterstadt",
    "Maike Jürgens",
    "dach-juergens",
)
ENGINEER: Final = _german(
    7,
    "Ingenieurbüro Hartmann",
    "Planweg 4",
    "Probstadt",
    "Dr. Inge Hartmann",
    "ib-hartmann",
)
HOME: Final = _german(
    8,
    "Jugendhilfe Haus Sonnenhang gGmbH",
    "Am Sonnenhang 12",
    "Probstadt",
    "Verwaltung",
    "haus-sonnenhang",
)
LOCKSMITH: Final = _german(
    9, "Schlüsseldienst Kowalski", "Torstraße 3", "Musterstadt", "Piotr Kowalski", "kowalski"
)
HOSTER: Final = _german(
    10, "Rechenwerk Hosting GmbH", "Serverallee 7", "Neuwerft", "Abrechnung", "rechenwerk"
)
CANTEEN: Final = _german(
    11,
    "Mensaküche Grünkohl GmbH",
    "Marktplatz 6",
    "Musterstadt",
    "Björn Grünkohl",
    "gruenkohl",
)
BRIDGES: Final = _german(
    12,
    "Ingenieurbau Weserbogen GmbH",
    "Brückenstraße 40",
    "Neuwerft",
    "Ralf Stegemann",
    "weserbogen",
)
GARDEN: Final = _german(
    13,
    "Arbeitsgemeinschaft Garten- und Landschaftsbau Überdenwiesen–Großenkneten Müller-Lüdenscheidt "
    "& Partner mbB",
    "Streuobstweg 101",
    "Überdenwiesen",
    "Wilhelmine Müller-Lüdenscheidt",
    "galabau-mueller",
)
LEASING: Final = _german(
    14, "Kopierland Leasing GmbH", "Tonergasse 5", "Neuwerft", "Team Kommunen", "kopierland"
)
HEATING: Final = _german(
    15, "Heizungsbau Brenner", "Kesselweg 1", "Musterstadt", "Olaf Brenner", "brenner-heizung"
)
GRAVEL: Final = _german(
    16, "Kieswerk Senne GmbH", "Sandgrube 2", "Beispielhausen", "Disposition", "kieswerk-senne"
)
PRINTER: Final = _german(
    17, "Druckerei Letternhaus", "Setzergasse 8", "Probstadt", "Nele Kamp", "letternhaus"
)
SPEAKER: Final = Seller(
    name="Jansen Lezingen B.V.",
    street="Voorbeeldgracht 14",
    post_code="1000 AA",
    city="Voorbeelddam",
    vat_id="NL100000009B01",
    contact="Pieter Jansen",
    phone="+31 20 0000001",
    email="administratie@jansen-lezingen.example",
    iban="NL74EXMP0123456789",
    country="NL",
)
CLOUD: Final = Seller(
    name="Shamrock Cloud Ltd",
    street="1 Example Quay",
    post_code="D00 X000",
    city="Dublin",
    vat_id="IE1000000H",
    contact="Billing",
    phone="+353 1 0000001",
    email="billing@shamrock-cloud.example",
    iban="IE74EXMP99000012345678",
    country="IE",
)
CHARTS: Final = Seller(
    name="Alpenkarten AG",
    street="Beispielgasse 3",
    post_code="3000",
    city="Bern",
    vat_id="CHE100000006MWST",
    contact="Urs Beispiel",
    phone="+41 31 000 00 01",
    email="rechnung@alpenkarten.example",
    iban=iban(56_789_012, "CH", "0000012"),
    country="CH",
)
