"""Statements that were built once, run without the way through SQLAlchemy each time.

A statement built at module level and run with its values as a dict is compiled at its first
run; from then on its values go straight to the driver and its rows straight back, types
converted as SQLAlchemy would. That is a fifth of the time (docs/performance.md). A list in IN
is unfolded once for each of its lengths. Everything else (statements run without a dict of
values, listeners on the engine) takes SQLAlchemy's own way, so nobody has to know which way a
statement takes. ``connections`` runs the plans that are made here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final
from weakref import ref

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler

from laufzettel.db.types import Cents, Json, PackedBytes, UtcTime

#: What is prepared; text that does not name its columns and everything else is left to
#: SQLAlchemy.
KINDS: Final = (sa.Select, sa.Insert, sa.Update, sa.Delete, sa.TextualSelect)

#: Types that convert in both directions, by themselves alone.
_OURS: Final = (Cents, Json, PackedBytes, UtcTime)

_Convert = Callable[[Any], Any]
#: Names of the values -> how a statement is run with them; None: not in this way.
_Plans = dict[tuple[str, ...], "Plan | _Lists | None"]
#: Where a statement keeps its plans for a database, with a reference to itself: a statement that
#: is made from it takes over what lies in it, and must not take those.
_KEPT: Final = {name: f"_laufzettel_{name}_plans" for name in ("sqlite", "postgresql")}


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


class Plan:
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


class _Unfolded(Plan):
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
        self._plans: dict[tuple[int, ...], Plan] = {}

    def plan(self, given: Mapping[str, Any]) -> Plan | None:
        """Return how lists as long as those given are run; of none at all SQLAlchemy's way."""
        lists = {**self._inside, **given}
        lengths = tuple(len(lists[name]) for name in self._lists)
        if 0 in lengths:
            return None
        plan = self._plans.get(lengths)
        if plan is None:
            text = self._compiled.construct_expanded_state(given).statement
            plan = _Unfolded(text, self._binds, self._columns, self._lists)
            self._plans[lengths] = plan
        return plan


def plan_of(dialect: sa.Dialect, statement: Any, parameters: Any) -> Plan | None:
    """Return how the statement is run with such values; None: by SQLAlchemy."""
    first = parameters if isinstance(parameters, dict) else parameters[0]
    names = tuple(first)
    name = _KEPT[dialect.name]
    kept: tuple[ref[Any], _Plans] | None = statement.__dict__.get(name)
    if kept is None or kept[0]() is not statement:
        kept = statement.__dict__[name] = (ref(statement), {})
    plans = kept[1]
    if names not in plans:
        plans[names] = _prepare(dialect, statement, names)
    if first is not parameters and any(tuple(row) != names for row in parameters):
        return None
    found = plans[names]
    if isinstance(found, _Lists):
        return found.plan(parameters) if first is parameters else None
    return found


def _prepare(dialect: sa.Dialect, statement: Any, names: tuple[str, ...]) -> Plan | _Lists | None:
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
    return Plan(str(compiled), binds, columns)


def _into(dialect: sa.Dialect, kind: Any) -> _Convert | None:
    """Return what makes a value of the driver's; that of our types in one call, not three."""
    implied = kind.dialect_impl(dialect)
    is_plain = isinstance(implied, _OURS) and implied.impl_instance.bind_processor(dialect) is None
    if is_plain:
        return partial(implied.process_bind_param, dialect=dialect)
    found: _Convert | None = implied.bind_processor(dialect)
    return found


def _out_of(dialect: sa.Dialect, kind: Any) -> _Convert | None:
    implied = kind.dialect_impl(dialect)
    if isinstance(implied, _OURS) and implied.impl_instance.result_processor(dialect, None) is None:
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
