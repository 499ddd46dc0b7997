"""Procrastinate's tables hold hints, as many as there are due rows, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.engine.jobs.harness import (
    Setting,
    booking,
    noted,
    running,
    submit,
    wait_until,
)

from laufzettel.db import Database
from laufzettel.engine.jobs.procrastinate_jobs import (
    ProcrastinateJobs,
    create_procrastinate,
    has_procrastinate,
    procrastinate_schema,
)
from laufzettel.errors import StorageError


@pytest.fixture
def jobs(procrastinate_setting: Setting) -> ProcrastinateJobs:
    jobs = procrastinate_setting.jobs()
    assert isinstance(jobs, ProcrastinateJobs)
    jobs.handler("book", booking(jobs))
    return jobs


def hints(db: Database) -> list[tuple[Any, ...]]:
    with db.read() as connection:
        query = "SELECT task_name, status::text, scheduled_at, args FROM procrastinate_jobs"
        return [tuple(row) for row in connection.execute(sa.text(f"{query} ORDER BY id"))]


def execute(db: Database, statement: str) -> None:
    with db.write() as connection:
        connection.execute(sa.text(statement))


def test_a_hint_commits_or_rolls_back_with_its_row(jobs: ProcrastinateJobs) -> None:
    with pytest.raises(ZeroDivisionError), jobs.db.write() as connection:
        jobs.submit(connection, "book", "a", tenant="t")
        raise ZeroDivisionError
    assert hints(jobs.db) == []

    submit(jobs, "a")
    assert hints(jobs.db) == [("laufzettel.hint", "todo", None, {})]


def test_a_duplicate_submit_defers_no_second_hint(jobs: ProcrastinateJobs) -> None:
    submit(jobs, "a")
    submit(jobs, "a")

    assert len(hints(jobs.db)) == 1


def test_the_hint_of_a_delayed_job_is_for_its_time(jobs: ProcrastinateJobs) -> None:
    due = datetime.now(UTC) + timedelta(days=14)

    submit(jobs, "a", at=due)

    assert hints(jobs.db) == [("laufzettel.hint", "todo", due, {})]


def test_nothing_is_left_of_hints_that_were_followed(jobs: ProcrastinateJobs) -> None:
    for number in range(10):
        submit(jobs, str(number))
    with running(jobs):
        wait_until(lambda: len(noted(jobs.db)) == 10)
        # A hint may outlive its row, which another one has run; it finds nothing then.
        wait_until(lambda: not [name for name, *_ in hints(jobs.db) if name == "laufzettel.hint"])


def test_the_sweep_replaces_lost_hints_and_never_multiplies_them(jobs: ProcrastinateJobs) -> None:
    for number in range(50):
        submit(jobs, str(number))
    submit(jobs, "later", at=datetime.now(UTC) + timedelta(hours=1))
    assert jobs.sweep() == 0

    execute(jobs.db, "DELETE FROM procrastinate_jobs WHERE scheduled_at IS NULL AND id % 2 = 0")

    assert jobs.sweep() == 25
    assert jobs.sweep() == 0
    assert len(hints(jobs.db)) == 51


def test_the_sweep_forgets_what_dead_workers_had_in_hand(jobs: ProcrastinateJobs) -> None:
    execute(
        jobs.db,
        "INSERT INTO procrastinate_workers (last_heartbeat)"
        " VALUES (now() - interval '31 seconds'), (now())",
    )
    for key in ("of the dead", "of the living", "of nobody", "waiting"):
        submit(jobs, key)
    ids = "SELECT id FROM procrastinate_jobs ORDER BY id LIMIT 1 OFFSET"
    workers = "SELECT id FROM procrastinate_workers ORDER BY id LIMIT 1 OFFSET"
    for offset in (0, 1):
        execute(
            jobs.db,
            f"UPDATE procrastinate_jobs SET status = 'doing',"
            f" worker_id = ({workers} {offset}) WHERE id = ({ids} {offset})",
        )
    execute(jobs.db, f"UPDATE procrastinate_jobs SET status = 'doing' WHERE id = ({ids} 2)")

    jobs.sweep()

    status = [status for _, status, *_ in hints(jobs.db)]
    assert status.count("doing") == 1
    assert status.count("todo") == 4  # one for each due row


def test_a_hint_too_many_is_no_harm(jobs: ProcrastinateJobs) -> None:
    submit(jobs, "a")
    jobs.run_due()
    assert len(hints(jobs.db)) == 1

    with running(jobs):
        submit(jobs, "b")
        wait_until(lambda: noted(jobs.db) == ["a", "b"])
        wait_until(lambda: [n for n, *_ in hints(jobs.db) if n == "laufzettel.hint"] == [])


def test_the_tables_are_created_once(postgres_url: str) -> None:
    db = Database(postgres_url)
    with db.write() as connection:
        assert has_procrastinate(connection) is False
        assert create_procrastinate(connection) is True
    with db.write() as connection:
        assert create_procrastinate(connection) is False
        assert has_procrastinate(connection) is True
    db.close()

    assert "CREATE TABLE procrastinate_jobs" in procrastinate_schema()


def test_a_worker_without_the_tables_says_what_to_do(postgres_url: str) -> None:
    db = Database(postgres_url)

    with pytest.raises(StorageError, match="Bitte die Datenbank aktualisieren"):
        ProcrastinateJobs(db).run()

    db.close()


def test_sqlite_is_refused(sqlite_url: str) -> None:
    db = Database(sqlite_url)

    with pytest.raises(StorageError, match="braucht PostgreSQL"):
        ProcrastinateJobs(db)

    db.close()
