"""What an invoice claims of an order: as a value, as it is kept, and the others of the order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.einvoice.invoice import Invoice, Line
from laufzettel.invoice_keys import number_of, plain
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.invoice import Stage
from laufzettel.records.purchasing.orders import line_key
from laufzettel.records.purchasing.tables import invoice_claim
from laufzettel.records.tables import invoice

#: An invoice with more positions keeps the first ones; it is then matched by its amount.
LINES_MAX: Final = 5_000
#: No price for one unit; a tiny base quantity makes numbers that nobody can compare.
_PRICE_MAX: Final = Decimal(10) ** 15
#: Other invoices of an order that are looked at.
OTHERS_MAX: Final = 1_000
_NO_CLAIM: Final = (Stage.REJECTED, Stage.DUPLICATE, Stage.SET_ASIDE)
_ORDERED: Final = frozenset({Stage.ORDERED, Stage.ACCEPTED, Stage.PAID, Stage.ARCHIVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLine:
    """A position of an invoice, as far as it is compared."""

    id: str  # BT-126
    order_line: str = ""  # BT-132 as written
    items: tuple[str, ...] = ()  # keys of BT-155, BT-156
    quantity: Decimal | None = None  # BT-129
    unit: str = ""  # BT-130
    price: Decimal | None = None  # net, for one unit: BT-146 through BT-149

    @property
    def order_key(self) -> str:
        """The key of the order's position that it names."""
        return line_key(self.order_line) if self.order_line else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one invoice claims."""

    id: str
    type_code: str = "380"  # BT-3
    number_key: str = ""
    vat_id: str = ""  # of the seller, as a key
    name_key: str = ""
    gross: Decimal | None = None  # BT-112
    net: Decimal | None = None  # BT-109
    prepaid: Decimal | None = None  # BT-113
    currency: str = "EUR"
    refers_to: frozenset[str] = frozenset()  # number keys of BT-25
    lines: tuple[ClaimLine, ...] = ()
    deliveries: tuple[tuple[str, str], ...] = ()  # (key, as written) of BT-16, BT-15
    is_ordered: bool = False  # an Anordnung was issued for it
    is_hidden: bool = False  # the reader may not know its figures
    order_key: str = ""
    named: str = ""  # the order as the invoice writes it, "" where it names none
    contract: str = ""  # BT-12 as a key
    buyer_reference: str = ""
    unit: str = ""  # that it was given to; of an imported head the one that the file names
    is_ours: bool = True  # else only the head is known, from the old system


def row_of(read: Invoice, order_key: str) -> dict[str, Any]:
    """Return the columns of ``invoice_claim`` for an invoice that was read."""
    sent = (read.despatch_advice_ref, read.receiving_advice_ref)
    return {
        "order_key": order_key or plain(read.order_ref)[:100] or None,
        "named": read.order_ref[:200] or None,
        "contract": plain(read.contract_ref)[:100] or None,
        "net": read.totals.net,
        "prepaid": read.totals.prepaid,
        "deliveries": [one[:200] for one in sent if plain(one)],
        "lines": [_line_row(line) for line in read.lines[:LINES_MAX]],
    }


def _line_row(line: Line) -> list[Any]:
    items = {plain(one)[:100] for one in (line.seller_item_id, line.buyer_item_id)} - {""}
    figures = (line.quantity, _price(line))
    return [
        line.id[:50],
        line.order_line[:50],
        sorted(items),
        line.unit[:20],
        *(None if one is None else f"{one:f}"[:40] for one in figures),
    ]


def _price(line: Line) -> Decimal | None:
    if line.net_price is None or line.base_quantity in (None, Decimal(1)):
        return line.net_price
    if not line.base_quantity or abs(price := line.net_price / line.base_quantity) >= _PRICE_MAX:
        return None
    return price.quantize(Decimal("0.000001")).normalize()


# --- reading -----------------------------------------------------------------------------------

_i, _h, _c = invoice.c, invoice_head.c, invoice_claim.c
_TENANT: Final[sa.BindParameter[str]] = sa.bindparam("of_tenant")
_COLUMNS: Final = (
    *invoice_claim.c,
    *(_i[name] for name in ("gross", "currency", "type_code", "stage", "buyer_reference", "unit")),
    *(_h[name] for name in ("number_key", "vat_id", "name_key", "refers_to")),
)
_JOINED: Final = invoice_claim.join(
    invoice, sa.and_(_i.id == _c.id, _i.tenant == _c.tenant)
).outerjoin(invoice_head, sa.and_(_h.id == _c.id, _h.tenant == _c.tenant))
_MINE: Final = (
    sa.select(*_COLUMNS)
    .select_from(_JOINED)
    .where(_c.tenant == _TENANT, _c.id == sa.bindparam("of_invoice"))
)
_OTHERS: Final = (
    sa.select(*_COLUMNS)
    .select_from(_JOINED)
    .where(
        _c.tenant == _TENANT,
        _c.order_key == sa.bindparam("of_order"),
        _c.id != sa.bindparam("of_invoice"),
        _i.stage.not_in(_NO_CLAIM),
    )
    .order_by(_c.id)
    .limit(OTHERS_MAX)
)
_IMPORTED: Final = (
    sa.select(invoice_head)
    .where(
        _h.tenant == _TENANT, _h.order_ref == sa.bindparam("of_order"), _h.import_id.is_not(None)
    )
    .order_by(_h.id)
    .limit(OTHERS_MAX)
)


def find(connection: sa.Connection, tenant: str, invoice_id: str) -> Claim | None:
    """Return what the invoice claims, None where it was not read yet."""
    of = {"of_tenant": tenant, "of_invoice": invoice_id}
    row = connection.execute(_MINE, of).mappings().one_or_none()
    return None if row is None else of_row(dict(row))


def others(connection: sa.Connection, tenant: str, order_key: str, but: str) -> list[Claim]:
    """Return the other invoices of the order that stand, those of the old system too."""
    of = {"of_tenant": tenant, "of_order": order_key}
    own = connection.execute(_OTHERS, of | {"of_invoice": but}).mappings()
    old = connection.execute(_IMPORTED, of).mappings()
    return [*(of_row(dict(row)) for row in own), *(_imported(dict(row)) for row in old)]


def hidden(claims: Iterable[Claim], ids: Collection[str]) -> list[Claim]:
    """Return the claims, those with these ids marked as not the reader's to know."""
    return [replace(one, is_hidden=True) if one.id in ids else one for one in claims]


