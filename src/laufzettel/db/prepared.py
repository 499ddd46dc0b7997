"""SQLite statements that were built once, run without the way through SQLAlchemy each time.

A statement built at module level and run with its values as a dict is compiled at its first
run; from then on its values go straight to the driver and its rows straight back, types
converted as SQLAlchemy would. That is a fifth of the time (docs/performance.md). Everything
else (statements with values inside, lists in IN, PostgreSQL, listeners on the engine) takes
SQLAlchemy's own way, so nobody has to know which way a statement takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler

#: What is prepared; text and everything else is left to SQLAlchemy.
_KINDS = (sa.Select, sa.Insert, sa.Update, sa.Delete)

_Convert = Callable[[Any], Any]
#: Statement -> names of its values -> how it is run; None: not in this way.
_plans: WeakKeyDictionary[Any, dict[tuple[str, ...], _Plan | None]] = WeakKeyDictionary()


class PreparingConnection(sa.Connection):
    """A connection that remembers how its statements are run."""

    def execute(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """Run the statement; as ``sa.Connection.execute`` in every respect but time."""
        if parameters and not options and isinstance(statement, _KINDS):
            has_listeners = self._has_events or self.engine._has_events
            plan = None if has_listeners else _plan(self.dialect, statement, parameters)
            if plan is not None:
                return self._run(plan, parameters)
        return super().execute(statement, parameters, **options)

    def _run(self, plan: _Plan, parameters: Any) -> Any:
        if not self.in_transaction():
            self.begin()
        driver: Any = self.connection.driver_connection
        try:
            if isinstance(parameters, dict):
                cursor = driver.execute(plan.sql, plan.values(parameters))
            else:
                cursor = driver.executemany(plan.sql, map(plan.values, parameters))
            return plan.result(cursor)
        except self.dialect.loaded_dbapi.Error as error:
            base: Any = self.dialect.loaded_dbapi.Error
            raise sa.exc.DBAPIError.instance(
                plan.sql, parameters, error, base, dialect=self.dialect
            ) from error


class _Changed:
    """What a statement without rows gives back."""

    def __init__(self, rowcount: int) -> None:
        self.rowcount = rowcount


class _Plan:
    """How one statement with values of these names is run."""

    def __init__(
        self,
        sql: str,
        binds: Sequence[tuple[str, Any, _Convert | None]],
        columns: Mapping[str, _Convert | None],
    ) -> None:
        self.sql = sql
        self._binds = binds  # (name, value where none is given, conversion), by position
        self._metadata = SimpleResultMetaData(list(columns)) if columns else None
        self._converts = [(n, each) for n, each in enumerate(columns.values()) if each is not None]

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Return the values by position, as the driver takes them."""
        values = []
        for name, default, convert in self._binds:
            value = given.get(name, default)
            values.append(value if convert is None else convert(value))
        return values

    def result(self, cursor: Any) -> Any:
        """Return the rows, or how many were changed."""
        if self._metadata is None:
            return _Changed(cursor.rowcount)
        return IteratorResult(self._metadata, iter(self._rows(cursor.fetchall())))

    def _rows(self, rows: list[Any]) -> Iterable[Any]:
        if not self._converts:
            return rows
        return [self._converted(list(row)) for row in rows]

    def _converted(self, row: list[Any]) -> tuple[Any, ...]:
        for place, convert in self._converts:
            row[place] = convert(row[place])
        return tuple(row)


def _plan(dialect: sa.Dialect, statement: Any, parameters: Any) -> _Plan | None:
    first = parameters if isinstance(parameters, dict) else parameters[0]
    names = tuple(first)
    plans = _plans.get(statement)
    if plans is None:
        plans = _plans[statement] = {}
    if names not in plans:
        plans[names] = _prepare(dialect, statement, names)
    if first is not parameters and any(tuple(row) != names for row in parameters):
        return None
    return plans[names]


def _prepare(dialect: sa.Dialect, statement: Any, names: tuple[str, ...]) -> _Plan | None:
    """Return how the statement is run; None leaves it, and its errors, to SQLAlchemy."""
    try:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
    except sa.exc.SQLAlchemyError:
        return None
    if not isinstance(compiled, SQLCompiler) or not _is_plain(compiled):
        return None
    binds = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        if bind.callable is not None or (bind.required and bind.key not in names):
            return None
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        binds.append((bind.key, bind.value, convert))
    returned = statement.exported_columns
    columns = {
        key: column.type.dialect_impl(dialect).result_processor(dialect, None)
        for key, column in returned.items()
    }
    if len(columns) != len(list(returned)):
        return None  # two columns of one name
    return _Plan(str(compiled), binds, columns)


def _is_plain(compiled: SQLCompiler) -> bool:
    """Say whether the text stands and no value is made by SQLAlchemy on the way."""
    return not (
        compiled.post_compile_params
        or compiled.literal_execute_params
        or compiled.insert_prefetch
        or compiled.update_prefetch
        or compiled.implicit_returning
    )
