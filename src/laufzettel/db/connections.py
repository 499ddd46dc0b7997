"""Connections that run prepared statements, and begin and end transactions by themselves.

SQLAlchemy makes a transaction of its own only where a statement takes its way; it joins the
one that has begun, and is ended with it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from psycopg.pq import TransactionStatus

from laufzettel.db.prepared import KINDS, Plan, plan_of


class PreparingConnection(sa.Connection, ABC):
    """A connection that remembers how its statements are run.

    Between transactions each statement is one of its own on PostgreSQL; on SQLite the first
    begins a snapshot, which ``forget`` ends.
    """

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self._is_writing = False
        self._find_driver()

    @abstractmethod
    def begin_write(self, *, is_durable: bool) -> None:
        """Begin a transaction that writes; its commit waits for the disk if it is durable."""

    def begin_snapshot(self) -> None:
        """Let all that is read until ``forget`` be of one moment."""

    def end_write(self) -> None:
        """Commit what the transaction has written.

        Raises InvalidRequestError where the database has rolled it back itself.
        """
        self._require_transaction()
        self._is_writing = False
        if self._transaction is not None:
            self.commit()
        else:
            self._told(self._driver.commit)

    def forget(self) -> None:
        """Roll back whatever has begun; without a transaction do nothing."""
        self._is_writing = False
        if self._transaction is not None:
            self.rollback()
        if self._has_begun():
            self._told(self._driver.rollback)

    def is_alive(self) -> bool:
        """Say whether the server still knows this connection."""
        return True

    def in_transaction(self) -> bool:
        """Say whether a transaction has begun; whoever asks (Alembic) takes part in it."""
        return super().in_transaction() or self._has_begun()

    @property
    def is_usable(self) -> bool:
        """Whether it may be lent again."""
        return not (self.closed or self.invalidated or self.in_transaction())

    def execute(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """Run the statement; as ``sa.Connection.execute`` in every respect but time."""
        is_given = bool(parameters) or isinstance(parameters, dict)
        if is_given and not options and isinstance(statement, KINDS):
            has_listeners = self._has_events or self.engine._has_events
            plan = None if has_listeners else plan_of(self.dialect, statement, parameters)
            if plan is not None:
                return self._run(plan, parameters)
        own_way = super().execute
        return self._again_if_ended(lambda: own_way(statement, parameters, **options))

    def scalar(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """Return the first value; as ``sa.Connection.scalar`` in every respect but time."""
        return self.execute(statement, parameters, **options).scalar()

    @abstractmethod
    def _has_begun(self) -> bool:
        """Say whether the driver is in a transaction."""

    @abstractmethod
    def _cursor_of(self, plan: Plan, parameters: Any) -> Any:
        """Have the driver run the plan."""

    def _again_if_ended(self, call: Callable[[], Any]) -> Any:
        """Call, and once more in a new session where the server has ended this one in vain."""
        return call()

    def _run(self, plan: Plan, parameters: Any) -> Any:
        try:
            return plan.result(self._cursor_of(plan, parameters))
        except self.dialect.loaded_dbapi.Error as error:
            raise self._error(error, plan.sql, parameters) from error

    def _require_transaction(self) -> None:
        if not self._has_begun():
            raise sa.exc.InvalidRequestError("the database has rolled the transaction back")

    def _find_driver(self) -> None:
        self._driver: Any = self.connection.driver_connection  # the same until it is given back

    def _told(self, call: Callable[[], Any], statement: str | None = None) -> None:
        """Have the driver do something; its errors become SQLAlchemy's."""
        try:
            call()
        except self.dialect.loaded_dbapi.Error as error:
            raise self._error(error, statement, None) from error

    def _error(self, error: Exception, sql: str | None, parameters: Any) -> Exception:
        base: Any = self.dialect.loaded_dbapi.Error
        found: Exception = sa.exc.DBAPIError.instance(
            sql, parameters, error, base, hide_parameters=True, dialect=self.dialect
        )
        return found


