"""Which business term stands for what, where one shape serves several groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyTerms:
    """The terms of one party; ``""`` for what the standard does not have there."""

    name: str
    address: str  # the group
    address_parts: tuple[str, ...] = ()
    trading_name: str = ""
    ids: str = ""
    legal_id: str = ""
    vat_id: str = ""
    tax_number: str = ""
    legal_note: str = ""
    electronic_address: str = ""
    contact: str = ""
    contact_group: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraTerms:
    """The terms of an allowance or a charge on the whole invoice."""

    group: str
    amount: str
    base: str
    percent: str
    vat_category: str
    vat_rate: str
    reason: str
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All of them, as the templates see them."""

    seller: PartyTerms
    buyer: PartyTerms
    payee: PartyTerms
    representative: PartyTerms
    allowance: ExtraTerms
    charge: ExtraTerms


TERMS: Final = Terms(
    seller=PartyTerms(
        name="BT-27",
        trading_name="BT-28",
        ids="BT-29",
        legal_id="BT-30",
        vat_id="BT-31",
        tax_number="BT-32",
        legal_note="BT-33",
        electronic_address="BT-34",
        address="BG-5",
        address_parts=("BT-35", "BT-36", "BT-162", "BT-37", "BT-38", "BT-39", "BT-40"),
        contact="BT-41",
        contact_group="BG-6",
        phone="BT-42",
        email="BT-43",
    ),
    buyer=PartyTerms(
        name="BT-44",
        trading_name="BT-45",
        ids="BT-46",
        legal_id="BT-47",
        vat_id="BT-48",
        electronic_address="BT-49",
        address="BG-8",
        address_parts=("BT-50", "BT-51", "BT-163", "BT-52", "BT-53", "BT-54", "BT-55"),
        contact="BT-56",
        contact_group="BG-9",
        phone="BT-57",
        email="BT-58",
    ),
    payee=PartyTerms(name="BT-59", ids="BT-60", legal_id="BT-61", address=""),
    representative=PartyTerms(
        name="BT-62",
        vat_id="BT-63",
        address="BG-12",
        address_parts=("BT-64", "BT-65", "BT-164", "BT-66", "BT-67", "BT-68", "BT-69"),
    ),
    allowance=ExtraTerms(
        group="BG-20",
        amount="BT-92",
        base="BT-93",
        percent="BT-94",
        vat_category="BT-95",
        vat_rate="BT-96",
        reason="BT-97",
        reason_code="BT-98",
    ),
    charge=ExtraTerms(
        group="BG-21",
        amount="BT-99",
        base="BT-100",
        percent="BT-101",
        vat_category="BT-102",
        vat_rate="BT-103",
        reason="BT-104",
        reason_code="BT-105",
    ),
)
