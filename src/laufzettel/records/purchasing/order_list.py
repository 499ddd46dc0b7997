"""Reading the order list: an order with its positions and deliveries, and where it is looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.errors import NotFoundError
from laufzettel.records.purchasing.tables import purchase_delivery, purchase_line, purchase_order


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseLine:
    """A position of an order."""

    key: str
    number: str
    name: str = ""
    item_key: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None  # net, for one unit
    net: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseDelivery:
    """What was delivered, of a position or (without one) of the order as a whole."""

    key: str
    number: str
    delivered_on: date
    line_key: str = ""
    quantity: Decimal | None = None
    net: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """An Auftrag of the Kommune."""

    key: str
    number: str
    supplier_name: str
    name_key: str
    currency: str = "EUR"
    vat_id: str = ""  # as a key
    gross: Decimal | None = None  # at least one of the two
    net: Decimal | None = None
    ordered_on: date | None = None
    unit: str = ""
    told: bool | None = None  # the supplier was given the number; None: as is usual
    is_open: bool = True
    changed_at: datetime | None = None
    lines: tuple[PurchaseLine, ...] = ()
    deliveries: tuple[PurchaseDelivery, ...] = ()


_o, _l, _d = purchase_order.c, purchase_line.c, purchase_delivery.c
_TENANT: Final[sa.BindParameter[str]] = sa.bindparam("of_tenant")
_KEY: Final[sa.BindParameter[str]] = sa.bindparam("of_key")
_ORDER: Final = sa.select(purchase_order).where(_o.tenant == _TENANT, _o.key == _KEY)
_LINES: Final = sa.select(purchase_line).where(_l.tenant == _TENANT, _l.order_key == _KEY)
_DELIVERIES: Final = (
    sa.select(purchase_delivery)
    .where(_d.tenant == _TENANT, _d.order_key == _KEY)
    .order_by(_d.delivered_on, _d.key, _d.line_key)
)
_ANY: Final = sa.select(sa.literal(1)).where(_o.tenant == _TENANT).limit(1)
_BY_CONTRACT: Final = (
    sa.select(_o.key).where(_o.tenant == _TENANT, _o.contract_key == _KEY).limit(2)
)
_BY_DELIVERY: Final = (
    sa.select(_d.order_key).where(_d.tenant == _TENANT, _d.key == _KEY).distinct().limit(2)
)
_OPEN: Final = {
    column.name: sa.select(_o.number, _o.told, _o.unit)
    .where(_o.tenant == _TENANT, column == _KEY, _o.is_open.is_(True))
    .order_by(_o.key)
    .limit(20)
    for column in (_o.vat_id, _o.name_key)
}


def is_kept(connection: sa.Connection, tenant: str) -> bool:
    """Say whether the tenant keeps an order list here."""
    return connection.execute(_ANY, {"of_tenant": tenant}).first() is not None


def load(connection: sa.Connection, tenant: str, key: str) -> PurchaseOrder:
    """Return the order; NotFoundError where there is none."""
    found = find(connection, tenant, key)
    if found is None:
        raise NotFoundError("Diesen Auftrag gibt es in der Auftragsliste nicht.")
    return found


def find(connection: sa.Connection, tenant: str, key: str) -> PurchaseOrder | None:
    """Return the order with its positions and deliveries, None where there is none."""
    of = {"of_tenant": tenant, "of_key": key}
    row = connection.execute(_ORDER, of).mappings().one_or_none()
    if row is None:
        return None
    lines = connection.execute(_LINES, of).mappings()
    deliveries = connection.execute(_DELIVERIES, of).mappings()
    order: PurchaseOrder = _filled(
        PurchaseOrder,
        row,
        lines=tuple(sorted((_filled(PurchaseLine, one) for one in lines), key=_place)),
        deliveries=tuple(_filled(PurchaseDelivery, one) for one in deliveries),
    )
    return order


def key_of(
    connection: sa.Connection, tenant: str, *, order: str, contract: str, deliveries: Sequence[str]
) -> str:
    """Return the key of the order that these references (as keys) name, "" where none does.

    The order's number is BT-13, the contract's BT-12, a Lieferschein BT-16; the first that is
    given and known decides. A contract or Lieferschein of two orders names neither.
    """
    if order and connection.execute(_ORDER, {"of_tenant": tenant, "of_key": order}).first():
        return order
    looked = [(_BY_CONTRACT, contract)] if not order else []
    looked += [(_BY_DELIVERY, one) for one in deliveries if not order]
    for statement, key in looked:
        found = connection.execute(statement, {"of_tenant": tenant, "of_key": key}).scalars().all()
        if key and len(found) == 1:
            return str(found[0])
    return ""


def open_orders(
    connection: sa.Connection, tenant: str, *, vat_id: str, name_key: str
) -> list[tuple[str, bool | None, str]]:
    """Return number, „told“ and unit of the supplier's open orders, at most 20 by either key."""
    rows: dict[str, tuple[bool | None, str]] = {}
    for column, key in (("vat_id", vat_id), ("name_key", name_key)):
        if key:
            found = connection.execute(_OPEN[column], {"of_tenant": tenant, "of_key": key})
            rows |= {row.number: (row.told, row.unit or "") for row in found}
    return [(number, *rows[number]) for number in sorted(rows)]


def _filled(shape: Any, row: Any, **given: Any) -> Any:
    """Return the dataclass; an empty column leaves what the class has by default."""
    names = [name for name in shape.__dataclass_fields__ if name in row and row[name] is not None]
    return shape(**{name: row[name] for name in names}, **given)


def _place(line: PurchaseLine) -> list[tuple[int, int, str]]:
    """Sort positions as people count them: 2 before 10, 1.2 before 1.10."""
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in line.key.split(".")
    ]
