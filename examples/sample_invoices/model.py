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
#: The VAT id of Musterstadt, named where the town owes the tax itself.
BUYER_VAT_ID: Final = "DE999999920"
#: BT-120 and BT-121 of categories without VAT (BT-118, UNTDID 5305).
EXEMPTIONS: Final = {
    "AE": ("Steuerschuldnerschaft des Leistungsempfängers", "VATEX-EU-AE"),
    "K": ("Innergemeinschaftliche Lieferung", "VATEX-EU-IC"),
    "E": ("Steuerfrei nach § 4 Nr. 25 UStG", ""),
}
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
    country: str = "DE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One position; the price is net, the rate in per cent."""

    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    rate: Decimal = Decimal(19)
    description: str = ""
    category: str = ""  # BT-151; by default S, and Z for the rate 0

    @property
    def net(self) -> Decimal:
        """Quantity times price, rounded to the cent."""
        return (self.quantity * self.price).quantize(_CENT, ROUND_HALF_UP)

    @property
    def vat_key(self) -> tuple[str, Decimal]:
        """Category and rate, by which amounts are summed."""
        return self.category or ("S" if self.rate else "Z"), self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A deduction from the whole invoice, or a surcharge (BG-20, BG-21)."""

    is_charge: bool
    amount: Decimal
    reason: str
    rate: Decimal = Decimal(19)

    @property
    def signed(self) -> Decimal:
        """The amount as it changes the sum."""
        return self.amount if self.is_charge else -self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A supporting document inside the invoice, BG-24."""

    name: str
    mime: str
    data: bytes
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Who gets the money instead of the seller, BG-10."""

    name: str
    iban: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """The seller collects the money himself, BG-19."""

    mandate: str
    creditor_id: str
    debited: str  # IBAN of the town


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One rate of the VAT breakdown, BG-23."""

    category: str
    rate: Decimal
    net: Decimal
    tax: Decimal

    @property
    def exemption(self) -> tuple[str, str]:
        """Why there is no VAT, in words and as code."""
        return EXEMPTIONS.get(self.category, ("", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An invoice before it has a syntax."""

    number: str
    issued: date
    seller: Seller
    items: tuple[Item, ...]
    type_code: str = "380"
    currency: str = "EUR"
    buyer_reference: str = LEITWEG_ID
    order: str = ""
    contract: str = ""
    note: str = ""
    skonto: tuple[tuple[int, str], ...] = ()  # days and per cent
    days_to_pay: int | None = 30  # None: neither BT-9 nor a day in the terms
    attachments: tuple[Attached, ...] = ()
    corrects: str = ""  # number of the invoice that this one corrects or settles
    adjustments: tuple[Adjustment, ...] = ()
    prepaid: Decimal = Decimal(0)  # Abschläge paid already, BT-113
    payee: Payee | None = None
    debit: Debit | None = None
    period: tuple[date, date] | None = None  # BG-14
    vat_error: Decimal = Decimal(0)  # added to the VAT total of a faulty invoice
    specification: str = XRECHNUNG

    @property
    def due(self) -> date | None:
        """The last day to pay without discount."""
        return None if self.days_to_pay is None else self.issued + timedelta(days=self.days_to_pay)

    @property
    def terms(self) -> str:
        """BT-20: the Skonto lines as BR-DE-18 wants them, then a sentence for people."""
        lines = [f"#SKONTO#TAGE={days}#PROZENT={rate}#" for days, rate in self.skonto]
        if self.debit is not None:
            return "\n".join([*lines, "Der Betrag wird von Ihrem Konto abgebucht."])
        when = f"bis {self.due:%d.%m.%Y}" if self.due else "nach Erhalt der Rechnung"
        return "\n".join([*lines, f"Zahlbar {when} ohne Abzug."])

    @property
    def means(self) -> str:
        """BT-81: SEPA transfer, SEPA direct debit, or a transfer in another currency."""
        if self.debit is not None:
            return "59"
        return "58" if self.currency == "EUR" else "30"

    @property
    def iban(self) -> str:
        """The account to pay to."""
        return self.payee.iban if self.payee else self.seller.iban

    @property
    def buyer_vat_id(self) -> str:
        """The town's own VAT id, where it owes the tax or buys within the Union."""
        names_buyer = {group.category for group in self.groups} & {"AE", "K"}
        return BUYER_VAT_ID if names_buyer else ""

    @property
    def groups(self) -> tuple[Group, ...]:
        """Net and VAT by category and rate."""
        nets: defaultdict[tuple[str, Decimal], Decimal] = defaultdict(Decimal)
        for item in self.items:
            nets[item.vat_key] += item.net
        for one in self.adjustments:
            nets["S" if one.rate else "Z", one.rate] += one.signed
        return tuple(
            Group(
                category=category,
                rate=rate,
                net=net,
                tax=(net * rate / 100).quantize(_CENT, ROUND_HALF_UP),
            )
            for (category, rate), net in sorted(nets.items(), key=lambda entry: entry[0][::-1])
        )

    @property
    def lines(self) -> Decimal:
        """The sum of the positions, BT-106."""
        return sum((item.net for item in self.items), Decimal(0))

    def adjusted(self, *, charges: bool) -> Decimal:
        """Return the sum of the deductions or of the surcharges."""
        found = (one.amount for one in self.adjustments if one.is_charge is charges)
        return sum(found, Decimal(0))

    @property
    def net(self) -> Decimal:
        """The sum without VAT."""
        return self.lines + sum((one.signed for one in self.adjustments), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """The VAT, wrong by ``vat_error``."""
        return sum((group.tax for group in self.groups), Decimal(0)) + self.vat_error

    @property
    def gross(self) -> Decimal:
        """The sum with VAT."""
        return self.net + self.vat

    @property
    def payable(self) -> Decimal:
        """What is left to pay, BT-115."""
        return self.gross - self.prepaid
