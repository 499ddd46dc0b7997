"""The rows of those who write nothing but state: one table, the settings of our Database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from laufzettel.db import Database


def connect(file: str) -> sqlite3.Connection:
    """Return a bare connection with exactly the settings our Database gives its own."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=30)
    for name, value in settings_of(file).items():
        connection.execute(f"PRAGMA {name} = {value}")
    return connection


def settings_of(file: str) -> dict[str, Any]:
    """Return what our Database sets, as SQLite reports it."""
    database = Database(f"sqlite:///{file}")
    names = (
        "journal_mode",
        "synchronous",
        "foreign_keys",
        "busy_timeout",
        "cache_size",
        "mmap_size",
        "wal_autocheckpoint",
    )
    with database.read() as reading:
        found = {name: reading.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}
    database.close()
    return {name: value for name, value in found.items() if value is not None}


class StateRows:
    """One row a case: state and version."""

    def __init__(self, file: str) -> None:
        self.connection = connect(file)
        self.connection.execute(
            "CREATE TABLE instance (id INTEGER PRIMARY KEY, version INTEGER, state BLOB)"
        )

    def insert(self, state: str | bytes | None, within: Callable[[], None] | None = None) -> int:
        """Write a new case and return its number."""
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        number = execute("INSERT INTO instance (version, state) VALUES (0, ?)", (state,)).lastrowid
        if within is not None:
            within()
        execute("COMMIT")
        assert number is not None
        return number

    def read(self, number: int) -> tuple[int, Any]:
        """Return version and state."""
        query = "SELECT version, state FROM instance WHERE id = ?"
        row: tuple[int, Any] = self.connection.execute(query, (number,)).fetchone()
        return row

    def update(
        self,
        number: int,
        version: int,
        state: str | bytes | None,
        within: Callable[[], None] | None = None,
    ) -> None:
        """Compare-and-set the state in a transaction of its own."""
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        changed = execute(
            "UPDATE instance SET version = version + 1, state = ? WHERE id = ? AND version = ?",
            (state, number, version),
        )
        assert changed.rowcount == 1
        if within is not None:
            within()
        execute("COMMIT")

    def size(self) -> int:
        """Return the bytes of the longest state."""
        query = "SELECT max(length(CAST(state AS BLOB))) FROM instance"
        return int(self.connection.execute(query).fetchone()[0] or 0)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """How many rows besides the state one commit writes."""

    inserted: int
    updated: int
    deleted: int


class ExtraRows:
    """Rows as wide as ours on average, under one index, in whatever transaction is open."""

    def __init__(
        self, connection: sqlite3.Connection, commits: Sequence[Extra], width: int = 150
    ) -> None:
        self._execute = connection.execute
        self._many = connection.executemany
        self._commits = commits
        self._payload = "x" * width
        self._execute("CREATE TABLE extra (id INTEGER PRIMARY KEY, kind TEXT, at TEXT, data TEXT)")
        self._execute("CREATE INDEX ix_extra ON extra (kind, at)")
        self._last = 0

    def write(self, commit: int) -> None:
        """Write the rows of the commit with that number in the case's life."""
        if not self._commits:
            return
        rows = self._commits[commit]
        data = [("kind", f"2026-11-23T08:{n:02}", self._payload) for n in range(rows.inserted)]
        self._many("INSERT INTO extra (kind, at, data) VALUES (?, ?, ?)", data)
        self._last += rows.inserted
        newest = range(self._last, max(0, self._last - rows.updated), -1)
        self._many(
            "UPDATE extra SET kind = 'done', at = '2026' WHERE id = ?", [(n,) for n in newest]
        )
        oldest = range(self._last, max(0, self._last - rows.deleted), -1)
        self._many("DELETE FROM extra WHERE id = ?", [(n,) for n in oldest])
