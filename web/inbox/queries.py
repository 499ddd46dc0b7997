"""The inbox as a read model: a page is one walk along an index for each owner of tasks.

Owners are the person, each of its groups, and whoever else a task was offered to. Each walk
stops at the size of a page; what they found is merged, and only then are whole rows read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db.types import UtcTime
from laufzettel.engine.tables import task_offer, user_task
from laufzettel.errors import InputError
from laufzettel.records.tables import person
from laufzettel.web.inbox.baskets import (
    COUNT_MAX,
    PAGE_SIZE,
    PAGE_SIZE_MAX,
    Basket,
    Counts,
    Due,
    Filters,
    Page,
    Reader,
    Remarked,
    Row,
    count_text,
    days,
)
from laufzettel.web.inbox.cursor import Cursor
from laufzettel.web.inbox.shape import (
    Shape,
    Word,
    shape_of,
    values_of,
    values_of_due,
    values_of_reader,
)

__all__ = [
    "Basket",
    "Counts",
    "Cursor",
    "Due",
    "Filters",
    "Page",
    "Reader",
    "Remarked",
    "Row",
    "count_text",
    "counts",
    "page",
]

_NO_FILTERS: Final = Filters()
# Written out, because a partial index is used only where its condition stands in the query.
_OPEN: Final = user_task.c.status == sa.literal_column("'open'")
_SEARCHED: Final = (user_task.c.subject, user_task.c.party, user_task.c.name, user_task.c.unit)
_COLUMNS: Final = (
    *("id", "case_id", "name", "subject", "party", "amount", "currency", "unit", "act_by"),
    *("outer_date", "stake", "due", "follow_up", "assignee", "group_", "remarks", "duties"),
    *("confidential", "created_at", "sort_at"),
)
_bind = sa.bindparam


def page(
    connection: sa.Connection,
    reader: Reader,
    basket: Basket,
    filters: Filters = _NO_FILTERS,
    after: Cursor | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """Return a page of the basket, the earliest last day to act first.

    ``after`` is a cursor of a page before: its ``next`` or its ``previous``. Raises InputError
    for a size that is none, and for a search text that is too long.
    """
    if not 1 <= size <= PAGE_SIZE_MAX:
        raise InputError(f"Eine Seite hat 1 bis {PAGE_SIZE_MAX} Zeilen.")
    direction = None if after is None else after.is_backward
    statement = _page_statement(shape_of(reader, basket, filters), direction, size + 1)
    values = values_of(reader, filters)
    if after is not None:
        values |= {"edge_at": after.sort_at, "edge_id": after.id}
    rows = connection.execute(statement, values).all()
    return _as_page([_as_row(row) for row in rows], after, size)


def counts(connection: sa.Connection, reader: Reader, basket: Basket = Basket.MINE) -> Counts:
    """Return how many tasks each basket has, and ``basket`` of each kind of urgency."""
    values = values_of_reader(reader)
    for due in Due:
        values |= values_of_due(due, reader)
    row = connection.execute(_counts_statement(basket, len(reader.groups)), values).one()
    found = [min(count, COUNT_MAX + 1) for count in row]
    return Counts(
        baskets=dict(zip(Basket, found[: len(Basket)], strict=True)),
        due=dict(zip(Due, found[len(Basket) :], strict=True)),
    )


# --- the owners' walks -------------------------------------------------------------------------

#: A query of an owner's tasks, and its columns of time and task.
_Arm = tuple[sa.Select[Any], sa.ColumnElement[Any], sa.ColumnElement[Any]]


def _arms(shape: Shape) -> Iterator[_Arm]:
    """Yield a query for each owner whose tasks the basket holds."""
    yield from _own_arms(shape)
    if shape.basket is not Basket.MINE:
        for recipient in _recipients(shape):
            yield _offered(task_offer.c.recipient == recipient, shape)


def _own_arms(shape: Shape) -> Iterator[_Arm]:
    """Yield a query for each owner that the task itself names; they share no task."""
    if shape.basket is not Basket.GROUP:
        yield _own(user_task.c.assignee == _bind("person"), shape)
    if shape.basket is not Basket.MINE:
        for group in _groups(shape):
            is_free = sa.and_(user_task.c.group_ == group, user_task.c.assignee.is_(None))
            yield _own(is_free, shape)


def _groups(shape: Shape) -> list[sa.BindParameter[Any]]:
    return [_bind(f"group_{place}") for place in range(shape.groups)]


def _recipients(shape: Shape) -> list[sa.BindParameter[Any]]:
    return [_bind(f"recipient_{place}") for place in range(shape.groups + 1)]


def _own(owner: sa.ColumnElement[bool], shape: Shape) -> _Arm:
    table = user_task.c
    where = (table.tenant == _bind("tenant"), _OPEN, owner)
    query = sa.select(table.sort_at, table.id)
    query = query.where(*where, *_shown(table, shape), *_narrowed(shape))
    return query, table.sort_at, table.id


def _offered(recipient: sa.ColumnElement[bool], shape: Shape) -> _Arm:
    table = task_offer.c
    where = (table.tenant == _bind("tenant"), recipient)
    query = sa.select(table.sort_at, table.task_id.label("id")).where(*where, *_shown(table, shape))
    if narrowed := list(_narrowed(shape)):
        query = query.join(user_task, user_task.c.id == table.task_id).where(*narrowed)
    return query, table.sort_at, table.task_id


def _shown(table: Any, shape: Shape) -> Iterator[sa.ColumnElement[bool]]:
    """Yield what tasks and offers can both answer: put off or not, and by when to act."""
    if shape.basket is Basket.FOLLOW_UP:
        yield table.follow_up > _bind("now")
    else:
        yield sa.or_(table.follow_up.is_(None), table.follow_up <= _bind("now"))
    if shape.due is None:
        return
    first, behind = days(shape.due, date.min)  # of which only counts whether there are any
    if first is not None:
        yield table.sort_at >= _bind(f"{shape.due}_first")
    if behind is not None:
        yield table.sort_at < _bind(f"{shape.due}_behind")
    if shape.due is Due.SKONTO:
        yield table.stake > sa.literal_column("0")


def _narrowed(shape: Shape) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions that only the task itself can answer."""
    table = user_task.c
    if shape.has_min:
        yield table.amount >= _bind("amount_min")
    if shape.has_max:
        yield table.amount <= _bind("amount_max")
    if shape.has_unit:
        yield table.unit == _bind("unit")
    if shape.has_task_name:
        yield table.name == _bind("task_name")
    if shape.remarks is not None:
        yield (table.remarks != "") if shape.remarks is Remarked.WITH else (table.remarks == "")
    for place, word in enumerate(shape.words):
        yield sa.or_(*_found(place, word))


