"""Which commits survive the loss of power, and which may be lost because they come again."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from laufzettel.db import Database


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An empty database."""
    database = Database(database_url)
    yield database
    database.close()


def is_durable(db: Database, connection: sa.Connection) -> bool:
    """Say whether this transaction's commit waits for the disk."""
    if db.is_sqlite:
        return connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    # A server of tests may have it off altogether; what counts is that we leave it alone.
    source = "SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"
    return connection.exec_driver_sql(source).scalar() != "session"


def test_a_write_waits_for_the_disk(db: Database) -> None:
    """Money: nobody needs to ask for it."""
    with db.write() as connection:
        assert is_durable(db, connection)


def test_a_write_that_says_so_does_not_wait_and_the_next_one_does(db: Database) -> None:
    """The setting does not stay with the connection."""
    with db.write(durable=False) as connection:
        assert not is_durable(db, connection)

    for _ in range(30):  # more than the pool has connections
        with db.write() as connection:
            assert is_durable(db, connection)


def test_what_is_repeatable_does_not_wait_unless_it_says_so(db: Database) -> None:
    """The default inside the block, and outside of it again."""
    with db.repeatable():
        with db.write() as connection:
            assert not is_durable(db, connection)
        with db.write(durable=True) as connection:
            assert is_durable(db, connection)
    with db.write() as connection:
        assert is_durable(db, connection)


def test_being_repeatable_ends_with_an_exception(db: Database) -> None:
    """A failed job leaves its thread as it was."""
    with pytest.raises(ZeroDivisionError), db.repeatable():
        raise ZeroDivisionError

    with db.write() as connection:
        assert is_durable(db, connection)


def test_being_repeatable_is_a_matter_of_one_thread(db: Database) -> None:
    """A person's act beside a job is durable."""
    found: list[bool] = []

    def act() -> None:
        with db.write() as connection:
            found.append(is_durable(db, connection))

    with db.repeatable():
        thread = threading.Thread(target=act)
        thread.start()
        thread.join()

    assert found == [True]
