"""What an invoice says where a rule is broken: its values by business term, a line each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from laufzettel.einvoice.invoice import Address, AllowanceCharge, Contact, Invoice, Line, Party, Vat
from laufzettel.einvoice.layers import layer_of
from laufzettel.einvoice.report import Finding
from laufzettel.einvoice.view.page import place_of
from laufzettel.einvoice.view.words import Words

_TERM: Final = re.compile(r"\bBT-[0-9]+\b")
#: So many terms of a rule are looked up, so many values of one of them are shown.
_TERMS_MAX: Final = 8
_VALUES_MAX: Final = 5
_WORDS: Final = Words("de")

_Of = Callable[[Any], Any]


def _contact(contact: Contact | None, name: str) -> str:
    return getattr(contact, name) if contact else ""


def _party(party: Party | None, name: str) -> str:
    return getattr(party, name) if party else ""


_INVOICE: Final[dict[str, _Of]] = {
    "BT-1": lambda i: i.number,
    "BT-2": lambda i: i.issue_date,
    "BT-3": lambda i: i.type_code,
    "BT-5": lambda i: i.currency,
    "BT-6": lambda i: i.tax_currency,
    "BT-7": lambda i: i.tax_point_date,
    "BT-8": lambda i: i.tax_point_code,
    "BT-9": lambda i: i.due_date,
    "BT-10": lambda i: i.buyer_reference,
    "BT-11": lambda i: i.project_ref,
    "BT-12": lambda i: i.contract_ref,
    "BT-13": lambda i: i.order_ref,
    "BT-17": lambda i: i.tender_ref,
    "BT-19": lambda i: i.accounting_ref,
    "BT-20": lambda i: i.payment_terms.text,
    "BT-22": lambda i: [note.text for note in i.notes],
    "BT-23": lambda i: i.process,
    "BT-24": lambda i: i.specification,
    "BT-25": lambda i: [earlier.number for earlier in i.preceding_invoices],
    "BT-27": lambda i: i.seller.name,
    "BT-28": lambda i: i.seller.trading_name,
    "BT-29": lambda i: [one.value for one in i.seller.ids],
    "BT-30": lambda i: i.seller.legal_id and i.seller.legal_id.value,
    "BT-31": lambda i: i.seller.vat_id,
    "BT-32": lambda i: i.seller.tax_number,
    "BT-34": lambda i: i.seller.electronic_address and i.seller.electronic_address.value,
    "BT-41": lambda i: _contact(i.seller.contact, "name"),
    "BT-42": lambda i: _contact(i.seller.contact, "phone"),
    "BT-43": lambda i: _contact(i.seller.contact, "email"),
    "BT-44": lambda i: i.buyer.name,
    "BT-46": lambda i: [one.value for one in i.buyer.ids],
    "BT-48": lambda i: i.buyer.vat_id,
    "BT-49": lambda i: i.buyer.electronic_address and i.buyer.electronic_address.value,
    "BT-59": lambda i: _party(i.payee, "name"),
    "BT-62": lambda i: _party(i.tax_representative, "name"),
    "BT-63": lambda i: _party(i.tax_representative, "vat_id"),
    "BT-72": lambda i: i.delivery and i.delivery.date,
    "BT-73": lambda i: i.period and i.period.start,
    "BT-74": lambda i: i.period and i.period.end,
    "BT-81": lambda i: [means.code for means in i.payment_means],
    "BT-83": lambda i: list(i.remittance_texts),
    "BT-84": lambda i: list(i.ibans),
    "BT-86": lambda i: [m.account.bic for m in i.payment_means if m.account],
    "BT-89": lambda i: i.direct_debit and i.direct_debit.mandate,
    "BT-90": lambda i: i.direct_debit and i.direct_debit.creditor_id,
    "BT-91": lambda i: i.direct_debit and i.direct_debit.debited_account,
    "BT-106": lambda i: i.totals.lines,
    "BT-107": lambda i: i.totals.allowances,
    "BT-108": lambda i: i.totals.charges,
    "BT-109": lambda i: i.totals.net,
    "BT-110": lambda i: i.totals.vat,
    "BT-111": lambda i: i.totals.vat_in_tax_currency,
    "BT-112": lambda i: i.totals.gross,
    "BT-113": lambda i: i.totals.prepaid,
    "BT-114": lambda i: i.totals.rounding,
    "BT-115": lambda i: i.totals.payable,
    "BT-122": lambda i: [file.reference for file in i.attachments],
    "BT-125": lambda i: [file.name for file in i.attachments],
}
#: The terms of the four addresses, in the order of ``_ADDRESS``.
_ADDRESSES: Final[dict[int, Callable[[Invoice], Address | None]]] = {
    35: lambda i: i.seller.address,
    50: lambda i: i.buyer.address,
    64: lambda i: i.tax_representative.address if i.tax_representative else None,
    75: lambda i: i.delivery.address if i.delivery else None,
}
_ADDRESS: Final = ("line_1", "line_2", "city", "post_code", "subdivision", "country")


def _in_address(of: Callable[[Invoice], Address | None], name: str) -> _Of:
    def read(invoice: Invoice) -> str:
        address = of(invoice)
        return getattr(address, name) if address else ""

    return read


_INVOICE.update(
    {
        f"BT-{first + n}": _in_address(of, name)
        for first, of in _ADDRESSES.items()
        for n, name in enumerate(_ADDRESS)
    }
)
_LINE: Final[dict[str, _Of]] = {
    "BT-126": lambda line: line.id,
    "BT-127": lambda line: line.note,
    "BT-129": lambda line: line.quantity,
    "BT-130": lambda line: line.unit,
    "BT-131": lambda line: line.net,
    "BT-132": lambda line: line.order_line,
    "BT-134": lambda line: line.period and line.period.start,
    "BT-135": lambda line: line.period and line.period.end,
    "BT-136": lambda line: [e.amount for e in line.allowances_charges if not e.is_charge],
    "BT-141": lambda line: [e.amount for e in line.allowances_charges if e.is_charge],
    "BT-146": lambda line: line.net_price,
    "BT-147": lambda line: line.price_discount,
    "BT-148": lambda line: line.gross_price,
    "BT-149": lambda line: line.base_quantity,
    "BT-151": lambda line: line.vat_category,
    "BT-152": lambda line: line.vat_rate,
    "BT-153": lambda line: line.name,
    "BT-154": lambda line: line.description,
}
_VAT: Final[dict[str, Callable[[Vat], Any]]] = {
    "BT-116": lambda vat: vat.taxable,
    "BT-117": lambda vat: vat.tax,
    "BT-118": lambda vat: vat.category,
    "BT-119": lambda vat: vat.rate,
    "BT-120": lambda vat: vat.exemption_reason,
    "BT-121": lambda vat: vat.exemption_code,
}
_EXTRAS: Final = {
    "BT-92": (False, "amount"),
    "BT-93": (False, "base"),
    "BT-94": (False, "percent"),
    "BT-95": (False, "vat_category"),
    "BT-96": (False, "vat_rate"),
    "BT-97": (False, "reason"),
    "BT-99": (True, "amount"),
    "BT-100": (True, "base"),
    "BT-101": (True, "percent"),
    "BT-102": (True, "vat_category"),
    "BT-103": (True, "vat_rate"),
    "BT-104": (True, "reason"),
}
_RATES: Final = frozenset({"BT-94", "BT-96", "BT-101", "BT-103", "BT-119", "BT-152"})
_PLAIN: Final = frozenset({"BT-129", "BT-146", "BT-147", "BT-148", "BT-149"})


def quote(finding: Finding, invoice: Invoice) -> Finding:
    """Return the finding with what the invoice says in the fields that the rule speaks of.

    Our own findings carry their values in their sentence already.
    """
    if not (layer_of(finding.id).is_official and finding.original):
        return finding
    return replace(
        finding, values=(*_position(finding, invoice), *_said(finding, invoice), *finding.values)
    )


def _position(finding: Finding, invoice: Invoice) -> Iterator[str]:
    if line := _line(finding, invoice):
        yield f"Position {line.id}: {line.name or 'ohne Namen'}"


def _said(finding: Finding, invoice: Invoice) -> Iterator[str]:
    terms = dict.fromkeys([finding.term, *_TERM.findall(finding.original)])
    known = [term for term in terms if term in _INVOICE | _LINE | _VAT | _EXTRAS]
    for term in known[:_TERMS_MAX]:
        values = [value for value in _values(term, finding, invoice) if value not in {None, ""}]
        shown = "; ".join(_text(term, value, invoice) for value in values[:_VALUES_MAX])
        more = f" und {len(values) - _VALUES_MAX} weitere" if len(values) > _VALUES_MAX else ""
        yield f"{_label(term)}: {shown or 'nicht angegeben'}{more}"


def _label(term: str) -> str:
    return f"{_WORDS.known_term(term)} ({term})".strip()


def _values(term: str, finding: Finding, invoice: Invoice) -> Iterable[Any]:
    if term in _INVOICE:
        value = _INVOICE[term](invoice)
        return value if isinstance(value, list) else [value]
    if term in _EXTRAS:
        is_charge, name = _EXTRAS[term]
        extras: Iterable[AllowanceCharge] = invoice.allowances_charges
        return [getattr(extra, name) for extra in extras if extra.is_charge is is_charge]
    if term in _VAT:
        return [_VAT[term](vat) for vat in invoice.vat_breakdown]
    line = _line(finding, invoice)
    lines = [line] if line else invoice.lines
    found = [_LINE[term](one) for one in lines]
    return [each for one in found for each in (one if isinstance(one, list) else [one])]


def _line(finding: Finding, invoice: Invoice) -> Line | None:
    """Return the position that a finding is in; None where it is about the whole invoice."""
    if "Line" not in finding.location:
        return None
    place = place_of(finding, invoice)
    return invoice.lines[place - 1] if place and place <= len(invoice.lines) else None


def _text(term: str, value: Any, invoice: Invoice) -> str:
    if isinstance(value, date):
        return _WORDS.day(value)
    if not isinstance(value, Decimal):
        return str(value)[:200]
    if term in _RATES:
        return _WORDS.percent(value)
    return _WORDS.number(value) if term in _PLAIN else _WORDS.money(value, invoice.currency)
