"""Gapless numbers, drawn inside the write transaction: rolled back, they were never drawn."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.tables import counter


def next_number(connection: sa.Connection, tenant: str, name: str) -> int:
    """Return the next number of the tenant's sequence; the row stays locked until commit."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(counter).values(tenant=tenant, name=name, value=1)
    return connection.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant", "name"], set_={"value": counter.c.value + 1}
        ).returning(counter.c.value)
    ).scalar_one()


def last_number(connection: sa.Connection, tenant: str, name: str) -> int:
    """Return the number drawn last, 0 if none; another writer may draw meanwhile."""
    value = connection.execute(
        sa.select(counter.c.value).where(counter.c.tenant == tenant, counter.c.name == name)
    ).scalar_one_or_none()
    return value or 0