def of_row(row: Mapping[str, Any]) -> Claim:
    """Return the claim of a row with the columns of claim, invoice and head."""
    return Claim(
        id=row["id"],
        net=row["net"],
        prepaid=row["prepaid"],
        lines=tuple(_line(one) for one in row["lines"] or ()),
        deliveries=tuple((plain(one), one) for one in row["deliveries"] or ()),
        is_ordered=row["stage"] in _ORDERED,
        order_key=row["order_key"] or "",
        named=row["named"] or "",
        contract=row["contract"] or "",
        buyer_reference=row["buyer_reference"] or "",
        **_head(row),
    )


def _imported(row: Mapping[str, Any]) -> Claim:
    return Claim(id=row["id"], is_ordered=True, is_ours=False, **_head(row))


def _head(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "unit": row["unit"] or "",
        "type_code": row["type_code"] or "380",
        "number_key": row["number_key"] or "",
        "vat_id": row["vat_id"] or "",
        "name_key": row["name_key"] or "",
        "gross": row["gross"],
        "currency": row["currency"] or "EUR",
        "refers_to": frozenset(number_of(one[0]).core for one in row["refers_to"] or ()),
    }


def _line(kept: Sequence[Any]) -> ClaimLine:
    number, order_line, items, unit, quantity, price = kept
    return ClaimLine(
        id=number,
        order_line=order_line,
        items=tuple(items),
        unit=unit,
        quantity=None if quantity is None else Decimal(quantity),
        price=None if price is None else Decimal(price),
    )
