"""The head of an invoice as a value, and how one is made of an invoice that was read. Pure rules."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import orjson

from laufzettel.einvoice.invoice import CREDIT_NOTE_TYPES, Invoice, Line
from laufzettel.invoice_keys import name_key, number_of, plain
from laufzettel.records.remarks import CORRECTED_TYPES, INTERIM_TYPES

#: BT-3 (UNTDID 1001): invoices on account of an order.
INTERIM: Final = INTERIM_TYPES
#: The last invoice of an order after those on account.
FINAL: Final = frozenset({"877"})
#: An invoice that takes the place of another, or corrects it.
CORRECTED: Final = CORRECTED_TYPES
#: The seller owes the buyer.
CREDIT: Final = CREDIT_NOTE_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An earlier invoice that an invoice names (BG-3)."""

    number: str  # BT-25 as written
    issued_on: date | None = None  # BT-26

    @property
    def key(self) -> str:
        """The number without prefix, year and leading zeros."""
        return number_of(self.number).core


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is known of an invoice, ours or one of the old system."""

    id: str
    name: str  # of the seller, as written
    number: str  # as written
    vat_id: str = ""  # this and the next two as keys
    iban: str = ""
    name_key: str = ""
    gross: Decimal | None = None
    currency: str = "EUR"
    issued_on: date | None = None
    type_code: str = "380"
    order_ref: str = ""  # as a key
    period_start: date | None = None
    period_end: date | None = None
    content: str = ""  # digest of what is claimed; "" where only the head is known
    refers_to: tuple[Reference, ...] = ()  # the invoices it names

    @property
    def number_key(self) -> str:
        """The number without prefix, year and leading zeros."""
        return number_of(self.number).core


def row_of(read: Invoice) -> dict[str, Any]:
    """Return the columns of ``invoice_head`` for an invoice that was read."""
    ibans = read.ibans
    order = read.order_ref or read.contract_ref
    return {
        "vat_id": plain(read.seller.vat_id)[:40] or None,
        "iban": plain(ibans[0])[:40] if len(ibans) == 1 else None,
        "name_key": name_key(read.seller.name) or None,
        "number_key": number_of(read.number).core,
        "gross": read.totals.gross,
        "currency": read.currency[:3],
        "issued_on": read.issue_date,
        "type_code": read.type_code[:10],
        "order_ref": plain(order)[:100] or None,
        "period_start": read.period.start if read.period else None,
        "period_end": read.period.end if read.period else None,
        "content": content_of(read),
        "refers_to": [
            [one.number[:200], one.issue_date and one.issue_date.isoformat()]
            for one in read.preceding_invoices
            if plain(one.number)
        ]
        or None,
    }


def content_of(read: Invoice) -> str:
    """Return a digest of what the invoice claims: the same for a twin in another syntax.

    Left out is what says how the claim travels: the specification, the process, attachments.
    """
    facts = {
        "seller": plain(read.seller.vat_id) or name_key(read.seller.name),
        "number": plain(read.number),
        "issued": str(read.issue_date),
        "kind": read.type_code,
        "currency": read.currency,
        "sums": [
            _figure(read.totals.net),
            _figure(read.totals.gross),
            _figure(read.totals.payable),
        ],
        "accounts": sorted(plain(iban) for iban in read.ibans),
        "lines": [_line(line) for line in read.lines],
    }
    data = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _line(line: Line) -> list[str]:
    figures = (line.quantity, line.net, line.vat_rate)
    return [" ".join(line.name.split()), line.unit, *map(_figure, figures)]


def _figure(value: Decimal | None) -> str:
    """Return a figure without the zeros that one syntax writes and the other does not."""
    return "" if value is None else format(value.normalize(), "f")


def head_of_row(row: Mapping[str, Any]) -> Head:
    """Return the head of a row that holds the columns of its table and those of the invoice."""
    return Head(
        id=row["id"],
        name=row["seller_name"] or row["supplier_name"] or "",
        number=row["number"] or row["own_number"] or row["number_key"],
        vat_id=row["vat_id"] or "",
        iban=row["iban"] or "",
        name_key=row["name_key"] or "",
        gross=row["gross"],
        currency=row["currency"] or "EUR",
        issued_on=row["issued_on"],
        type_code=row["type_code"] or "380",
        order_ref=row["order_ref"] or "",
        period_start=row["period_start"],
        period_end=row["period_end"],
        content=row["content"] or "",
        refers_to=tuple(
            Reference(number=number, issued_on=on and date.fromisoformat(on))
            for number, on in row["refers_to"] or ()
        ),
    )
