"""What an invoice says, before it has a syntax. Everybody in it is invented."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

#: BT-24 of XRechnung 3.0 and of plain EN 16931, which ZUGFeRD uses.
XRECHNUNG: Final = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
EN_16931: Final = "urn:cen.eu:en16931:2017"
#: BT-23, the same for all.
PROCESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
#: The Leitweg-ID of Musterstadt; no place has the key 05 999.
LEITWEG_ID: Final = "059990000000-21000-70"
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """An invented supplier."""

    name: str
    street: str
    post_code: str
    city: str
    vat_id: str
    contact: str
    phone: str
    email: str
    iban: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One position; the price is net, the rate in per cent."""

    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    rate: Decimal = Decimal(19)
    description: str = ""

    @property
    def net(self) -> Decimal:
        """Quantity times price, rounded to the cent."""
        return (self.quantity * self.price).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An invoice before it has a syntax."""

    number: str
    issued: date
    seller: Seller
    items: tuple[Item, ...]
    type_code: str = "380"
    buyer_reference: str = LEITWEG_ID
    order: str = ""
    contract: str = ""
    note: str = ""
    skonto: tuple[tuple[int, str], ...] = ()  # days and per cent
    days_to_pay: int = 30
    attachment: tuple[str, str] | None = None  # file name and CSV
    corrects: str = ""  # number of the invoice a credit note belongs to
    vat_error: Decimal = Decimal(0)  # added to the VAT total of a faulty invoice
    specification: str = XRECHNUNG

    @property
    def due(self) -> date:
        """The last day to pay without discount."""
        return self.issued + timedelta(days=self.days_to_pay)

    @property
    def terms(self) -> str:
        """BT-20: the Skonto lines as BR-DE-18 wants them, then a sentence for people."""
        lines = [f"#SKONTO#TAGE={days}#PROZENT={rate}#" for days, rate in self.skonto]
        return "\n".join([*lines, f"Zahlbar bis {self.due:%d.%m.%Y} ohne Abzug."])

    @property
    def groups(self) -> dict[Decimal, tuple[Decimal, Decimal]]:
        """Net and VAT by rate."""
        nets: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
        for item in self.items:
            nets[item.rate] += item.net
        return {
            rate: (net, (net * rate / 100).quantize(_CENT, ROUND_HALF_UP))
            for rate, net in sorted(nets.items())
        }

    @property
    def net(self) -> Decimal:
        """The sum without VAT."""
        return sum((item.net for item in self.items), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """The VAT, wrong by ``vat_error``."""
        return sum((tax for _, tax in self.groups.values()), Decimal(0)) + self.vat_error

    @property
    def gross(self) -> Decimal:
        """The amount due."""
        return self.net + self.vat
