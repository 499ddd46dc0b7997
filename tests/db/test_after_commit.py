"""What waits for a commit runs after it, and never without it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from laufzettel.db import Database


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    db = Database(database_url)
    yield db
    db.close()


def test_calls_run_in_their_order_once_the_data_can_be_seen(db: Database) -> None:
    seen: list[str] = []

    def look() -> None:
        with db.read() as connection:
            seen.extend(connection.scalars(sa.text("SELECT word FROM said")))

    with db.write() as connection:
        connection.execute(sa.text("CREATE TABLE said (word VARCHAR(9))"))
        connection.execute(sa.text("INSERT INTO said VALUES ('hello')"))
        db.after_commit(look)
        db.after_commit(lambda: seen.append("second"))
        assert seen == []

    assert seen == ["hello", "second"]


def test_a_rollback_drops_the_calls_for_good(db: Database) -> None:
    called: list[str] = []
    with pytest.raises(ZeroDivisionError), db.write():
        db.after_commit(lambda: called.append("rolled back"))
        raise ZeroDivisionError

    with db.write():
        db.after_commit(lambda: called.append("committed"))

    assert called == ["committed"]


def test_each_thread_has_calls_of_its_own(db: Database) -> None:
    called: list[str] = []

    def other() -> None:
        with pytest.raises(RuntimeError, match="outside write"):
            db.after_commit(lambda: called.append("other"))

    with db.write():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert called == []


def test_a_call_may_write_again(db: Database) -> None:
    called: list[str] = []

    def write_again() -> None:
        with db.write():
            db.after_commit(lambda: called.append("again"))

    with db.write():
        db.after_commit(write_again)

    assert called == ["again"]


def test_a_failing_call_neither_hides_the_commit_nor_stops_the_next(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[str] = []

    with db.write():
        db.after_commit(lambda: print(1 // 0))
        db.after_commit(lambda: called.append("next"))

    assert called == ["next"]
    assert "a call after the commit failed" in caplog.text


def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_itself(db: Database) -> None:
    with pytest.raises(RuntimeError, match="write\\(\\) inside write"), db.write(), db.write():
        pass

    with db.write() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1
