"""Accounts and tax numbers: form and check digits (python-stdnum), never whether they exist.

No list of banks: it ages within months, and a bank that it does not know is no fault of the
invoice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stdnum import bic as bics
from stdnum import iban as ibans
from stdnum.de import stnr
from stdnum.eu import vat

from laufzettel.einvoice.checks.said import short, warning
from laufzettel.einvoice.invoice import Account, Invoice
from laufzettel.einvoice.report import Finding, Own
from laufzettel.einvoice.view.texts import grouped

_BY_PHONE: Final = (
    "Bitte die Bankverbindung mit den Stammdaten vergleichen oder auf einem bekannten Weg "
    "erfragen, nie über die Angaben der Rechnung."
)
_NUMBERS: Final = (
    "Bitte mit den Stammdaten vergleichen; eine falsche Nummer gefährdet den Vorsteuerabzug."
)
#: BT-81 whose account must be an IBAN: SEPA (UNTDID 4461).
_SEPA: Final = frozenset({"58", "59"})
#: Greece writes EL, and Northern Ireland XI.
_VAT_COUNTRIES: Final = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "EL",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "XI",
    ]
)


def check(invoice: Invoice) -> Iterator[Finding]:
    """Return accounts and tax numbers that cannot be right."""
    seen: set[str] = set()
    for means in invoice.payment_means:
        account = means.account
        if account is not None and account.iban not in seen:
            seen.add(account.iban)
            yield from _account(account, must_be_iban=means.code in _SEPA)
    debit = invoice.direct_debit
    if debit is not None and debit.debited_account:
        account = Account(iban=debit.debited_account)
        yield from _iban(account, "BT-91", must_be_iban=False)
    yield from _vat_ids(invoice)
    yield from _tax_number(invoice)


def _account(account: Account, *, must_be_iban: bool) -> Iterator[Finding]:
    yield from _iban(account, "BT-84", must_be_iban=must_be_iban)
    if not account.bic:
        return
    country = account.iban[:2].upper()
    if not bics.is_valid(account.bic):
        yield warning(
            Own.BIC,
            f"„{short(account.bic)}“ ist kein BIC.",
            "Für eine Zahlung im SEPA-Raum genügt die IBAN; der BIC muss nicht stimmen.",
            "BT-86",
        )
    elif ibans.is_valid(account.iban) and account.bic[4:6].upper() != country:
        yield warning(
            Own.BIC,
            f"Der BIC {account.bic} gehört zu einer Bank in {account.bic[4:6].upper()}, das Konto "
            f"{grouped(account.iban)} liegt in {country}.",
            _BY_PHONE,
            "BT-86",
        )


def _iban(account: Account, term: str, *, must_be_iban: bool) -> Iterator[Finding]:
    looks_like_one = account.iban[:2].isalpha() and account.iban[2:4].isdigit()
    if not (looks_like_one or must_be_iban) or ibans.is_valid(account.iban):
        return
    what = "die Prüfziffern sind falsch" if looks_like_one else "die Form ist falsch"
    yield warning(
        Own.IBAN,
        f"„{grouped(short(account.iban))}“ ist keine richtige IBAN: {what}.",
        _BY_PHONE,
        term,
        twins=("BR-DE-19", "BR-DE-20"),
    )


def _vat_ids(invoice: Invoice) -> Iterator[Finding]:
    representative = invoice.tax_representative
    for number, term, who in (
        (invoice.seller.vat_id, "BT-31", "des Lieferanten"),
        (representative.vat_id if representative else "", "BT-63", "des Steuervertreters"),
        (invoice.buyer.vat_id, "BT-48", "des Rechnungsempfängers"),
    ):
        if number[:2].upper() in _VAT_COUNTRIES and not vat.is_valid(number):
            yield warning(
                Own.VAT_ID,
                f"Die Umsatzsteuer-ID „{short(number)}“ {who} ist nicht richtig (Form oder "
                "Prüfziffer).",
                _NUMBERS,
                term,
            )


def _tax_number(invoice: Invoice) -> Iterator[Finding]:
    number, address = invoice.seller.tax_number, invoice.seller.address
    digits = "".join(c for c in number if c.isdigit())
    if not digits or (address and address.country not in {"", "DE"}):
        return
    if number.strip(" 0123456789/-.") or not stnr.is_valid(digits):
        yield warning(
            Own.TAX_FORM,
            f"„{short(number)}“ hat nicht die Form einer deutschen Steuernummer (10 bis 13 Ziffern).",
            _NUMBERS,
            "BT-32",
        )
