"""Statements that were built once give the same rows and errors in a fraction of the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.db.prepared import plan_of
from laufzettel.db.types import Cents, Json, UtcTime

TABLE = sa.Table(
    "prepared_statement",
    sa.MetaData(),
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("amount", Cents),
    sa.Column("at", UtcTime),
    sa.Column("data", Json),
    sa.Column("is_open", sa.Boolean, nullable=False, server_default=sa.true()),
)
ROW = {
    "id": "1",
    "amount": Decimal("12.50"),
    "at": datetime(2026, 11, 23, 8, tzinfo=UTC),
    "data": {"b": 1, "a": [True, None]},
}
INSERT = sa.insert(TABLE)
BY_ID = sa.select(TABLE).where(TABLE.c.id == sa.bindparam("of_id"))
CLOSE = sa.update(TABLE).where(TABLE.c.id == sa.bindparam("of_id")).values(is_open=False)
CHANGE = sa.update(TABLE).where(TABLE.c.id == sa.bindparam("of_id"))
FIRST = sa.select(TABLE.c.id).where(TABLE.c.amount > sa.bindparam("above")).limit(1)
AMONG = sa.select(TABLE.c.id).where(TABLE.c.id.in_(sa.bindparam("ids", expanding=True)))
AMONG_OPEN = sa.select(TABLE.c.at).where(
    TABLE.c.amount.in_(sa.bindparam("amounts", expanding=True)),
    TABLE.c.at <= sa.bindparam("until"),
    TABLE.c.id.in_(sa.bindparam("ids", expanding=True)),
)
STANDING = sa.select(TABLE.c.id).where(
    TABLE.c.id.in_(["1", "7"]), TABLE.c.at <= sa.bindparam("until")
)
ALL = sa.select(TABLE.c.id, TABLE.c.at).order_by(TABLE.c.id)
TEXT = (
    sa.text(
        "SELECT t.id, t.amount FROM prepared_statement AS t WHERE t.at <= :now AND t.id IN :ids"
    )
    .bindparams(sa.bindparam("now", type_=UtcTime), sa.bindparam("ids", expanding=True))
    .columns(id=sa.String, amount=Cents)
)
TAKE = sa.delete(TABLE).where(TABLE.c.id == sa.bindparam("of_id")).returning(TABLE.c.at)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database with the table and one row."""
    database = Database(database_url)
    with database.write() as connection:
        TABLE.create(connection)
        connection.execute(INSERT, ROW)
    yield database
    database.close()


@pytest.fixture
def watched(db: Database) -> Iterator[Database]:
    """The same database with a listener, so that every statement goes SQLAlchemy's way."""
    database = Database(db.url.render_as_string(hide_password=False))
    sa.event.listen(database.engine, "before_cursor_execute", lambda *_: None)
    yield database
    database.close()


def read(db: Database, statement: Any, values: dict[str, Any]) -> list[dict[str, Any]]:
    with db.read() as connection:
        return [dict(row) for row in connection.execute(statement, values).mappings()]


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        pytest.param(BY_ID, {"of_id": "1"}, id="a row with every type"),
        pytest.param(BY_ID, {"of_id": "2"}, id="no row"),
        pytest.param(FIRST, {"above": Decimal("1.00")}, id="a value inside, a value given"),
        pytest.param(AMONG, {"ids": ["1", "2"]}, id="a list"),
        pytest.param(AMONG, {"ids": []}, id="an empty list"),
        pytest.param(
            AMONG_OPEN,
            {"amounts": [Decimal("12.50")], "until": ROW["at"], "ids": ["2", "1", "3"]},
            id="two lists around a value",
        ),
        pytest.param(STANDING, {"until": ROW["at"]}, id="a list that stands in the statement"),
        pytest.param(ALL, {}, id="no value at all"),
        pytest.param(TEXT, {"now": ROW["at"], "ids": ["1", "2"]}, id="text that names its columns"),
    ],
)
def test_both_ways_give_the_same_rows(
    db: Database, watched: Database, statement: Any, values: dict[str, Any]
) -> None:
    """At the first run and at the next ones."""
    expected = read(watched, statement, values)

    assert [read(db, statement, values) for _ in range(3)] == [expected] * 3


def test_lists_of_different_lengths_do_not_get_in_each_others_way(db: Database) -> None:
    """Each length has its own text."""
    found = [read(db, AMONG, {"ids": ids}) for ids in (["2"], ["2", "1"], [], ["1"], ["3", "1"])]

    assert [len(rows) for rows in found] == [0, 1, 0, 1, 1]


def test_a_row_comes_back_with_its_types(db: Database) -> None:
    """Money exact, time in UTC, JSON as it was, also by attribute."""
    with db.read() as connection:
        row = connection.execute(BY_ID, {"of_id": "1"}).one()

    assert (row.amount, row.at, row.data, row.is_open) == (
        Decimal("12.50"),
        datetime(2026, 11, 23, 8, tzinfo=UTC),
        {"a": [True, None], "b": 1},
        True,
    )


