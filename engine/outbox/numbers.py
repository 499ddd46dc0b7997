"""Gapless numbers, drawn inside the write transaction: rolled back, they were never drawn."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.tables import counter


def _behind(insert: Any) -> sa.Insert:
    highest = sa.case(
        (counter.c.value < insert.excluded.value, insert.excluded.value), else_=counter.c.value
    )
    found: sa.Insert = insert.on_conflict_do_update(
        index_elements=["tenant", "name"], set_={"value": highest}
    )
    return found


# Built once: building a statement costs more than running it.
_NEXT = {
    dialect: insert(counter)
    .on_conflict_do_update(index_elements=["tenant", "name"], set_={"value": counter.c.value + 1})
    .returning(counter.c.value)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_RAISE = {
    dialect: _behind(insert(counter))
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_LAST = sa.select(counter.c.value).where(
    counter.c.tenant == sa.bindparam("of_tenant"), counter.c.name == sa.bindparam("of_name")
)


def next_number(connection: sa.Connection, tenant: str, name: str) -> int:
    """Return the next number of the tenant's sequence; the row stays locked until commit."""
    draw = _NEXT[connection.dialect.name]
    drawn: int = connection.execute(draw, {"tenant": tenant, "name": name, "value": 1}).scalar_one()
    return drawn


def raise_to(connection: sa.Connection, tenant: str, name: str, value: int) -> None:
    """Let the tenant's sequence go on behind ``value``, if it has not come so far already."""
    drawn = _RAISE[connection.dialect.name]
    connection.execute(drawn, {"tenant": tenant, "name": name, "value": value})


def last_number(connection: sa.Connection, tenant: str, name: str) -> int:
    """Return the number drawn last, 0 if none; another writer may draw meanwhile."""
    values = {"of_tenant": tenant, "of_name": name}
    return connection.execute(_LAST, values).scalar_one_or_none() or 0
