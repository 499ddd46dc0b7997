"""How the databases find the pages: by indexes alone, however many tasks there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from tests.web.inbox.desk_rows import day, reader, task, write

from laufzettel.db import Database
from laufzettel.web.inbox.queries import Basket, Cursor, Filters, counts, page

ROWS = 20_000
READER = reader("yilmaz", "bauamt", "kasse")
MIDDLE = Cursor(sort_at=day(20), id="t")
BEFORE = Cursor(sort_at=day(20), id="t", is_backward=True)
PLACES = (None, MIDDLE, BEFORE)


def _task(number: int) -> dict[str, Any]:
    """One of 20,000: nine in ten are over, the others belong to four groups of two tenants."""
    group = ("bauamt", "kasse", "rpa", "poststelle")[number % 4]
    extra = ["bauamt"] if number % 4 == 2 else []
    return task(
        number,
        tenant=("musterstadt", "anderswo")[number % 7 == 0],
        status="open" if number % 10 < 3 else "completed",
        group_=group,
        groups=[group, *extra],
        assignee="yilmaz" if number % 9 == 0 else None if number % 10 < 3 else "brandt",
        act_by=day(number % 60),
        stake=Decimal("12.00") if number % 3 else None,
        follow_up=day(5) if number % 50 == 1 else None,
    )


@pytest.fixture(scope="module")
def db(shared_url: str) -> Iterator[Database]:
    """A database with many tasks, and figures about them for its planner."""
    db = write(shared_url, map(_task, range(ROWS)))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE")
    yield db
    db.close()


def plan(db: Database, look: Any) -> str:
    """Return how the database finds what ``look`` asks for."""
    seen: list[tuple[str, Any]] = []
    heard = (db.engine, "before_cursor_execute", lambda _c, _cur, *asked: seen.append(asked[:2]))
    sa.event.listen(*heard)
    with db.read() as connection:
        look(connection)
        sa.event.remove(*heard)
        assert len(seen) == 1
        explain = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
        rows = connection.exec_driver_sql(explain + seen[0][0], seen[0][1]).all()
    return "\n".join(str(row[-1]) for row in rows)


@pytest.mark.parametrize("after", PLACES, ids=["first", "behind", "before"])
@pytest.mark.parametrize("basket", Basket)
def test_a_page_is_found_by_indexes_alone(
    basket: Basket, after: Cursor | None, db: Database
) -> None:
    found = plan(db, lambda connection: page(connection, READER, basket, after=after))

    expected = {
        Basket.MINE: {"ix_user_task_mine"},
        Basket.GROUP: {"ix_user_task_group"},
        Basket.FOLLOW_UP: {"ix_user_task_mine_later", "ix_user_task_group_later"},
    }
    assert set(re.findall(r"ix_user_task_(?:mine|group)\w*", found)) == expected[basket]
    if db.is_sqlite:
        assert not re.search(r"SCAN (user_task|task_offer)", found)
        assert _sorted_by_sqlite(found) <= {"ORDER BY", "UNION"}
    else:
        assert "Seq Scan on user_task" not in found
        assert "Seq Scan on task_offer" not in found
        assert max(_sorted_by_postgres(found), default=0) <= 51 * 5


def _sorted_by_sqlite(found: str) -> set[str]:
    """Return what is sorted outside of the walks, each of which its limit ends."""
    assert "LAST TERM OF ORDER BY" not in found
    walks = [line for line in found.splitlines() if "SEARCH" in line and "ix_user_task" in line]
    assert all("tenant=? AND" in line for line in walks)
    return set(re.findall(r"USE TEMP B-TREE FOR (ORDER BY|UNION)", found)) | (
        {"UNION"} if "UNION USING TEMP B-TREE" in found else set()
    )


def _sorted_by_postgres(found: str) -> list[int]:
    """Return how many rows each sort expects."""
    return [int(rows) for rows in re.findall(r"(?<!Incremental )Sort  \(.*?rows=(\d+)", found)]


def test_counting_reads_the_indexes_and_stops_at_a_thousand(db: Database) -> None:
    found = plan(db, lambda connection: counts(connection, READER, Basket.GROUP))

    if db.is_sqlite:
        walks = [line for line in found.splitlines() if "ix_user_task" in line]
        assert walks
        assert all("USING COVERING INDEX" in line for line in walks)
        assert "SCAN user_task" not in found
    else:
        assert "Seq Scan on user_task" not in found
        assert "Index Only Scan using ix_user_task_group" in found
        assert "Limit" in found


def test_a_search_walks_the_basket_and_nothing_else(db: Database) -> None:
    found = plan(
        db,
        lambda connection: page(connection, READER, Basket.GROUP, Filters(text="tiefbau")),
    )

    assert "ix_user_task_group" in found
    assert "Seq Scan on user_task" not in found
    assert "SCAN user_task" not in found
