"""The order list: what an order, a position and a delivery are, and how they are written.

What comes again unchanged changes nothing; what comes with other figures (a Nachtrag, a closed
order) takes their place, and the change is told to the caller for the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.invoice_keys import name_key, plain
from laufzettel.records.purchasing.tables import purchase_delivery, purchase_line, purchase_order

#: Rows written in one transaction: other work waits no longer than that takes.
PORTION: Final = 500
#: The stream of the audit that tells of the order list.
STREAM: Final = "orders"
#: Changes that one event of the audit names one by one.
_NAMED_MAX: Final = 100
Row = Mapping[str, Any]


@dataclass(slots=True)
class Changes:
    """What writing a list did."""

    added: int = 0
    changed: int = 0
    same: int = 0
    named: list[list[str]] = field(default_factory=list)  # [order, column, before, after]

    def __iadd__(self, other: Changes) -> Self:
        self.added += other.added
        self.changed += other.changed
        self.same += other.same
        self.named += other.named
        return self

    @property
    def data(self) -> dict[str, Any]:
        """What the audit keeps of it: counts, and the first changes with both values."""
        counts = {"added": self.added, "changed": self.changed, "same": self.same}
        return {**counts, "changes": self.named[:_NAMED_MAX]}


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


@dataclass(frozen=True, slots=True)
class _Store:
    """A table, the columns by which a row is known, and its statements, built once."""

    table: sa.Table
    key: tuple[str, ...]

    @property
    def found(self) -> sa.Select[Any]:
        first = self.table.c[self.key[0]]
        return sa.select(self.table).where(
            self.table.c.tenant == sa.bindparam("of_tenant"),
            first.in_(sa.bindparam("keys", expanding=True)),
        )

    def upsert(self, dialect: str) -> Any:
        make: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
        insert = make(self.table)
        names = ("tenant", *self.key)
        others = {c.name: insert.excluded[c.name] for c in self.table.c if c.name not in names}
        return insert.on_conflict_do_update(index_elements=list(names), set_=others)


_STORES: Final = {
    "orders": _Store(purchase_order, ("key",)),
    "lines": _Store(purchase_line, ("order_key", "key")),
    "deliveries": _Store(purchase_delivery, ("order_key", "key", "line_key")),
}
_FOUND: Final = {part: store.found for part, store in _STORES.items()}
_UPSERT: Final = {
    part: {dialect: store.upsert(dialect) for dialect in ("sqlite", "postgresql")}
    for part, store in _STORES.items()
}
_KNOWN: Final = sa.select(purchase_order.c.key).where(
    purchase_order.c.tenant == sa.bindparam("of_tenant"),
    purchase_order.c.key.in_(sa.bindparam("keys", expanding=True)),
)


def write(
    connection: sa.Connection, tenant: str, part: str, rows: Sequence[Row], at: datetime
) -> Changes:
    """Write at most ``PORTION`` rows of a part: orders, lines or deliveries."""
    made, wanted = _compared(connection, tenant, part, rows)
    stamp = {"changed_at": at} if part == "orders" else {}
    if wanted:
        statement = _UPSERT[part][connection.dialect.name]
        connection.execute(statement, [{**row, "tenant": tenant, **stamp} for row in wanted])
    return made


def compared(connection: sa.Connection, tenant: str, part: str, rows: Sequence[Row]) -> Changes:
    """Return what ``write`` would do."""
    return _compared(connection, tenant, part, rows)[0]


def unknown_orders(connection: sa.Connection, tenant: str, keys: Iterable[str]) -> set[str]:
    """Return which of these orders (at most ``PORTION`` of them) are not in the list."""
    wanted = set(keys)
    rows = connection.execute(_KNOWN, {"of_tenant": tenant, "keys": sorted(wanted)})
    return wanted - set(rows.scalars())


def _compared(
    connection: sa.Connection, tenant: str, part: str, rows: Sequence[Row]
) -> tuple[Changes, list[Row]]:
    store = _STORES[part]
    keys = sorted({row[store.key[0]] for row in rows})
    found = connection.execute(_FOUND[part], {"of_tenant": tenant, "keys": keys}).mappings()
    before = {tuple(row[name] for name in store.key): row for row in found}
    made, wanted = Changes(), []
    for row in rows:
        old = before.get(tuple(row[name] for name in store.key))
        differing = [] if old is None else [name for name in row if row[name] != old[name]]
        if old is None:
            made.added += 1
        elif differing:
            made.changed += 1
            made.named += [_named(row, name, old[name], row[name]) for name in differing]
        else:
            made.same += 1
            continue
        wanted.append(row)
    return made, wanted


#: What may be a name or prose: the audit says that it changed, not to what.
_PROSE: Final = frozenset({"supplier_name", "name_key", "name"})


def _named(row: Row, name: str, before: Any, after: Any) -> list[str]:
    order = row["key"] if "order_key" not in row else f"{row['order_key']}/{row['key']}"
    values = ["", ""] if name in _PROSE else [_told(before), _told(after)]
    return [order, name, *values]


def _told(value: Any) -> str:
    return "" if value is None else str(value)
