"""Connections: many readers, and writers that never starve each other.

Every write is one short transaction opened by ``Database.write``. On SQLite it begins
with BEGIN IMMEDIATE behind one FIFO lock of the process, because a transaction that reads
first and writes later fails at once with "database is locked" (engine-notes.md 3).
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from laufzettel.clock import Clock, SystemClock
from laufzettel.db.lent import Lending
from laufzettel.db.lock import FifoLock
from laufzettel.db.types import UtcTime
from laufzettel.errors import StorageError
from laufzettel.measures import MEASURES

log = logging.getLogger(__name__)

_CLOCK: Final = sa.select(sa.func.clock_timestamp(type_=UtcTime))
#: Connections of one process; twice the threads that may use them (durable-jobs.md 4).
POOL_SIZE = 24


class Database:
    """One database and the way to read and write it.

    ``url`` is ``sqlite:///path`` or ``postgresql+psycopg://…``. With a ``clock`` other than
    the system's, that clock decides about due times (tests); without one, the database's
    own clock does on PostgreSQL, for the machines of several workers may disagree.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._clock = clock
        self._lock: contextlib.AbstractContextManager[Any] = (
            FifoLock() if self.is_sqlite else contextlib.nullcontext()
        )
        self._writing = _Writing()
        self.engine = self._sqlite_engine() if self.is_sqlite else self._postgres_engine()
        self._lending = Lending(self.engine)
        _forget_after_fork(self.engine, self._lending)

    def _sqlite_engine(self) -> sa.Engine:
        if not self.url.database or self.url.database == ":memory:":
            raise StorageError("SQLite braucht hier eine Datei, keinen Arbeitsspeicher.")
        folder = Path(self.url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"Der Ordner {folder} ist nicht benutzbar: {error}") from error
        engine = sa.create_engine(
            self.url,
            poolclass=QueuePool,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_use_lifo=True,  # the connection used last knows the statements
            pool_reset_on_return=None,  # read and write end what they have begun
            connect_args={
                "timeout": 30,
                "check_same_thread": False,
                "isolation_level": None,
                # A life has some 110, a page its own; the driver's 128 would push them out.
                "cached_statements": 400,
            },
            hide_parameters=True,  # what an error says goes to the log: no names, no amounts
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        # The driver stands in autocommit; transactions are begun by us. Not by listening to the
        # event "begin": one listener makes every statement look for listeners, a fifth more.
        # Where one has begun (``PreparingConnection``), SQLAlchemy's joins it.
        engine.dialect.do_begin = _begin_sqlite  # type: ignore[assignment]
        return engine

    def _postgres_engine(self) -> sa.Engine:
        return sa.create_engine(
            self.url,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_pre_ping=True,
            paramstyle="format",  # values by position, as prepared statements hand them over
            connect_args={"prepare_threshold": 2, "connect_timeout": 10},
            hide_parameters=True,
        )

    @contextlib.contextmanager
    def read(self, *, snapshot: bool = False) -> Iterator[sa.Connection]:
        """Lend a connection to read; nothing done with it can be committed.

        On PostgreSQL each statement sees what is committed at its moment; with ``snapshot`` all
        see the same moment, as on SQLite anyway.
        """
        lent = self._lending.take()
        try:
            if snapshot:
                lent.begin_snapshot()
            yield lent
        finally:
            try:
                lent.forget()
            finally:
                self._lending.give(lent)

    @contextlib.contextmanager
    def write(self, *, durable: bool | None = None) -> Iterator[sa.Connection]:
        """Open the write transaction: committed at the end, rolled back on any exception.

        Nothing slow belongs inside: the lock of SQLite is held meanwhile. A write inside a
        write of the same thread is refused, for on SQLite it would wait for itself.

        A commit survives the loss of power, unless ``durable`` is False (or ``repeatable``
        is around it): then the last ones may be lost together, the latest first, until the
        next durable commit of whatever thread. The death of the process loses nothing.
        """
        if self._writing.calls is not None:
            raise RuntimeError("write() inside write() of the same thread")
        is_durable = not self._writing.is_repeatable if durable is None else durable
        calls: list[Callable[[], None]] = []
        self._writing.calls = calls
        try:
            came = time.perf_counter()
            with self._lock, self._transaction(is_durable) as connection:
                began = time.perf_counter()
                try:
                    yield connection
                finally:
                    MEASURES.observe("write_wait_seconds", began - came)
                    MEASURES.observe("write_held_seconds", time.perf_counter() - began)
        finally:  # what waited for a commit that did not come is forgotten
            self._writing.calls = None
        for call in calls:
            _run_after_commit(call)

    @contextlib.contextmanager
    def _transaction(self, is_durable: bool) -> Iterator[sa.Connection]:
        lent = self._lending.take()
        try:
            lent.begin_write(is_durable=is_durable)
            yield lent
            lent.end_write()
        finally:
            try:
                lent.forget()
            finally:
                self._lending.give(lent)

    @contextlib.contextmanager
    def repeatable(self) -> Iterator[None]:
        """Make this thread's writes not durable by default.

        For what starts again by itself, from rows committed before, and tells nobody outside
        until something durable has been committed after it.
        """
        before = self._writing.is_repeatable
        self._writing.is_repeatable = True
        try:
            yield
        finally:
            self._writing.is_repeatable = before

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run ``call`` once this thread's write transaction has committed; drop it on rollback.

        It runs outside the transaction and the lock. Raises RuntimeError outside ``write``.
        """
        if self._writing.calls is None:
            raise RuntimeError("after_commit() outside write()")
        self._writing.calls.append(call)

    @property
    def has_virtual_clock(self) -> bool:
        """Whether a clock that was handed in decides about due times, as in tests."""
        return self._clock is not None and not isinstance(self._clock, SystemClock)

    def now(self, connection: sa.Connection) -> datetime:
        """Return this moment by the clock that decides about due times."""
        if self._clock is not None:
            return self._clock.now()
        if self.is_sqlite:
            return SystemClock().now()
        moment: datetime = connection.execute(_CLOCK, {}).scalar_one()
        return moment

    def close(self) -> None:
        """Give back every connection."""
        self._lending.close()
        self.engine.dispose()


def _forget_after_fork(engine: sa.Engine, lending: Lending) -> None:
    """Let a child that is forked from this process open connections of its own.

    Two processes on one session would read each other's answers. The parent's are left open,
    for closing them here would end them there.
    """
    if not hasattr(os, "register_at_fork"):  # Windows does not fork
        return
    kept, lent = weakref.ref(engine), weakref.ref(lending)

    def forget() -> None:
        living, lender = kept(), lent()
        if living is not None:
            living.dispose(close=False)
        if lender is not None:
            lender.forget()

    os.register_at_fork(after_in_child=forget)


class _Writing(threading.local):
    """What this thread's writes are about."""

    calls: list[Callable[[], None]] | None = None  # wait for the commit; None outside of a write
    is_repeatable = False


def _run_after_commit(call: Callable[[], None]) -> None:
    try:
        call()
    except Exception:  # the data is committed: no failure here may look like a failed write
        log.exception("a call after the commit failed")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # Money: a committed booking survives the loss of power, not only of the process.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA busy_timeout = 30000")
    # A case writes 260 pages, most of them again and again: carried over into the file a quarter
    # as often, and kept at hand (8 MB a connection).
    cursor.execute("PRAGMA wal_autocheckpoint = 4000")
    cursor.execute("PRAGMA cache_size = -8000")
    cursor.close()


def _begin_sqlite(connection: PoolProxiedConnection) -> None:
    driver: Any = connection.driver_connection
    if not driver.in_transaction:
        driver.execute("BEGIN")


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


def parse_url(url: str) -> sa.URL:
    """Return the address of a database; raises StorageError in German."""
    try:
        return sa.engine.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StorageError(
            "Die Adresse der Datenbank ist nicht lesbar. Erwartet wird sqlite:///DATEI oder "
            "postgresql+psycopg://NUTZER:KENNWORT@RECHNER/DATENBANK."
        ) from error
