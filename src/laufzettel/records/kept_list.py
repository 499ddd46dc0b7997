"""Lists that other programs bring up to date: what is new, what changed, what stays.

What comes again unchanged changes nothing; what comes with other values takes the place of the old
row, and the change is told to the caller for the audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

#: Rows written in one transaction: other work waits no longer than that takes.
PORTION: Final = 500
#: Changes that one event of the audit names one by one.
_NAMED_MAX: Final = 100
#: What may be a name or prose: the audit says that it changed, not to what.
_PROSE: Final = frozenset({"supplier_name", "name_key", "name", "source"})
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


class KeptList:
    """One table of a tenant, and the columns by which a row is known."""

    def __init__(self, table: sa.Table, key: tuple[str, ...], *, stamped: str = "") -> None:
        self._key = key
        self._stamped = stamped  # the column that says when the row last changed
        # Built once: building a statement costs more than running it.
        self._found = sa.select(table).where(
            table.c.tenant == sa.bindparam("of_tenant"),
            table.c[key[0]].in_(sa.bindparam("keys", expanding=True)),
        )
        self._upsert = {name: _upsert(table, key, name) for name in ("sqlite", "postgresql")}

    def write(
        self, connection: sa.Connection, tenant: str, rows: Sequence[Row], at: datetime
    ) -> Changes:
        """Write at most ``PORTION`` rows and return what that did."""
        made, wanted = self._compared(connection, tenant, rows)
        stamp = {self._stamped: at} if self._stamped else {}
        if wanted:
            statement = self._upsert[connection.dialect.name]
            connection.execute(statement, [{**row, "tenant": tenant, **stamp} for row in wanted])
        return made

    def compared(self, connection: sa.Connection, tenant: str, rows: Sequence[Row]) -> Changes:
        """Return what ``write`` would do."""
        return self._compared(connection, tenant, rows)[0]

    def _compared(
        self, connection: sa.Connection, tenant: str, rows: Sequence[Row]
    ) -> tuple[Changes, list[Row]]:
        keys = sorted({row[self._key[0]] for row in rows})
        found = connection.execute(self._found, {"of_tenant": tenant, "keys": keys}).mappings()
        before = {self._key_of(row): row for row in found}
        made, wanted = Changes(), []
        for row in rows:
            old = before.get(self._key_of(row))
            differing = [] if old is None else [name for name in row if row[name] != old[name]]
            if old is None:
                made.added += 1
            elif differing:
                made.changed += 1
                named = "/".join(self._key_of(row)).rstrip("/")
                made.named += [_told(named, name, old[name], row[name]) for name in differing]
            else:
                made.same += 1
                continue
            wanted.append(row)
        return made, wanted

    def _key_of(self, row: Any) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in self._key)


def _upsert(table: sa.Table, key: tuple[str, ...], dialect: str) -> Any:
    make: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
    insert = make(table)
    names = ("tenant", *key)
    others = {c.name: insert.excluded[c.name] for c in table.c if c.name not in names}
    return insert.on_conflict_do_update(index_elements=list(names), set_=others)


def _told(row: str, name: str, before: Any, after: Any) -> list[str]:
    values = (
        ["", ""] if name in _PROSE else ["" if one is None else str(one) for one in (before, after)]
    )
    return [row, name, *values]
