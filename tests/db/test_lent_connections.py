"""Connections that are lent out again and again."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.db.database import POOL_SIZE


@pytest.fixture
def db(sqlite_url: str) -> Iterator[Database]:
    """A database with a table of one row."""
    database = Database(sqlite_url)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE number (value INTEGER)")
        connection.exec_driver_sql("INSERT INTO number VALUES (0)")
    yield database
    database.close()


def value(db: Database) -> int:
    with db.read() as connection:
        return int(connection.exec_driver_sql("SELECT value FROM number").scalar_one())


def test_more_threads_than_connections_all_get_their_turn(db: Database) -> None:
    """Who is too many waits in the pool, and is woken by whoever gives back."""
    together = threading.Barrier(POOL_SIZE * 2, timeout=30)

    def count() -> None:
        together.wait()
        for _ in range(5):
            value(db)
            with db.write() as connection:
                connection.exec_driver_sql("UPDATE number SET value = value + 1")

    threads = [threading.Thread(target=count) for _ in range(POOL_SIZE * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert value(db) == POOL_SIZE * 2 * 5


def test_what_was_read_before_does_not_stand_in_the_next_snapshot(db: Database) -> None:
    """A connection comes back without a transaction."""
    assert value(db) == 0
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE number SET value = 7")

    assert value(db) == 7


def test_a_failed_write_leaves_no_transaction_behind(db: Database) -> None:
    """The next one begins anew, and nothing of the failed one is there."""
    with pytest.raises(ZeroDivisionError), db.write() as connection:
        connection.exec_driver_sql("UPDATE number SET value = 1")
        raise ZeroDivisionError

    assert value(db) == 0
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE number SET value = value + 2")
    assert value(db) == 2


def test_a_connection_that_was_closed_is_not_lent_again(db: Database) -> None:
    with db.read() as connection:
        connection.close()

    assert value(db) == 0


def test_a_closed_database_has_no_file_open(db: Database) -> None:
    """On Windows its file could not be removed else."""
    value(db)
    db.close()

    assert "Connections in pool: 0" in db.engine.pool.status()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_a_forked_child_gets_connections_of_its_own(db: Database) -> None:
    """And leaves those of its parent alone."""
    with db.read() as connection:
        parents = connection
    reading, writing = os.pipe()

    child = os.fork()
    if child == 0:  # no test may go on in here
        with db.read() as connection:
            is_own = connection is not parents and value(db) == 0
        os.write(writing, b"1" if is_own else b"0")
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)

    assert os.read(reading, 1) == b"1"
    os.close(reading)
    with db.read() as connection:
        assert connection is parents


def _end_sessions(url: str) -> None:
    """End every session of the database, as a restarted server does."""
    other = Database(url)
    with other.write() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    other.close()


VALUE = sa.select(sa.column("value", sa.Integer)).select_from(sa.table("number"))
RAISE = sa.update(sa.table("number", sa.column("value", sa.Integer))).values(
    value=sa.bindparam("new")
)


@pytest.fixture
def served(postgres_url: str) -> Iterator[Database]:
    """A database on a server, with a table of one row."""
    database = Database(postgres_url)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE number (value INTEGER)")
        connection.exec_driver_sql("INSERT INTO number VALUES (0)")
    yield database
    database.close()


def test_whoever_reads_or_begins_to_write_does_not_notice_a_restarted_server(
    served: Database, postgres_url: str
) -> None:
    ways: tuple[dict[str, int] | None, ...] = ({}, None)
    for values in ways:  # prepared, and SQLAlchemy's way
        _end_sessions(postgres_url)
        with served.read() as connection:
            assert connection.execute(VALUE, values).scalar_one() == 0
    _end_sessions(postgres_url)
    with served.write() as connection:
        connection.execute(RAISE, {"new": 7})
    _end_sessions(postgres_url)
    with served.read(snapshot=True) as connection:
        assert connection.execute(VALUE, {}).scalar_one() == 7


def test_what_was_begun_is_not_begun_again_after_a_lost_session(
    served: Database, postgres_url: str
) -> None:
    """Its first half is lost: it fails as a whole, and the next one finds a session again."""
    with pytest.raises(sa.exc.OperationalError), served.write() as connection:
        connection.execute(RAISE, {"new": 1})
        _end_sessions(postgres_url)
        connection.execute(RAISE, {"new": 2})

    with served.read() as connection:
        assert connection.execute(VALUE, {}).scalar_one() == 0


def test_who_reads_cannot_write(served: Database) -> None:
    with pytest.raises(sa.exc.InternalError), served.read() as connection:
        connection.execute(RAISE, {"new": 1})


def test_a_snapshot_sees_one_moment(served: Database) -> None:
    with served.read(snapshot=True) as reading:
        before = reading.execute(VALUE, {}).scalar_one()
        with served.write() as connection:
            connection.execute(RAISE, {"new": 3})
        assert reading.execute(VALUE, {}).scalar_one() == before == 0
    with served.read() as reading:
        assert reading.execute(VALUE, {}).scalar_one() == 3


def test_a_failed_statement_that_is_passed_over_commits_nothing(served: Database) -> None:
    """PostgreSQL would answer COMMIT with ROLLBACK, and nobody would know."""
    with (
        pytest.raises(sa.exc.InvalidRequestError, match="nothing can be committed"),
        served.write() as connection,
    ):
        connection.execute(RAISE, {"new": 4})
        with contextlib.suppress(sa.exc.ProgrammingError):
            connection.exec_driver_sql("SELECT nonsense")

    with served.read() as connection:
        assert connection.execute(VALUE, {}).scalar_one() == 0
