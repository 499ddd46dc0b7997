"""Records that a step will write, readable already by the handlers that follow in it.

Nothing is written before the step's write transaction; until then ``row`` shows the row of
the snapshot with everything the step has decided about it so far.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa

from laufzettel.errors import ConflictError, LaufzettelError, NotFoundError

Write = Callable[[sa.Connection], None]


class GuardFailedError(LaufzettelError):
    """Inzwischen hat sich etwas geändert; der Schritt wird neu gerechnet."""

    retryable = True


class NotAllowedError(ConflictError):
    """Diese Änderung ist im jetzigen Zustand nicht erlaubt."""


class Pending:
    """The writes of one step, in their order.

    ``connection`` is the snapshot to read from; without one (work handlers) rows can be
    written but not read. Tables need the columns ``id`` and ``tenant``.
    """

    def __init__(self, tenant: str, connection: sa.Connection | None) -> None:
        self.writes: list[Write] = []
        self._tenant = tenant
        self._connection = connection
        self._changed: dict[tuple[str, str], dict[str, Any]] = {}
        self._read: dict[tuple[str, str], dict[str, Any] | None] = {}  # of the snapshot

    def row(self, table: sa.Table, row_id: str) -> Mapping[str, Any]:
        """Return the row as the step will leave it; raises NotFoundError."""
        changed = self._changed.get((table.name, row_id), {})
        stored = self._stored(table, row_id)
        if stored is None and "id" not in changed:
            raise NotFoundError(f"{table.name} „{row_id}“ gibt es nicht.")
        return {**dict.fromkeys(table.c.keys()), **(stored or {}), **changed}

    def insert(self, table: sa.Table, **values: Any) -> None:
        """Write a new row of this tenant."""
        row = {"tenant": self._tenant, **values}
        if "id" in row:
            self._changed[table.name, row["id"]] = dict(row)
        self.writes.append(lambda connection: _insert(connection, table, row))

    def update(
        self,
        table: sa.Table,
        row_id: str,
        values: Mapping[str, Any],
        *,
        allowed: Mapping[str, Collection[Any]] | None = None,
    ) -> None:
        """Change a row; ``allowed`` names the values that columns must have before.

        Raises NotAllowedError when the row stands elsewhere already.
        """
        expected = dict(allowed or {})
        if self._connection is not None:
            row = self.row(table, row_id)
            for name, values_allowed in expected.items():
                if row[name] not in values_allowed:
                    raise NotAllowedError(
                        f"{table.name} steht auf „{row[name]}“; die Änderung ist nicht erlaubt."
                    )
        self._changed.setdefault((table.name, row_id), {}).update(values)
        self.writes.append(
            lambda connection: _update(connection, self._tenant, table, row_id, values, expected)
        )

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Forget what is written inside when the block is left by an exception."""
        number = len(self.writes)
        changed = {key: dict(values) for key, values in self._changed.items()}
        try:
            yield
        except BaseException:
            del self.writes[number:]
            self._changed = changed
            raise

    def absorb(self, other: Pending) -> None:
        """Take over what a work handler wants written."""
        for key, values in other._changed.items():
            self._changed.setdefault(key, {}).update(values)
        self.writes.extend(other.writes)

    def _stored(self, table: sa.Table, row_id: str) -> dict[str, Any] | None:
        if self._connection is None:
            return None
        if (table.name, row_id) not in self._read:
            values = {"of_id": row_id, "of_tenant": self._tenant}
            found = self._connection.execute(_by_id(table), values).mappings().one_or_none()
            self._read[table.name, row_id] = None if found is None else dict(found)
        return self._read[table.name, row_id]


# Statements are built once a table: building one costs more than running it.


@cache
def _by_id(table: sa.Table) -> sa.Select[Any]:
    return sa.select(table).where(
        table.c.id == sa.bindparam("of_id"), table.c.tenant == sa.bindparam("of_tenant")
    )


@cache
def _into(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


@cache
def _change(table: sa.Table, allowed: tuple[str, ...]) -> sa.Update:
    states = [table.c[name].in_(sa.bindparam(f"of_{name}", expanding=True)) for name in allowed]
    return sa.update(table).where(
        table.c.id == sa.bindparam("of_id"), table.c.tenant == sa.bindparam("of_tenant"), *states
    )


def _insert(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
    connection.execute(_into(table), dict(row))


def _update(
    connection: sa.Connection,
    tenant: str,
    table: sa.Table,
    row_id: str,
    values: Mapping[str, Any],
    allowed: Mapping[str, Collection[Any]],
) -> None:
    where: dict[str, Any] = {"of_id": row_id, "of_tenant": tenant}
    where |= {f"of_{name}": list(expected) for name, expected in allowed.items()}
    changed = connection.execute(_change(table, tuple(allowed)), {**values, **where})
    if changed.rowcount != 1:
        raise GuardFailedError(f"{table.name} „{row_id}“ hat sich inzwischen geändert.")
