"""Order and shares: a case's jobs one after the other, limits by kind, a fair share for all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.engine.jobs.harness import (
    START,
    Setting,
    booking,
    note,
    noted,
    rows_left,
    running,
    submit,
    wait_until,
)

from laufzettel.clock import VirtualClock
from laufzettel.engine.jobs.port import Job
from laufzettel.engine.jobs.runner import JobRunner
from laufzettel.engine.tables import job as job_table
from laufzettel.errors import NotFoundError


def slowly(jobs: JobRunner, seconds: float, seen: list[int]) -> Callable[[Job], None]:
    """Return a handler that notes how many run at once, and its key as it ends."""
    lock, now = threading.Lock(), [0]

    def run(job: Job) -> None:
        with lock:
            now[0] += 1
            seen.append(now[0])
        time.sleep(seconds)
        with lock:
            now[0] -= 1
        with jobs.db.write() as connection:
            note(connection, job.key, "done")
            job.done(connection)

    return run


def test_the_ordered_jobs_of_a_case_run_one_after_the_other_in_the_order_they_are_due(
    setting: Setting,
) -> None:
    jobs, seen = setting.jobs(), list[int]()
    jobs.handler("timer", slowly(jobs, 0.05, seen), is_ordered=True)
    with jobs.db.read() as connection:
        now = jobs.db.now(connection)
    for number in (4, 2, 5, 1, 3):
        at = now - timedelta(minutes=10 - number)
        submit(jobs, str(number), kind="timer", case_id="c", at=at)

    with running(jobs):
        wait_until(lambda: rows_left(jobs.db) == 0)

    assert noted(jobs.db) == ["1", "2", "3", "4", "5"]
    assert max(seen) == 1


def test_jobs_of_other_cases_and_other_kinds_run_beside_them(setting: Setting) -> None:
    jobs, seen = setting.jobs(), list[int]()
    run = slowly(jobs, 0.3, seen)
    jobs.handler("timer", run, is_ordered=True)
    jobs.handler("work", run)
    for case_id in ("a", "b"):
        submit(jobs, f"timer {case_id}", kind="timer", case_id=case_id)
        submit(jobs, f"work {case_id}", kind="work", case_id=case_id)

    with running(jobs):
        wait_until(lambda: rows_left(jobs.db) == 0)

    assert max(seen) >= 3


def test_a_dead_workers_job_holds_its_case_up_no_longer_than_its_lease(
    setting: Setting, clock: VirtualClock
) -> None:
    jobs = setting.jobs(clock)
    jobs.handler("book", booking(jobs), is_ordered=True, lease_s=30)
    submit(jobs, "1", case_id="c", at=START - timedelta(minutes=2))
    submit(jobs, "2", case_id="c", at=START - timedelta(minutes=1))
    assert jobs._claim() is not None  # claimed, and then the process dies

    assert jobs.run_due() == 0
    clock.advance(seconds=31)

    assert jobs.run_due() == 2


def test_a_kind_runs_at_most_as_often_at_once_as_its_limit_says(setting: Setting) -> None:
    jobs, seen = setting.jobs(), list[int]()
    jobs.handler("work", slowly(jobs, 0.05, seen))
    jobs.handler("book", booking(jobs))
    jobs.limit("work", 2)
    for number in range(8):
        submit(jobs, f"w{number}", kind="work")
    for number in range(8):
        submit(jobs, f"b{number}")

    with running(jobs):
        wait_until(lambda: rows_left(jobs.db) == 0, seconds=20)

    assert max(seen) == 2
    assert len(noted(jobs.db)) == 16


def test_a_limit_names_a_kind_that_is_run(setting: Setting) -> None:
    with pytest.raises(NotFoundError):
        setting.jobs().limit("wrok", 2)


def test_ten_thousand_jobs_of_one_tenant_do_not_delay_the_one_of_another(
    setting: Setting,
) -> None:
    """Both on the claim's side: whose turn it is, and how long finding that takes."""
    jobs = setting.jobs()
    jobs.handler("book", booking(jobs))
    flood = [
        {"kind": "book", "key": f"flood {number}", "tenant": "gross", "args": {}, "due": START}
        for number in range(10_000)
    ]
    with jobs.db.write() as connection:
        connection.execute(sa.insert(job_table), flood)
    submit(jobs, "the one", tenant="klein")

    started = time.monotonic()
    jobs.run_due(limit=3)

    assert "the one" in noted(jobs.db)
    assert time.monotonic() - started < 2