class SqliteConnection(PreparingConnection):
    """A connection to a file of SQLite; its driver stands in autocommit."""

    _durability = ""  # what a commit waits for; the driver's connection keeps its setting

    def begin_write(self, *, is_durable: bool) -> None:
        """Begin, as the only writer of the file."""
        driver = self._driver
        durability = "FULL" if is_durable else "NORMAL"
        if durability != self._durability:  # inside a transaction it could not be changed
            driver.execute(f"PRAGMA synchronous = {durability}")
            self._durability = durability
        self._told(lambda: driver.execute(_IMMEDIATE), _IMMEDIATE)
        self._is_writing = True

    def _has_begun(self) -> bool:
        return bool(self._driver.in_transaction)

    def _cursor_of(self, plan: Plan, parameters: Any) -> Any:
        driver = self._driver
        if not driver.in_transaction:
            if self._is_writing:  # what follows would be committed without what came before
                self._require_transaction()
            driver.execute("BEGIN")
        if isinstance(parameters, dict):
            return driver.execute(plan.sql, plan.values(parameters))
        return driver.executemany(plan.sql, map(plan.values, parameters))


class PostgresConnection(PreparingConnection):
    """A session of PostgreSQL in autocommit, which writes only where a transaction says so.

    What is read needs no transaction: each statement sees what is committed, as in one of the
    usual isolation, and three ways to the server are saved (ask whether it lives, BEGIN,
    ROLLBACK). Where the server has ended the session, what begins a transaction and what is
    read outside of one is said again in a new session. The session belongs to the lending and
    never goes back into the pool.
    """

    _is_reading_one_moment = False

    def begin_write(self, *, is_durable: bool) -> None:
        """Begin; two statements go to the server in one message."""
        self._begin(_BEGIN if is_durable else _BEGIN_NOT_DURABLE)
        self._is_writing = True

    def begin_snapshot(self) -> None:
        """Begin a transaction whose statements all see the same."""
        self._begin(_SNAPSHOT)
        self._is_reading_one_moment = True

    def forget(self) -> None:
        """Roll back whatever has begun; without a transaction do nothing."""
        self._is_reading_one_moment = False
        if self._driver.closed:
            self.invalidate()  # what the server has ended needs no end
        super().forget()

    def is_alive(self) -> bool:
        """Ask the server, as the pool would."""
        try:
            self._driver.execute("SELECT 1")
        except self.dialect.loaded_dbapi.Error:
            return False
        return True

    def close(self) -> None:
        """End the session, and let the pool open another one in its place."""
        if not self.closed and not self.invalidated:
            self.invalidate()
        super().close()

    @property
    def is_usable(self) -> bool:
        """Whether it may be lent again; not after the server has gone."""
        return super().is_usable and not self._driver.closed

    def _find_driver(self) -> None:
        super()._find_driver()
        self._driver.autocommit = True
        self._driver.execute("SET default_transaction_read_only = on", prepare=False)
        self._cursor = self._driver.cursor()

    def _has_begun(self) -> bool:
        return bool(self._status() in (TransactionStatus.INTRANS, TransactionStatus.INERROR))

    def _require_transaction(self) -> None:
        if self._status() == TransactionStatus.INERROR:  # the server would roll back unasked
            raise sa.exc.InvalidRequestError("a statement failed: nothing can be committed")
        super()._require_transaction()

    def _status(self) -> Any:
        return self._driver.pgconn.transaction_status

    def _begin(self, statement: str) -> None:
        begin = partial(
            self._again_if_ended, lambda: self._driver.execute(statement, prepare=False)
        )
        self._told(begin, statement)

    def _cursor_of(self, plan: Plan, parameters: Any) -> Any:
        return self._again_if_ended(lambda: self._sent(plan, parameters))

    def _again_if_ended(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except (self.dialect.loaded_dbapi.Error, sa.exc.DBAPIError):
            is_begun = self._is_writing or self._is_reading_one_moment
            if is_begun or not self._driver.closed:
                raise
        if self._transaction is not None:  # SQLAlchemy's, around what was read
            self.rollback()
        self.invalidate()
        self._find_driver()
        return call()

    def _sent(self, plan: Plan, parameters: Any) -> Any:
        if isinstance(parameters, dict):
            return self._cursor.execute(plan.sql, plan.values(parameters))
        self._cursor.executemany(plan.sql, [plan.values(each) for each in parameters])
        return self._cursor


_IMMEDIATE: Final = "BEGIN IMMEDIATE"
_BEGIN: Final = "BEGIN READ WRITE"
_BEGIN_NOT_DURABLE: Final = f"{_BEGIN}; SET LOCAL synchronous_commit = off"
_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#: Name of a database -> its connections.
CONNECTIONS: Final = {"sqlite": SqliteConnection, "postgresql": PostgresConnection}
