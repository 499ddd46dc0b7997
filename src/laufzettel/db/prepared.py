"""SQLite statements that were built once, run without the way through SQLAlchemy each time.

So do the transactions around them begin and end: SQLAlchemy makes one of its own only where a
statement takes its way, and then it is ended with it.

A statement built at module level and run with its values as a dict is compiled at its first
run; from then on its values go straight to the driver and its rows straight back, types
converted as SQLAlchemy would. That is a fifth of the time (docs/performance.md). A list in IN
is unfolded once for each of its lengths. Everything else (statements run without a dict of
values, PostgreSQL, listeners on the engine) takes SQLAlchemy's own way, so nobody has to know
which way a statement takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final
from weakref import ref

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

#: What is prepared; text that does not name its columns and everything else is left to
#: SQLAlchemy.
_KINDS = (sa.Select, sa.Insert, sa.Update, sa.Delete, sa.TextualSelect)

_Convert = Callable[[Any], Any]
#: Names of the values -> how a statement is run with them; None: not in this way.
_Plans = dict[tuple[str, ...], "_Plan | _Lists | None"]
#: Where a statement keeps its plans, with a reference to itself: a statement that is made from
#: it takes over what lies in it, and must not take those.
_KEPT: Final = "_laufzettel_plans"


class PreparingConnection(sa.Connection):
    """A connection that remembers how its statements are run."""

    _driver: Any = None
    _durability = ""  # what a commit waits for; the driver's connection keeps its setting
    _is_writing = False

    def begin_write(self, durability: str) -> None:
        """Begin the transaction that writes; ``durability`` is a value of PRAGMA synchronous."""
        driver = self._driver or self._find_driver()
        if durability != self._durability:  # inside a transaction it could not be changed
            driver.execute(f"PRAGMA synchronous = {durability}")
            self._durability = durability
        self._told(driver.execute, "BEGIN IMMEDIATE")
        self._is_writing = True

    def end_write(self) -> None:
        """Commit what the transaction has written.

        Raises InvalidRequestError where SQLite has rolled it back itself (a full disk, say).
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
        elif self._driver is not None and self._driver.in_transaction:
            self._told(self._driver.rollback)

    def in_transaction(self) -> bool:
        """Say whether a transaction has begun; whoever asks (Alembic) takes part in it."""
        driver = self._driver
        return super().in_transaction() or (driver is not None and driver.in_transaction)

    def _require_transaction(self) -> None:
        if not self._driver.in_transaction:
            raise sa.exc.InvalidRequestError("SQLite has rolled the transaction back")

    def _find_driver(self) -> Any:
        self._driver = self.connection.driver_connection  # the same until it is given back
        return self._driver

    def execute(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """Run the statement; as ``sa.Connection.execute`` in every respect but time."""
        is_given = bool(parameters) or isinstance(parameters, dict)
        if is_given and not options and isinstance(statement, _KINDS):
            has_listeners = self._has_events or self.engine._has_events
            plan = None if has_listeners else _plan(self.dialect, statement, parameters)
            if plan is not None:
                return self._run(plan, parameters)
        return super().execute(statement, parameters, **options)

    def scalar(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """Return the first value; as ``sa.Connection.scalar`` in every respect but time."""
        return self.execute(statement, parameters, **options).scalar()

    def _run(self, plan: _Plan, parameters: Any) -> Any:
        driver = self._driver or self._find_driver()
        try:
            if not driver.in_transaction:
                if self._is_writing:  # what follows would be committed without what came before
                    self._require_transaction()
                driver.execute("BEGIN")
            if isinstance(parameters, dict):
                cursor = driver.execute(plan.sql, plan.values(parameters))
            else:
                cursor = driver.executemany(plan.sql, map(plan.values, parameters))
            return plan.result(cursor)
        except self.dialect.loaded_dbapi.Error as error:
            raise self._error(error, plan.sql, parameters) from error

    def _told(self, call: Callable[..., Any], *statement: str) -> None:
        """Have the driver begin or end a transaction; its errors become SQLAlchemy's."""
        try:
            call(*statement)
        except self.dialect.loaded_dbapi.Error as error:
            raise self._error(error, " ".join(statement) or None, None) from error

    def _error(self, error: Exception, sql: str | None, parameters: Any) -> Exception:
        base: Any = self.dialect.loaded_dbapi.Error
        found: Exception = sa.exc.DBAPIError.instance(
            sql, parameters, error, base, hide_parameters=True, dialect=self.dialect
        )
        return found


class _Changed:
    """What a statement without rows gives back."""

    __slots__ = ("rowcount",)

    def __init__(self, rowcount: int) -> None:
        self.rowcount = rowcount


class _Rows:
    """The rows of a statement: what is mostly asked at once, all else as SQLAlchemy answers it."""

    __slots__ = ("_metadata", "_rows")

    def __init__(self, metadata: SimpleResultMetaData, rows: Sequence[Any]) -> None:
        self._metadata = metadata
        self._rows = rows

    def __iter__(self) -> Iterator[Any]:
        return map(self._row, self._rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(IteratorResult(self._metadata, iter(self._rows)), name)

    def all(self) -> list[Any]:
        return list(self)

    def first(self) -> Any:
        return self._row(self._rows[0]) if self._rows else None

    def one(self) -> Any:
        return self._row(self._rows[0]) if len(self._rows) == 1 else self.__getattr__("one")()

    def one_or_none(self) -> Any:
        return self.first() if len(self._rows) < _TWO else self.__getattr__("one_or_none")()

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:
        return self._rows[0][0] if len(self._rows) == 1 else self.__getattr__("scalar_one")()

    def scalar_one_or_none(self) -> Any:
        return self.scalar() if len(self._rows) < _TWO else self.__getattr__("scalar_one_or_none")()

    def _row(self, values: Any) -> sa.Row[Any]:
        metadata = self._metadata
        return sa.Row(metadata, None, metadata._key_to_index, values)


_TWO: Final = 2


#: Name of a value, the value where none is given, conversion; by position.
_Bind = tuple[str, Any, _Convert | None]


class _Plan:
    """How one statement with values of these names is run."""

    def __init__(
        self,
        sql: str,
        binds: Sequence[_Bind],
        columns: Mapping[str, _Convert | None],
    ) -> None:
        self.sql = sql
        self._names = [name for name, _, _ in binds]
        self._defaults = [value for _, value, _ in binds]
        self._into = [(n, bind[2]) for n, bind in enumerate(binds) if bind[2] is not None]
        self._metadata = SimpleResultMetaData(list(columns)) if columns else None
        self._converts = [(n, each) for n, each in enumerate(columns.values()) if each is not None]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Return the values by position, as the driver takes them."""
        values = list(map(given.get, self._names, self._defaults))
        for place, convert in self._into:
            values[place] = convert(values[place])
        return values

    def result(self, cursor: Any) -> Any:
        """Return the rows, or how many were changed."""
        if self._metadata is None:
            return _Changed(cursor.rowcount)
        return _Rows(self._metadata, self._rows(cursor.fetchall()))

    def _rows(self, rows: list[Any]) -> Sequence[Any]:
        if not self._converts:
            return rows
        return [self._converted(list(row)) for row in rows]

    def _converted(self, row: list[Any]) -> tuple[Any, ...]:
        for place, convert in self._converts:
            row[place] = convert(row[place])
        return tuple(row)


class _UnfoldedPlan(_Plan):
    """A plan for lists of certain lengths."""

    def __init__(
        self,
        sql: str,
        binds: Sequence[_Bind],
        columns: Mapping[str, _Convert | None],
        lists: frozenset[str],
    ) -> None:
        super().__init__(sql, binds, columns)
        self._binds = binds
        self._lists = lists

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Return the values by position, each list as its items."""
        values: list[Any] = []
        for name, default, convert in self._binds:
            value = given.get(name, default)
            items = value if name in self._lists else (value,)
            values += items if convert is None else map(convert, items)
        return values


class _Lists:
    """The plans of a statement with lists in IN: one for each combination of lengths."""

    def __init__(
        self,
        compiled: SQLCompiler,
        binds: Sequence[_Bind],
        columns: Mapping[str, _Convert | None],
        lists: frozenset[str],
    ) -> None:
        self._compiled = compiled
        self._binds = binds
        self._columns = columns
        self._lists = lists
        self._inside = {name: value for name, value, _ in binds if name in lists}
        self._plans: dict[tuple[int, ...], _Plan] = {}

    def plan(self, given: Mapping[str, Any]) -> _Plan | None:
        """Return how lists as long as those given are run; of none at all SQLAlchemy's way."""
        lists = {**self._inside, **given}
        lengths = tuple(len(lists[name]) for name in self._lists)
        if 0 in lengths:
            return None
        plan = self._plans.get(lengths)
        if plan is None:
            text = self._compiled.construct_expanded_state(given).statement
            plan = _UnfoldedPlan(text, self._binds, self._columns, self._lists)
            self._plans[lengths] = plan
        return plan


def _plan(dialect: sa.Dialect, statement: Any, parameters: Any) -> _Plan | None:
    first = parameters if isinstance(parameters, dict) else parameters[0]
    names = tuple(first)
    kept: tuple[ref[Any], _Plans] | None = statement.__dict__.get(_KEPT)
    if kept is None or kept[0]() is not statement:
        kept = statement.__dict__[_KEPT] = (ref(statement), {})
    plans = kept[1]
    if names not in plans:
        plans[names] = _prepare(dialect, statement, names)
    if first is not parameters and any(tuple(row) != names for row in parameters):
        return None
    found = plans[names]
    if isinstance(found, _Lists):
        return found.plan(parameters) if first is parameters else None
    return found


def _prepare(dialect: sa.Dialect, statement: Any, names: tuple[str, ...]) -> _Plan | _Lists | None:
    """Return how the statement is run; None leaves it, and its errors, to SQLAlchemy."""
    try:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
    except sa.exc.SQLAlchemyError:
        return None
    if not isinstance(compiled, SQLCompiler) or not _is_plain(compiled):
        return None
    binds: list[_Bind] = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        if bind.callable is not None or (bind.required and bind.key not in names):
            return None
        convert = _into(dialect, bind.type)
        binds.append((bind.key, bind.value, convert))
    columns = _columns(dialect, statement)
    if columns is None:
        return None
    lists = frozenset(bind.key for bind in compiled.post_compile_params)
    if lists:
        return _Lists(compiled, binds, columns, lists)
    return _Plan(str(compiled), binds, columns)


def _into(dialect: sa.Dialect, kind: Any) -> _Convert | None:
    """Return what makes a value of the driver's; that of our types in one call, not three."""
    implied = kind.dialect_impl(dialect)
    if isinstance(implied, TypeDecorator) and implied.impl_instance.bind_processor(dialect) is None:
        return partial(implied.process_bind_param, dialect=dialect)
    found: _Convert | None = implied.bind_processor(dialect)
    return found


def _out_of(dialect: sa.Dialect, kind: Any) -> _Convert | None:
    implied = kind.dialect_impl(dialect)
    is_ours = isinstance(implied, TypeDecorator)
    if is_ours and implied.impl_instance.result_processor(dialect, None) is None:
        return partial(implied.process_result_value, dialect=dialect)
    found: _Convert | None = implied.result_processor(dialect, None)
    return found


def _columns(dialect: sa.Dialect, statement: Any) -> dict[str, _Convert | None] | None:
    """Return how each column of a row is converted; None where two have one name."""
    returned = statement.exported_columns
    columns = {key: _out_of(dialect, column.type) for key, column in returned.items()}
    return columns if len(columns) == len(list(returned)) else None


def _is_plain(compiled: SQLCompiler) -> bool:
    """Say whether the text stands and no value is made by SQLAlchemy on the way."""
    return not (
        compiled.literal_execute_params
        or compiled.insert_prefetch
        or compiled.update_prefetch
        or compiled.implicit_returning
    )
