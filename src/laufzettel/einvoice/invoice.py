"""The canonical invoice: one shape for UBL, CII and ZUGFeRD.

Every field names the business term (BT) or group (BG) of EN 16931-1 it stands for. A text
that the file does not carry is ``""``, a number or date that it does not carry is None: an
invoice that breaks a rule can still be shown. What an accepted invoice always carries is
guaranteed by the official rules, not by these classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from laufzettel.einvoice.payment_terms import NO_TERMS, PaymentTerms
from laufzettel.money import Money

#: Values of BT-3 by which the seller owes the buyer: all that BR-CL-01 (CEN 1.3.16) lists for a
#: credit note (UNTDID 1001). What is missing here would be paid out.
CREDIT_NOTE_TYPES: Final = frozenset(
    ("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A number and the scheme that gives it its meaning."""

    value: str
    scheme: str = ""  # ISO 6523, EAS or UNTDID code; "" where none is given


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address: BG-5 seller, BG-8 buyer, BG-12 tax representative, BG-15 deliver to."""

    line_1: str = ""  # BT-35 · BT-50 · BT-64 · BT-75
    line_2: str = ""  # BT-36 · BT-51 · BT-65 · BT-76
    line_3: str = ""  # BT-162 · BT-163 · BT-164 · BT-165
    city: str = ""  # BT-37 · BT-52 · BT-66 · BT-77
    post_code: str = ""  # BT-38 · BT-53 · BT-67 · BT-78
    subdivision: str = ""  # BT-39 · BT-54 · BT-68 · BT-79
    country: str = ""  # BT-40 · BT-55 · BT-69 · BT-80, ISO 3166-1 alpha-2


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to call: BG-6 of the seller, BG-9 of the buyer."""

    name: str = ""  # BT-41 · BT-56
    phone: str = ""  # BT-42 · BT-57
    email: str = ""  # BT-43 · BT-58


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody of the invoice: BG-4 seller, BG-7 buyer, BG-10 payee, BG-11 tax representative."""

    name: str = ""  # BT-27 · BT-44 · BT-59 · BT-62
    trading_name: str = ""  # BT-28 · BT-45
    ids: tuple[Identifier, ...] = ()  # BT-29 · BT-46 · BT-60
    legal_id: Identifier | None = None  # BT-30 · BT-47 · BT-61
    vat_id: str = ""  # BT-31 · BT-48 · BT-63
    tax_number: str = ""  # BT-32
    legal_note: str = ""  # BT-33
    electronic_address: Identifier | None = None  # BT-34 · BT-49
    address: Address | None = None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A free text about the invoice, BG-1."""

    text: str  # BT-22
    subject: str = ""  # BT-21, UNTDID 4451


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when to when: BG-14 of the invoice, BG-26 of a line."""

    start: date | None = None  # BT-73 · BT-134
    end: date | None = None  # BT-74 · BT-135


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where and when it was delivered, BG-13."""

    name: str = ""  # BT-70
    location: Identifier | None = None  # BT-71
    date: date | None = None  # BT-72
    address: Address | None = None  # BG-15


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecedingInvoice:
    """An earlier invoice that this one corrects or settles, BG-3."""

    number: str  # BT-25
    issue_date: date | None = None  # BT-26


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account to pay to, BG-17."""

    iban: str  # BT-84 without blanks; another account number where it is no IBAN
    name: str = ""  # BT-85
    bic: str = ""  # BT-86


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMeans:
    """One way to pay, BG-16."""

    code: str  # BT-81, UNTDID 4461
    text: str = ""  # BT-82
    account: Account | None = None
    card_number: str = ""  # BT-87
    card_holder: str = ""  # BT-88


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectDebit:
    """The seller collects the money himself, BG-19."""

    mandate: str = ""  # BT-89
    creditor_id: str = ""  # BT-90
    debited_account: str = ""  # BT-91, IBAN of the buyer


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceCharge:
    """A deduction or a surcharge: BG-20, BG-21 of the invoice, BG-27, BG-28 of a line."""

    is_charge: bool
    amount: Decimal | None  # BT-92 · BT-99 · BT-136 · BT-141, never negative by itself
    base: Decimal | None = None  # BT-93 · BT-100 · BT-137 · BT-142
    percent: Decimal | None = None  # BT-94 · BT-101 · BT-138 · BT-143
    vat_category: str = ""  # BT-95 · BT-102
    vat_rate: Decimal | None = None  # BT-96 · BT-103
    reason: str = ""  # BT-97 · BT-104 · BT-139 · BT-144
    reason_code: str = ""  # BT-98 · BT-105 · BT-140 · BT-145


@dataclass(frozen=True, slots=True, kw_only=True)
class Vat:
    """One rate of the VAT breakdown, BG-23."""

    taxable: Decimal | None  # BT-116
    tax: Decimal | None  # BT-117
    category: str = ""  # BT-118, UNTDID 5305
    rate: Decimal | None = None  # BT-119
    exemption_reason: str = ""  # BT-120
    exemption_code: str = ""  # BT-121


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums of the invoice, BG-22."""

    lines: Decimal | None = None  # BT-106
    allowances: Decimal | None = None  # BT-107
    charges: Decimal | None = None  # BT-108
    net: Decimal | None = None  # BT-109
    vat: Decimal | None = None  # BT-110
    vat_in_tax_currency: Decimal | None = None  # BT-111
    gross: Decimal | None = None  # BT-112
    prepaid: Decimal | None = None  # BT-113
    rounding: Decimal | None = None  # BT-114
    payable: Decimal | None = None  # BT-115


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A supporting document, BG-24. Its bytes are kept apart (``attachments.contents``)."""

    reference: str  # BT-122
    description: str = ""  # BT-123
    url: str = ""  # BT-124; shown, never fetched
    name: str = ""  # file name of BT-125 as the sender wrote it; never used as a path
    mime: str = ""  # declared type of BT-125
    sniffed: str = ""  # type that the first bytes show, "" where they show none
    size: int = 0  # bytes; 0 without BT-125
    sha256: str = ""  # of the decoded bytes; "" without BT-125


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One position, BG-25."""

    id: str  # BT-126
    parent_id: str = ""  # line this one is part of (XRechnung extension BG-DEX-01)
    note: str = ""  # BT-127
    object_id: Identifier | None = None  # BT-128
    quantity: Decimal | None = None  # BT-129
    unit: str = ""  # BT-130, UN/ECE Recommendation 20
    net: Decimal | None = None  # BT-131
    order_line: str = ""  # BT-132
    accounting_ref: str = ""  # BT-133
    period: Period | None = None  # BG-26
    allowances_charges: tuple[AllowanceCharge, ...] = ()  # BG-27, BG-28
    net_price: Decimal | None = None  # BT-146
    price_discount: Decimal | None = None  # BT-147
    gross_price: Decimal | None = None  # BT-148
    base_quantity: Decimal | None = None  # BT-149
    base_unit: str = ""  # BT-150
    vat_category: str = ""  # BT-151
    vat_rate: Decimal | None = None  # BT-152
    name: str = ""  # BT-153
    description: str = ""  # BT-154
    seller_item_id: str = ""  # BT-155
    buyer_item_id: str = ""  # BT-156
    standard_item_id: Identifier | None = None  # BT-157
    classifications: tuple[Identifier, ...] = ()  # BT-158
    origin_country: str = ""  # BT-159
    attributes: tuple[tuple[str, str], ...] = ()  # BG-32: BT-160, BT-161


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice or credit note as EN 16931 understands it, whatever syntax it came in."""

    number: str  # BT-1
    issue_date: date | None  # BT-2
    type_code: str  # BT-3, UNTDID 1001: 380 invoice, 381 credit note, 384 corrected …
    currency: str  # BT-5, ISO 4217
    tax_currency: str = ""  # BT-6
    tax_point_date: date | None = None  # BT-7
    tax_point_code: str = ""  # BT-8 as UNTDID 2005: 3, 35, 432
    due_date: date | None = None  # BT-9
    buyer_reference: str = ""  # BT-10, in Germany the Leitweg-ID
    project_ref: str = ""  # BT-11
    contract_ref: str = ""  # BT-12
    order_ref: str = ""  # BT-13
    sales_order_ref: str = ""  # BT-14
    receiving_advice_ref: str = ""  # BT-15
    despatch_advice_ref: str = ""  # BT-16
    tender_ref: str = ""  # BT-17
    invoiced_object: Identifier | None = None  # BT-18
    accounting_ref: str = ""  # BT-19
    payment_terms: PaymentTerms = NO_TERMS  # BT-20
    notes: tuple[Note, ...] = ()  # BG-1
    process: str = ""  # BT-23
    specification: str = ""  # BT-24
    preceding_invoices: tuple[PrecedingInvoice, ...] = ()  # BG-3
    seller: Party = Party()  # BG-4
    buyer: Party = Party()  # BG-7
    payee: Party | None = None  # BG-10, where it is not the seller
    tax_representative: Party | None = None  # BG-11
    delivery: Delivery | None = None  # BG-13
    period: Period | None = None  # BG-14
    remittance_texts: tuple[str, ...] = ()  # BT-83, each once
    payment_means: tuple[PaymentMeans, ...] = ()  # BG-16, all of them
    direct_debit: DirectDebit | None = None  # BG-19
    allowances_charges: tuple[AllowanceCharge, ...] = ()  # BG-20, BG-21
    totals: Totals = Totals()  # BG-22
    vat_breakdown: tuple[Vat, ...] = ()  # BG-23
    attachments: tuple[Attachment, ...] = ()  # BG-24
    lines: tuple[Line, ...] = ()  # BG-25

    @property
    def is_credit_note(self) -> bool:
        """Whether the seller owes the buyer."""
        return self.type_code in CREDIT_NOTE_TYPES

    @property
    def ibans(self) -> tuple[str, ...]:
        """All accounts one could pay to, each once, in the order of the file."""
        accounts = (means.account for means in self.payment_means)
        return tuple(dict.fromkeys(account.iban for account in accounts if account))

    @property
    def payable(self) -> Money:
        """The amount due, BT-115. Raises ValueError where the file names none."""
        return self._money(self.totals.payable, "BT-115")

    @property
    def gross(self) -> Money:
        """The total with VAT, BT-112. Raises ValueError where the file names none."""
        return self._money(self.totals.gross, "BT-112")

    def _money(self, amount: Decimal | None, term: str) -> Money:
        if amount is None:
            raise ValueError(f"the invoice has no {term}")
        return Money(amount, self.currency)
