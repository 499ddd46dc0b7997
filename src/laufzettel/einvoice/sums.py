"""The totals of an invoice and what each must add up from: for the checks and for the view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from laufzettel.einvoice.invoice import Invoice

_ZERO: Final = Decimal(0)
#: Third parties may be paid with the same invoice (BG-DEX-09): BT-115 is then another sum.
_EXTENSION: Final = "#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A total of the invoice and what it must add up from."""

    term: str
    twin: str  # the official rule about it
    given: Decimal | None
    parts: tuple[Decimal | None, ...]

    @property
    def computed(self) -> Decimal | None:
        """The sum of the parts; None where one is missing, or there are none to add up.

        Profiles below EN 16931 have sums alone.
        """
        known = [part for part in self.parts if part is not None]
        return sum(known, _ZERO) if known and len(known) == len(self.parts) else None


def sums(invoice: Invoice) -> Iterator[Sum]:
    """Return every total that follows from other numbers of the invoice (BR-CO-10 to 16)."""
    totals = invoice.totals
    lines = [line.net for line in invoice.lines if not line.parent_id]
    yield _sum("BT-106", "BR-CO-10", totals.lines, lines)
    allowances = [e.amount for e in invoice.allowances_charges if not e.is_charge]
    charges = [e.amount for e in invoice.allowances_charges if e.is_charge]
    if allowances or totals.allowances is not None:
        yield _sum("BT-107", "BR-CO-11", totals.allowances or _ZERO, allowances)
    if charges or totals.charges is not None:
        yield _sum("BT-108", "BR-CO-12", totals.charges or _ZERO, charges)
    net = [totals.lines, _minus(totals.allowances), totals.charges or _ZERO]
    yield _sum("BT-109", "BR-CO-13", totals.net, net)
    taxes = [vat.tax for vat in invoice.vat_breakdown]
    yield _sum("BT-110", "BR-CO-14", totals.vat or _ZERO, taxes)
    yield _sum("BT-112", "BR-CO-15", totals.gross, [totals.net, totals.vat or _ZERO])
    if not invoice.specification.endswith(_EXTENSION):
        due = [totals.gross, _minus(totals.prepaid), totals.rounding or _ZERO]
        yield _sum("BT-115", "BR-CO-16", totals.payable, due)


def _sum(term: str, twin: str, given: Decimal | None, parts: Sequence[Decimal | None]) -> Sum:
    return Sum(term=term, twin=twin, given=given, parts=tuple(parts))


def _minus(value: Decimal | None) -> Decimal:
    return _ZERO if value is None else -value
