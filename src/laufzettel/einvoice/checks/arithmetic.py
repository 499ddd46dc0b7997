"""The sums of an invoice computed again, with the numbers shown.

The official rules add up the totals (BR-CO-10 to BR-CO-17) but never multiply a position,
and they let the VAT of a rate be wrong by one euro (BR-CO-17). Where an official rule speaks
as well, its finding stands and gets our numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from laufzettel.einvoice.checks.said import money, number, warning
from laufzettel.einvoice.invoice import AllowanceCharge, Invoice, Line, Vat
from laufzettel.einvoice.report import Finding, Own
from laufzettel.einvoice.sums import sums
from laufzettel.money import CENT

_REMEDY: Final = (
    "Bitte beim Lieferanten klären, welche Zahl gilt; ist eine falsch, braucht es eine "
    "berichtigte Rechnung."
)
_ZERO: Final = Decimal(0)
#: More digits than the largest product of two readable numbers has.
_WIDE: Final = Context(prec=80)
#: So many positions are named one by one.
_LINES_MAX: Final = 20


def check(invoice: Invoice) -> Iterator[Finding]:
    """Return every sum that comes out otherwise than the invoice says."""
    parents = frozenset(line.parent_id for line in invoice.lines)
    wrong = [
        found
        for n, line in enumerate(invoice.lines, 1)
        for found in _line(invoice, line, n, is_parent=line.id in parents)
    ]
    yield from wrong[:_LINES_MAX]
    for extra in invoice.allowances_charges:
        yield from _extra(invoice, extra, "der Rechnung", "BT-99" if extra.is_charge else "BT-92")
    yield from _totals(invoice)
    for vat in invoice.vat_breakdown:
        yield from _vat(invoice, vat)


def _line(invoice: Invoice, line: Line, position: int, *, is_parent: bool) -> Iterator[Finding]:
    where = f"der Position {line.id or position}"
    for extra in line.allowances_charges:
        yield from _extra(invoice, extra, where, "BT-141" if extra.is_charge else "BT-136")
    # What its parts add up to is another sum (BR-DEX-02).
    expected = None if is_parent else _line_net(line)
    if expected is None or line.net is None or abs(expected - line.net) <= CENT:
        return
    shown = _multiplied(invoice, line)
    yield warning(
        Own.LINE_SUM,
        f"Der Nettobetrag {where} stimmt nicht: {shown} = {money(expected, invoice.currency)}, "
        f"angegeben sind {money(line.net, invoice.currency)}.",
        _REMEDY,
        "BT-131",
        location=_place(invoice, position),
        twins=("PEPPOL-EN16931-R120",),
    )


def _line_net(line: Line) -> Decimal | None:
    """Return quantity x price and what is added to it; None where it cannot be said."""
    if line.quantity is None or line.net_price is None:
        return None
    if line.base_unit and line.unit and line.base_unit != line.unit:
        return None  # a price per tonne for kilograms: only people know the factor
    per = line.base_quantity if line.base_quantity is not None else Decimal(1)
    if per == 0:
        return None
    return _cents(line.quantity * line.net_price / per) + _signed(line.allowances_charges)


def _multiplied(invoice: Invoice, line: Line) -> str:
    assert line.quantity is not None and line.net_price is not None  # noqa: S101
    price = f"{number(line.net_price)} {'€' if invoice.currency == 'EUR' else invoice.currency}"
    shown = f"{number(line.quantity)} × {price}"
    if line.base_quantity not in {None, Decimal(1)} and line.base_quantity is not None:
        shown += f" je {number(line.base_quantity)}"
    for extra in line.allowances_charges:
        sign = "+" if extra.is_charge else "-"
        shown += f" {sign} {money(extra.amount or _ZERO, invoice.currency)}"
    return shown


def _extra(invoice: Invoice, extra: AllowanceCharge, where: str, term: str) -> Iterator[Finding]:
    if extra.base is None or extra.percent is None or extra.amount is None:
        return
    expected = _cents(extra.base * extra.percent / 100)
    if abs(expected - extra.amount) > CENT:
        what = "Zuschlag" if extra.is_charge else "Nachlass"
        yield warning(
            Own.EXTRA_SUM,
            f"Ein {what} {where} stimmt nicht: {number(extra.percent)} % von "
            f"{money(extra.base, invoice.currency)} sind {money(expected, invoice.currency)}, "
            f"angegeben sind {money(extra.amount, invoice.currency)}.",
            _REMEDY,
            term,
        )


_NAMES: Final = {
    "BT-106": "Die Summe der Positionen",
    "BT-107": "Die Summe der Nachlässe",
    "BT-108": "Die Summe der Zuschläge",
    "BT-109": "Der Gesamtbetrag ohne Umsatzsteuer",
    "BT-110": "Der Gesamtbetrag der Umsatzsteuer",
    "BT-112": "Der Gesamtbetrag mit Umsatzsteuer",
    "BT-115": "Der Zahlbetrag",
}
#: So many parts of a sum are written out.
_PARTS_MAX: Final = 8


def _totals(invoice: Invoice) -> Iterator[Finding]:
    currency = invoice.currency
    for one in sums(invoice):
        if one.given is None or one.computed is None or one.computed == one.given:
            continue
        known = [part for part in one.parts if part is not None]
        yield warning(
            Own.TOTALS,
            f"{_NAMES[one.term]} stimmt nicht: {_equation(known, one.computed, currency)}, "
            f"angegeben sind {money(one.given, currency)}.",
            _REMEDY,
            one.term,
            twins=(one.twin,),
        )


def _equation(parts: list[Decimal], total: Decimal, currency: str) -> str:
    """Return a sum written out, the many parts of a long one counted; one part is its own sum.

    >>> _equation([Decimal("10"), Decimal("-2.50")], Decimal("7.5"), "EUR")
    '10,00 € - 2,50 € = 7,50 €'
    >>> _equation([Decimal("0"), Decimal("10")], Decimal("10"), "EUR")
    'richtig sind 10,00 €'
    """
    used = [part for part in parts if part]
    if len(used) < 2:
        return f"richtig sind {money(total, currency)}"
    if len(parts) > _PARTS_MAX:
        text = f"Summe aus {len(parts)} Beträgen"
    else:
        text = money(used[0], currency)
        for part in used[1:]:
            text += f" {'-' if part < 0 else '+'} {money(abs(part), currency)}"
    return f"{text} = {money(total, currency)}"


def _vat(invoice: Invoice, vat: Vat) -> Iterator[Finding]:
    if vat.taxable is None or vat.rate is None:
        return
    currency, rate = invoice.currency, number(vat.rate)
    parts = _of_rate(invoice, vat)
    # Rounding a tax for each position is usual, and off by half a cent for each of them.
    slack = CENT + Decimal("0.005") * len(parts)
    expected = _cents(vat.taxable * vat.rate / 100)
    if vat.tax is not None and abs(expected - vat.tax) > slack:
        yield warning(
            Own.VAT_SUM,
            f"Die Umsatzsteuer zum Satz {rate} % stimmt nicht: {rate} % von "
            f"{money(vat.taxable, currency)} sind {money(expected, currency)}, angegeben sind "
            f"{money(vat.tax, currency)}.",
            _REMEDY,
            "BT-117",
            twins=("BR-CO-17", f"BR-{vat.category}-09"),
        )
    base = sum(parts, _ZERO)
    if parts and abs(base - vat.taxable) > slack:
        yield warning(
            Own.VAT_BASE,
            f"Der Betrag, auf den {rate} % Umsatzsteuer berechnet sind, stimmt nicht: "
            f"{_equation(parts, base, currency)}, angegeben sind {money(vat.taxable, currency)}.",
            _REMEDY,
            "BT-116",
            twins=(f"BR-{vat.category}-08",),
        )


def _of_rate(invoice: Invoice, vat: Vat) -> list[Decimal]:
    """Return what the positions, deductions and surcharges of a rate add up from."""
    lines = [
        line.net
        for line in invoice.lines
        if not line.parent_id
        and (line.vat_category, line.vat_rate or _ZERO) == (vat.category, vat.rate)
    ]
    extras = [
        _signed([extra])
        for extra in invoice.allowances_charges
        if (extra.vat_category, extra.vat_rate or _ZERO) == (vat.category, vat.rate)
    ]
    return [part for part in (*lines, *extras) if part is not None]


def _signed(extras: Iterable[AllowanceCharge]) -> Decimal:
    parts = ((e.amount or _ZERO) * (1 if e.is_charge else -1) for e in extras)
    return sum(parts, _ZERO)


def _cents(value: Decimal) -> Decimal:
    """Return the value in whole cents, however large: two numbers of 15 digits may be multiplied.

    >>> _cents(Decimal("999999999999999.99") * Decimal("999999999999999.99")) > 10**29
    True
    """
    return value.quantize(CENT, rounding=ROUND_HALF_UP, context=_WIDE)


def _place(invoice: Invoice, position: int) -> str:
    """Return a place by which the view finds the position, in the words of CII."""
    return f"/IncludedSupplyChainTradeLineItem[{position}]"
