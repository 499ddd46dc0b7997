"""Connections of SQLite that are lent out again and again."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

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