def _found(place: int, word: Word) -> Iterator[sa.ColumnElement[bool]]:
    for number in range(word.forms):
        for column in _SEARCHED:
            yield column.ilike(_bind(f"word_{place}_{number}", type_=sa.String()), escape="\\")
    if word.is_amount:
        yield user_task.c.amount == _bind(f"word_{place}_amount")


# --- statements --------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _page_statement(shape: Shape, is_backward: bool | None, limit: int) -> sa.Select[Any]:
    """Return the query of a page: from the first row, or on from a place in a direction."""
    arms = [_ordered(*arm, is_backward).limit(limit) for arm in _arms(shape)]
    found = sa.union(*(arm.subquery().select() for arm in arms)).subquery()
    holder = sa.and_(person.c.tenant == user_task.c.tenant, person.c.id == user_task.c.assignee)
    order = (found.c.sort_at, found.c.id)
    return (
        sa.select(*user_task.c[_COLUMNS], person.c.name.label("assignee_name"))
        .select_from(found)
        .join(user_task, user_task.c.id == found.c.id)
        .outerjoin(person, holder)
        .order_by(*(column.desc() if is_backward else column for column in order))
        .limit(limit)
    )


def _ordered(
    query: sa.Select[Any],
    sort_at: sa.ColumnElement[Any],
    task_id: sa.ColumnElement[Any],
    is_backward: bool | None,
) -> sa.Select[Any]:
    """Return the query with what lies behind the place, or before it, in that direction."""
    place = sa.tuple_(sort_at, task_id)
    edge = sa.tuple_(_bind("edge_at", type_=UtcTime()), _bind("edge_id", type_=sa.String()))
    if is_backward:
        return query.where(place < edge).order_by(sort_at.desc(), task_id.desc())
    behind = query if is_backward is None else query.where(place > edge)
    return behind.order_by(sort_at, task_id)


