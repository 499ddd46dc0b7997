"""The order list: what an order, a position and a delivery are, and how they are written.

What comes again unchanged changes nothing; what comes with other figures (a Nachtrag, a closed
order) takes their place, and the change is told to the caller for the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.invoice_keys import name_key, plain
from laufzettel.records.kept_list import Changes, KeptList, Row
from laufzettel.records.purchasing.tables import purchase_delivery, purchase_line, purchase_order

#: The stream of the audit that tells of the order list.
STREAM: Final = "orders"


def order_row(
    *,
    number: str,
    supplier_name: str,
    gross: Decimal | None = None,
    net: Decimal | None = None,
    vat_id: str = "",
    currency: str = "EUR",
    ordered_on: date | None = None,
    contract: str = "",
    unit: str | None = None,
    told: bool | None = None,
    is_open: bool = True,
) -> dict[str, Any]:
    """Return the columns of an order but those that say whose it is and when it changed."""
    return {
        "key": plain(number)[:100],
        "number": number,
        "supplier_name": supplier_name,
        "name_key": name_key(supplier_name),
        "vat_id": plain(vat_id)[:40] or None,
        "gross": gross,
        "net": net,
        "currency": currency,
        "ordered_on": ordered_on,
        "contract_key": plain(contract)[:100] or None,
        "unit": unit,
        "told": told,
        "is_open": is_open,
    }


def line_row(
    *,
    order: str,
    number: str,
    name: str | None = None,
    item: str = "",
    quantity: Decimal | None = None,
    unit: str | None = None,
    price: Decimal | None = None,
    net: Decimal | None = None,
) -> dict[str, Any]:
    """Return the columns of a position."""
    return {
        "order_key": plain(order)[:100],
        "key": line_key(number),
        "number": number,
        "name": name,
        "item_key": plain(item)[:100] or None,
        "quantity": quantity,
        "unit": unit,
        "price": price,
        "net": net,
    }


def delivery_row(
    *,
    order: str,
    number: str,
    delivered_on: date,
    line: str = "",
    quantity: Decimal | None = None,
    net: Decimal | None = None,
) -> dict[str, Any]:
    """Return the columns of a delivery; without a position it is of the order as a whole."""
    return {
        "order_key": plain(order)[:100],
        "key": plain(number)[:100],
        "line_key": line_key(line) if line else "",
        "number": number,
        "delivered_on": delivered_on,
        "quantity": quantity,
        "net": net,
    }


def line_key(number: str) -> str:
    """Return the key of a position's number: 10, 010 and „Pos. 10“ are the same.

    >>> line_key("0010"), line_key("Pos. 10"), line_key("1.2")
    ('10', '10', '1.2')
    """
    text = number.casefold().removeprefix("position").removeprefix("pos").strip(" .:")
    parts = (part.lstrip("0") or "0" for part in text.split("."))
    return ".".join(plain(part) for part in parts)[:100]


# --- writing -----------------------------------------------------------------------------------

_STORES: Final = {
    "orders": KeptList(purchase_order, ("key",), stamped="changed_at"),
    "lines": KeptList(purchase_line, ("order_key", "key")),
    "deliveries": KeptList(purchase_delivery, ("order_key", "key", "line_key")),
}
_KNOWN: Final = sa.select(purchase_order.c.key).where(
    purchase_order.c.tenant == sa.bindparam("of_tenant"),
    purchase_order.c.key.in_(sa.bindparam("keys", expanding=True)),
)


def write(
    connection: sa.Connection, tenant: str, part: str, rows: Sequence[Row], at: datetime
) -> Changes:
    """Write at most ``PORTION`` rows of a part: orders, lines or deliveries."""
    return _STORES[part].write(connection, tenant, rows, at)


def compared(connection: sa.Connection, tenant: str, part: str, rows: Sequence[Row]) -> Changes:
    """Return what ``write`` would do."""
    return _STORES[part].compared(connection, tenant, rows)


def unknown_orders(connection: sa.Connection, tenant: str, keys: Iterable[str]) -> set[str]:
    """Return which of these orders (at most ``PORTION`` of them) are not in the list."""
    wanted = set(keys)
    rows = connection.execute(_KNOWN, {"of_tenant": tenant, "keys": sorted(wanted)})
    return wanted - set(rows.scalars())
