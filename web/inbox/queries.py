"""The inbox as a read model: a page is one walk along an index for each owner of tasks.

Owners are the person, each of its groups, and whoever else a task was offered to. Each walk
stops at the size of a page; what they found is merged, and only then are whole rows read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

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
    morning,
)
from laufzettel.web.inbox.cursor import Cursor

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

#: Longest search text, and most words of it.
TEXT_MAX: Final = 200
WORDS_MAX: Final = 8

_AMOUNT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{3})*,[0-9]{2}|[0-9]{1,12},[0-9]{2}", re.ASCII)
_NO_FILTERS: Final = Filters()
# Written out, because a partial index is used only where its condition stands in the query.
_OPEN: Final = user_task.c.status == sa.literal_column("'open'")
_SEARCHED: Final = (user_task.c.subject, user_task.c.party, user_task.c.name, user_task.c.unit)


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
    arms = [
        _ordered(arm, at, task_id, after, size + 1)
        for arm, at, task_id in _arms(reader, basket, filters)
    ]
    found = sa.union(*(arm.subquery().select() for arm in arms)).subquery()
    rows = connection.execute(_whole(found, after, size + 1)).all()
    return _as_page([_as_row(row) for row in rows], after, size)


def counts(connection: sa.Connection, reader: Reader, basket: Basket = Basket.MINE) -> Counts:
    """Return how many tasks each basket has, and ``basket`` of each kind of urgency."""
    asked = [(one, _NO_FILTERS) for one in Basket]
    asked += [(basket, Filters(due=due)) for due in Due]
    columns = [_count(reader, *each).label(f"n{place}") for place, each in enumerate(asked)]
    found = [min(count, COUNT_MAX + 1) for count in connection.execute(sa.select(*columns)).one()]
    return Counts(
        baskets=dict(zip(Basket, found[: len(Basket)], strict=True)),
        due=dict(zip(Due, found[len(Basket) :], strict=True)),
    )


#: A query of an owner's tasks, and its columns of time and task.
_Arm = tuple[sa.Select[Any], sa.ColumnElement[Any], sa.ColumnElement[Any]]


def _arms(reader: Reader, basket: Basket, filters: Filters) -> Iterator[_Arm]:
    """Yield a query for each owner whose tasks the basket holds."""
    if basket is not Basket.GROUP:
        yield _own(user_task.c.assignee == reader.person, reader, basket, filters)
    if basket is not Basket.MINE:
        for group in sorted(reader.groups):
            yield _own(_unclaimed(group), reader, basket, filters)
        for recipient in _recipients(reader):
            yield _offered(task_offer.c.recipient == recipient, reader, basket, filters)


def _unclaimed(group: str) -> sa.ColumnElement[bool]:
    return sa.and_(user_task.c.group_ == group, user_task.c.assignee.is_(None))


def _recipients(reader: Reader) -> list[str]:
    return [f"person:{reader.person}", *(f"group:{group}" for group in sorted(reader.groups))]


def _own(owner: sa.ColumnElement[bool], reader: Reader, basket: Basket, filters: Filters) -> _Arm:
    table = user_task.c
    where = (table.tenant == reader.tenant, _OPEN, owner)
    shown = _shown(table, reader, basket, filters)
    query = sa.select(table.sort_at, table.id).where(*where, *shown, *_narrowed(filters))
    return query, table.sort_at, table.id


def _offered(
    recipient: sa.ColumnElement[bool], reader: Reader, basket: Basket, filters: Filters
) -> _Arm:
    table = task_offer.c
    where = (table.tenant == reader.tenant, recipient)
    shown = _shown(table, reader, basket, filters)
    query = sa.select(table.sort_at, table.task_id.label("id")).where(*where, *shown)
    narrowed = list(_narrowed(filters))
    if narrowed:
        query = query.join(user_task, user_task.c.id == table.task_id).where(*narrowed)
    return query, table.sort_at, table.task_id


def _shown(
    table: Any, reader: Reader, basket: Basket, filters: Filters
) -> Iterator[sa.ColumnElement[bool]]:
    """Yield what tasks and offers can both answer: put off or not, and by when to act."""
    if basket is Basket.FOLLOW_UP:
        yield table.follow_up > reader.now
    else:
        yield sa.or_(table.follow_up.is_(None), table.follow_up <= reader.now)
    if filters.due is None:
        return
    first, behind = days(filters.due, reader.today)
    if first is not None:
        yield table.sort_at >= morning(first)
    if behind is not None:
        yield table.sort_at < morning(behind)
    if filters.due is Due.SKONTO:
        yield table.stake > Decimal(0)


def _narrowed(filters: Filters) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions that only the task itself can answer."""
    table = user_task.c
    if filters.amount_min is not None:
        yield table.amount >= filters.amount_min
    if filters.amount_max is not None:
        yield table.amount <= filters.amount_max
    if filters.unit:
        yield table.unit == filters.unit
    if filters.task_name:
        yield table.name == filters.task_name
    if filters.remarks is not None:
        yield table.remarks != "" if filters.remarks is Remarked.WITH else table.remarks == ""
    yield from _words(filters.text)


