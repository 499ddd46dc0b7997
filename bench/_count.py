"""What one life leaves behind: rows written, statements run, bytes kept."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bench._rows import Extra
from laufzettel.db import Database


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was run on a database while it was watched."""

    statements: int = 0
    commits: int = 0
    rows: Counter[str] = field(default_factory=Counter)  # INSERT, UPDATE, DELETE besides case_

    def per_commit(self, commits: int) -> list[Extra]:
        """Return the same rows spread over ``commits`` transactions."""
        return [
            Extra(
                inserted=_share(self.rows["INSERT"], n, commits),
                updated=_share(self.rows["UPDATE"], n, commits),
                deleted=_share(self.rows["DELETE"], n, commits),
            )
            for n in range(commits)
        ]


def _share(total: int, part: int, parts: int) -> int:
    return total * (part + 1) // parts - total * part // parts


@contextlib.contextmanager
def watched(db: Database) -> Iterator[Tally]:
    """Count what runs on the database inside the block."""
    tally = Tally()
    before: dict[int, int] = {}

    def begin(_conn: Any, cursor: Any, *_: Any) -> None:
        before[id(cursor)] = cursor.connection.total_changes

    def end(_conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        tally.statements += 1
        words = statement.split(maxsplit=3)
        changed = cursor.connection.total_changes - before.pop(id(cursor))
        if "case_" not in words[1:3]:
            tally.rows[words[0]] += changed

    sa.event.listen(db.engine, "before_cursor_execute", begin)
    sa.event.listen(db.engine, "after_cursor_execute", end)
    try:
        yield tally
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", begin)
        sa.event.remove(db.engine, "after_cursor_execute", end)


def bytes_by_table(db: Database) -> dict[str, int]:
    """Return the bytes of the pages of each table, its indexes included."""
    owners = "SELECT name, tbl_name FROM sqlite_schema WHERE rootpage > 0"
    sizes = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
    found: Counter[Any] = Counter()
    with db.read() as connection:
        owner = {row[0]: row[1] for row in connection.exec_driver_sql(owners)}
        for row in connection.exec_driver_sql(sizes):
            found[owner.get(row[0], row[0])] += row[1]
    return dict(found)
