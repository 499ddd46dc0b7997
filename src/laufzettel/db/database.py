"""Connections: many readers, and writers that never starve each other.

Every write is one short transaction opened by ``Database.write``. On SQLite it begins
with BEGIN IMMEDIATE behind one FIFO lock of the process, because a transaction that reads
first and writes later fails at once with "database is locked" (engine-notes.md 3).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from laufzettel.clock import Clock, SystemClock
from laufzettel.db.lock import FifoLock
from laufzettel.errors import StorageError

#: Connections of one process; twice the threads that may use them (durable-jobs.md 4).
POOL_SIZE = 24


class Database:
    """One database and the way to read and write it.

    ``url`` is ``sqlite:///path`` or ``postgresql+psycopg://…``. With a ``clock`` other than
    the system's, that clock decides about due times (tests); without one, the database's
    own clock does on PostgreSQL, for the machines of several workers may disagree.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self.url = sa.engine.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._clock = clock
        self._lock: contextlib.AbstractContextManager[Any] = (
            FifoLock() if self.is_sqlite else contextlib.nullcontext()
        )
        self._after_commit = threading.local()
        self.engine = self._sqlite_engine() if self.is_sqlite else self._postgres_engine()

    def _sqlite_engine(self) -> sa.Engine:
        if not self.url.database or self.url.database == ":memory:":
            raise StorageError("SQLite braucht hier eine Datei, keinen Arbeitsspeicher.")
        Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            self.url,
            poolclass=QueuePool,
            pool_size=POOL_SIZE,
            max_overflow=0,
            connect_args={"timeout": 30, "check_same_thread": False, "isolation_level": None},
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        # The driver stands in autocommit; transactions are begun by us, here or in write().
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _postgres_engine(self) -> sa.Engine:
        return sa.create_engine(
            self.url,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"prepare_threshold": 2},
        )

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a read-only snapshot; nothing done in it can be committed."""
        with self.engine.connect() as connection:
            try:
                yield connection
            finally:
                connection.rollback()

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Open the write transaction: committed at the end, rolled back on any exception.

        Nothing slow belongs inside: the lock of SQLite is held meanwhile.
        """
        with self._lock, self.engine.connect() as connection:
            connection.info["immediate"] = True
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.info.pop("immediate", None)
        self._run_after_commit()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run ``call`` once the write transaction of this thread has committed."""
        calls = self._after_commit.__dict__.setdefault("calls", [])
        calls.append(call)

    def _run_after_commit(self) -> None:
        calls: list[Callable[[], None]] = self._after_commit.__dict__.pop("calls", [])
        for call in calls:
            call()

    def now(self, connection: sa.Connection) -> datetime:
        """Return this moment by the clock that decides about due times."""
        if self._clock is not None:
            return self._clock.now()
        if self.is_sqlite:
            return SystemClock().now()
        moment: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return moment

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # Money: a committed booking survives the loss of power, not only of the process.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA busy_timeout = 30000")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    immediate = connection.info.get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def wait_for(url: str, *, seconds: int = 30) -> None:
    """Return as soon as the database answers; raise StorageError after ``seconds``."""
    database = Database(url)
    try:
        for _ in range(seconds * 4):
            try:
                with database.read() as connection:
                    connection.execute(sa.text("SELECT 1"))
                return
            except sa.exc.OperationalError:
                time.sleep(0.25)
    finally:
        database.close()
    raise StorageError(f"Die Datenbank antwortet seit {seconds} Sekunden nicht.")