def _words(text: str) -> Iterator[sa.ColumnElement[bool]]:
    if len(text) > TEXT_MAX or "\0" in text:
        raise InputError(f"Der Suchtext ist nicht lesbar oder länger als {TEXT_MAX} Zeichen.")
    for word in text.split()[:WORDS_MAX]:
        found: list[sa.ColumnElement[bool]] = [
            column.ilike(f"%{_escaped(form)}%", escape="\\")
            for form in _forms(word)
            for column in _SEARCHED
        ]
        if _AMOUNT.fullmatch(word):
            amount = Decimal(word.replace(".", "").replace(",", "."))
            found.append(user_task.c.amount == amount)
        yield sa.or_(*found)


def _forms(word: str) -> list[str]:
    """Return the word as it may be written: SQLite knows no small and great umlauts."""
    if word.isascii():
        return [word]
    return list(dict.fromkeys((word, word.lower(), word.upper(), word.capitalize())))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _ordered(
    query: sa.Select[Any],
    sort_at: sa.ColumnElement[Any],
    task_id: sa.ColumnElement[Any],
    after: Cursor | None,
    limit: int,
) -> sa.Select[Any]:
    """Return the query with what lies behind the cursor, or before it, in that direction."""
    if after is None:
        return query.order_by(sort_at, task_id).limit(limit)
    place = sa.tuple_(sort_at, task_id)
    edge = sa.tuple_(
        sa.literal(after.sort_at, user_task.c.sort_at.type), sa.literal(after.id, sa.String())
    )
    if after.is_backward:
        return query.where(place < edge).order_by(sort_at.desc(), task_id.desc()).limit(limit)
    return query.where(place > edge).order_by(sort_at, task_id).limit(limit)


def _whole(found: sa.Subquery, after: Cursor | None, limit: int) -> sa.Select[Any]:
    """Return the query of the rows found, in the direction of the cursor."""
    holder = sa.and_(person.c.tenant == user_task.c.tenant, person.c.id == user_task.c.assignee)
    query = (
        sa.select(*user_task.c[_COLUMNS], person.c.name.label("assignee_name"))
        .select_from(found)
        .join(user_task, user_task.c.id == found.c.id)
        .outerjoin(person, holder)
        .limit(limit)
    )
    if after is not None and after.is_backward:
        return query.order_by(found.c.sort_at.desc(), found.c.id.desc())
    return query.order_by(found.c.sort_at, found.c.id)


_COLUMNS: Final = (
    *("id", "case_id", "name", "subject", "party", "amount", "currency", "unit", "act_by"),
    *("outer_date", "stake", "due", "follow_up", "assignee", "group_", "remarks", "duties"),
    *("confidential", "created_at", "sort_at"),
)


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
    has_more, kept = len(rows) > size, rows[:size]
    if after is not None and after.is_backward:
        kept = kept[::-1]
        next_ = _beside(kept[-1]) if kept else Cursor(sort_at=after.sort_at, id=after.id)
        return Page(rows=tuple(kept), next=next_, previous=_before(kept[0]) if has_more else None)
    previous = None
    if after is not None:
        edge = kept[0] if kept else after
        previous = Cursor(sort_at=edge.sort_at, id=edge.id, is_backward=True)
    return Page(rows=tuple(kept), next=_beside(kept[-1]) if has_more else None, previous=previous)


def _beside(row: Row) -> Cursor:
    return Cursor(sort_at=row.sort_at, id=row.id)


def _before(row: Row) -> Cursor:
    return Cursor(sort_at=row.sort_at, id=row.id, is_backward=True)


def _count(reader: Reader, basket: Basket, filters: Filters) -> sa.ScalarSelect[int]:
    """Return the number of the basket's tasks, as far as it is told.

    The groups share no task, so that counting stops as soon as there are enough; what was
    offered besides counts once, and only where no group of the reader has it already.
    """
    own = [query for query, at, _ in _arms(reader, basket, filters) if at is user_task.c.sort_at]
    parts = [_limited(sa.union_all(*own))] if own else []
    if basket is not Basket.MINE:
        parts.append(_limited(_offers_besides(reader, basket, filters)))
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return sa.select(total).scalar_subquery()


def _limited(query: Any) -> sa.ColumnElement[int]:
    rows = query.limit(COUNT_MAX + 1).subquery()
    return sa.select(sa.func.count()).select_from(rows).scalar_subquery()


def _offers_besides(reader: Reader, basket: Basket, filters: Filters) -> sa.Select[Any]:
    recipient = task_offer.c.recipient.in_(_recipients(reader))
    query, _, _ = _offered(recipient, reader, basket, filters)
    besides = task_offer.c.group_.not_in(sorted(reader.groups))
    return query.with_only_columns(task_offer.c.task_id).where(besides).distinct()