@lru_cache(maxsize=64)
def _counts_statement(basket: Basket, groups: int) -> sa.Select[*tuple[Any, ...]]:
    asked = [Shape(basket=one, groups=groups) for one in Basket]
    asked += [Shape(basket=basket, groups=groups, due=due) for due in Due]
    columns = [_count(shape).label(f"n{place}") for place, shape in enumerate(asked)]
    return sa.select(*columns)


def _count(shape: Shape) -> sa.ColumnElement[int]:
    """Return the number of a basket's tasks, as far as it is told.

    The groups share no task, so that counting stops as soon as there are enough; what was
    offered besides counts once, and only where no group of the reader has it already.
    """
    own = [query for query, _, _ in _own_arms(shape)]
    parts = [_limited(sa.union_all(*own))] if own else []
    if shape.basket is not Basket.MINE:
        parts.append(_limited(_offers_besides(shape)))
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _limited(query: Any) -> sa.ColumnElement[int]:
    rows = query.limit(COUNT_MAX + 1).subquery()
    return sa.select(sa.func.count()).select_from(rows).scalar_subquery()


def _offers_besides(shape: Shape) -> sa.Select[Any]:
    query, _, _ = _offered(task_offer.c.recipient.in_(_recipients(shape)), shape)
    besides = [task_offer.c.group_ != group for group in _groups(shape)]
    return query.with_only_columns(task_offer.c.task_id).where(*besides).distinct()


# --- rows --------------------------------------------------------------------------------------


def _as_row(row: Any) -> Row:
    return Row(
        id=row.id,
        case_id=row.case_id,
        name=row.name,
        subject=row.subject,
        party=row.party,
        amount=row.amount,
        currency=row.currency,
        unit=row.unit,
        act_by=row.act_by,
        outer_date=row.outer_date,
        stake=row.stake,
        due=row.due,
        follow_up=row.follow_up,
        assignee=row.assignee,
        assignee_name=row.assignee_name or row.assignee or "",
        group=row.group_,
        remarks=_codes(row.remarks),
        duties=_codes(row.duties),
        confidential=row.confidential,
        created_at=row.created_at,
        sort_at=row.sort_at,
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(code for code in text.split(",") if code)


def _as_page(rows: Sequence[Row], after: Cursor | None, size: int) -> Page:
    """Return the page of ``rows``, of which there may be one more than it holds."""
    has_more, kept = len(rows) > size, tuple(rows[:size])
    if after is not None and after.is_backward:
        kept = kept[::-1]
        next_ = _at(kept[-1] if kept else after)
        return Page(rows=kept, next=next_, previous=_before(kept[0]) if has_more else None)
    previous = None if after is None else _before(kept[0] if kept else after)
    return Page(rows=kept, next=_at(kept[-1]) if has_more else None, previous=previous)


def _at(place: Row | Cursor) -> Cursor:
    return Cursor(sort_at=place.sort_at, id=place.id)


def _before(place: Row | Cursor) -> Cursor:
    return Cursor(sort_at=place.sort_at, id=place.id, is_backward=True)