def test_changes_say_how_many_rows_they_reached(db: Database) -> None:
    """The compare-and-set of everything."""
    with db.write() as connection:
        assert connection.execute(CLOSE, {"of_id": "1"}).rowcount == 1
        assert connection.execute(CLOSE, {"of_id": "2"}).rowcount == 0

    assert read(db, BY_ID, {"of_id": "1"})[0]["is_open"] is False


def test_the_names_of_the_values_decide_which_columns_change(db: Database) -> None:
    """One statement, two sets of columns."""
    with db.write() as connection:
        connection.execute(CHANGE, {"of_id": "1", "amount": Decimal("3.00")})
        connection.execute(CHANGE, {"of_id": "1", "data": None, "amount": None})

    row = read(db, BY_ID, {"of_id": "1"})[0]
    assert (row["amount"], row["data"]) == (None, None)


def test_a_statement_made_from_a_prepared_one_is_another_one(db: Database) -> None:
    """No text is taken over from the statement it was made from."""
    read(db, BY_ID, {"of_id": "1"})
    closed = BY_ID.where(TABLE.c.is_open == sa.bindparam("is_open"))

    assert read(db, closed, {"of_id": "1", "is_open": False}) == []


def test_returned_rows_are_converted(db: Database) -> None:
    """A delete may tell what it took."""
    with db.write() as connection:
        assert connection.execute(TAKE, {"of_id": "1"}).scalar_one() == ROW["at"]
        assert connection.execute(TAKE, {"of_id": "1"}).first() is None


def test_many_rows_at_once_are_all_written(db: Database) -> None:
    """A list of values is one call of the driver."""
    rows = [{"id": str(number), "amount": Decimal(number)} for number in (2, 3, 4)]

    with db.write() as connection:
        connection.execute(INSERT, rows)

    found = read(db, AMONG, {"ids": ["2", "3", "4", "5"]})
    assert sorted(row["id"] for row in found) == ["2", "3", "4"]


def test_a_violated_key_is_the_error_that_sqlalchemy_raises(db: Database) -> None:
    """And the transaction is rolled back as ever."""
    with pytest.raises(sa.exc.IntegrityError), db.write() as connection:
        connection.execute(CLOSE, {"of_id": "1"})
        connection.execute(INSERT, ROW)

    assert read(db, BY_ID, {"of_id": "1"})[0]["is_open"] is True


def test_a_violated_key_in_a_savepoint_leaves_the_rest(db: Database) -> None:
    """The guard of a register: the rest of the step stands."""
    with db.write() as connection:
        connection.execute(CLOSE, {"of_id": "1"})
        with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
            connection.execute(INSERT, ROW)

    assert read(db, BY_ID, {"of_id": "1"})[0]["is_open"] is False


@pytest.mark.parametrize("values", [{"of_id": "1", "nonsense": 1}, {"nonsense": 1}])
def test_wrong_names_are_refused(db: Database, values: dict[str, Any]) -> None:
    """As SQLAlchemy refuses them."""
    with pytest.raises(sa.exc.SQLAlchemyError), db.write() as connection:
        connection.execute(CHANGE, values)


def test_a_float_is_refused_as_money(db: Database) -> None:
    """The types convert, and refuse, on this way too."""
    with pytest.raises((ValueError, sa.exc.StatementError)), db.write() as connection:
        connection.execute(CHANGE, {"of_id": "1", "amount": 1.5})


def test_both_databases_are_prepared(db: Database) -> None:
    with db.read() as connection:
        assert plan_of(connection.dialect, AMONG, {"ids": ["1", "2"]}) is not None


def test_an_error_does_not_quote_the_values(db: Database) -> None:
    """It goes to the log, where no name and no amount belongs."""
    with pytest.raises(sa.exc.IntegrityError) as caught, db.write() as connection:
        connection.execute(INSERT, ROW)

    assert "hidden due to hide_parameters" in str(caught.value)


def test_both_ways_are_one_transaction(db: Database) -> None:
    """A statement that takes SQLAlchemy's way joins what has begun, and ends with it."""
    with pytest.raises(ZeroDivisionError), db.write() as connection:
        connection.execute(sa.update(TABLE).values(is_open=False))
        connection.execute(CLOSE, {"of_id": "1"})
        raise ZeroDivisionError

    assert read(db, BY_ID, {"of_id": "1"})[0]["is_open"] is True


def test_a_transaction_that_sqlite_has_ended_itself_is_not_taken_for_written(
    sqlite_url: str,
) -> None:
    """As after a full disk: nothing that follows is committed without what came before."""
    db = Database(sqlite_url)
    with db.write() as connection:
        TABLE.create(connection)

    with pytest.raises(sa.exc.InvalidRequestError), db.write() as connection:
        connection.execute(INSERT, ROW)
        connection.exec_driver_sql("ROLLBACK")
        connection.execute(INSERT, ROW)
    with pytest.raises(sa.exc.InvalidRequestError), db.write() as connection:
        connection.exec_driver_sql("ROLLBACK")

    assert read(db, BY_ID, {"of_id": "1"}) == []
    db.close()
