"""The inbox as it is usually written: OFFSET for the page, count(*) for the numbers.

It reads the same rows for the same people, with whole indexes of its own in the order it asks
for, so that it loses by its way of asking and by nothing else.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from bench._inbox_asks import Ask
from laufzettel.db import Database
from laufzettel.engine.tables import user_task
from laufzettel.records.tables import person
from laufzettel.web.inbox.baskets import Basket, Due, days, morning

_INDEXES: Final = (
    "CREATE INDEX rival_group ON user_task (tenant, status, group_, sort_at, id)",
    "CREATE INDEX rival_mine ON user_task (tenant, status, assignee, sort_at, id)",
)


class Rival:
    """Answers like our inbox, by counting."""

    def __init__(self, db: Database) -> None:
        self._db = db
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in _INDEXES:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("ANALYZE" if db.is_sqlite else "ANALYZE user_task")

    def depth(self, ask: Ask) -> int:
        """Return how many rows of the basket lie before the page."""
        if ask.after is None:
            return 0
        query = self._counted(ask, ask.basket).where(user_task.c.sort_at < ask.after.sort_at)
        with self._db.read() as connection:
            return int(connection.execute(query).scalar_one())

    def open(self, ask: Ask, depth: int) -> int:
        """Read the page and all counts; return how many rows the page has."""
        with self._db.read() as connection:
            rows = connection.execute(self._page(ask, depth)).all()
            for basket in Basket:
                connection.execute(self._counted(ask, basket)).scalar_one()
            for due in Due:
                connection.execute(self._due(ask, due)).scalar_one()
        return len(rows)

    def _page(self, ask: Ask, depth: int) -> sa.Select[Any]:
        holder = sa.and_(person.c.tenant == user_task.c.tenant, person.c.id == user_task.c.assignee)
        query = sa.select(user_task, person.c.name.label("who")).select_from(
            user_task.outerjoin(person, holder)
        )
        for word in ask.filters.text.split():
            query = query.where(user_task.c.party.ilike(f"%{word}%"))
        ordered = query.where(*self._where(ask, ask.basket))
        return ordered.order_by(user_task.c.sort_at, user_task.c.id).limit(50).offset(depth)

    def _counted(self, ask: Ask, basket: Basket) -> sa.Select[Any]:
        where = self._where(ask, basket)
        return sa.select(sa.func.count()).select_from(user_task).where(*where)

    def _due(self, ask: Ask, due: Due) -> sa.Select[Any]:
        first, behind = days(due, ask.reader.today)
        query = self._counted(ask, ask.basket)
        if first is not None:
            query = query.where(user_task.c.sort_at >= morning(first))
        if behind is not None:
            query = query.where(user_task.c.sort_at < morning(behind))
        return query if due is not Due.SKONTO else query.where(user_task.c.stake.is_not(None))

    def _where(self, ask: Ask, basket: Basket) -> list[sa.ColumnElement[bool]]:
        table, reader = user_task.c, ask.reader
        mine = table.assignee == reader.person
        free = sa.and_(table.assignee.is_(None), table.group_.in_(sorted(reader.groups)))
        owner = {Basket.MINE: mine, Basket.GROUP: free, Basket.FOLLOW_UP: sa.or_(mine, free)}
        put_off = table.follow_up > reader.now
        shown = sa.or_(table.follow_up.is_(None), table.follow_up <= reader.now)
        return [
            table.tenant == reader.tenant,
            table.status == "open",
            owner[basket],
            put_off if basket is Basket.FOLLOW_UP else shown,
        ]
