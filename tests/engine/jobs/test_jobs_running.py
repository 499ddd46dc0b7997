"""Jobs run by real workers: threads and processes that are killed, frozen and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.engine.jobs.harness import (
    LOOP_SQLITE,
    PROCRASTINATE,
    Crash,
    Setting,
    booking,
    noted,
    rows_left,
    running,
    signal_to,
    slow_booking,
    submit,
    wait_until,
)

from laufzettel.engine.jobs import loop, procrastinate_jobs
from laufzettel.engine.jobs.port import Job
from laufzettel.engine.jobs.runner import JobRunner

ROOT = Path(__file__).resolve().parents[3]
LEASE_S = 1.0


@pytest.fixture
def jobs(setting: Setting) -> JobRunner:
    jobs = setting.jobs(first_wait_s=0.05)
    jobs.handler("book", booking(jobs))
    jobs.handler("slow", slow_booking(jobs), lease_s=LEASE_S)
    return jobs


@pytest.fixture
def nobody_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs is woken: whoever looks by himself does so in ten minutes."""
    for module in (loop, procrastinate_jobs):
        monkeypatch.setattr(module, "POLL_S", 600)


def submitted_and_run(sender: JobRunner, jobs: JobRunner) -> list[str]:
    """Submit three jobs, each when the one before has run, and return what has."""
    for key in ("first", "second", "third"):
        time.sleep(0.05)  # the workers sleep again
        submit(sender, key)
        wait_until(lambda key=key: key in noted(jobs.db))  # type: ignore[misc]
    return noted(jobs.db)


@pytest.mark.usefixtures("nobody_polls")
def test_what_is_submitted_while_workers_run_wakes_them(jobs: JobRunner) -> None:
    with running(jobs):
        assert submitted_and_run(jobs, jobs) == ["first", "second", "third"]


def test_what_another_process_submits_is_run(
    jobs: JobRunner, setting: Setting, request: pytest.FixtureRequest
) -> None:
    if setting.name != LOOP_SQLITE:  # SQLite has polling alone
        request.getfixturevalue("nobody_polls")
    with running(jobs):
        assert submitted_and_run(setting.jobs(), jobs) == ["first", "second", "third"]


def test_a_backlog_is_worked_off_once_by_several_workers(jobs: JobRunner, setting: Setting) -> None:
    other = setting.jobs()
    other.handler("book", booking(other))
    with jobs.db.write() as connection:
        for number in range(100):
            jobs.submit(connection, "book", f"{number:03}", tenant="t")

    with running(jobs), running(other):
        wait_until(lambda: len(noted(jobs.db)) == 100)

    assert sorted(noted(jobs.db)) == [f"{number:03}" for number in range(100)]
    assert rows_left(jobs.db) == 0


def test_a_delayed_job_runs_after_its_time_and_not_before(jobs: JobRunner) -> None:
    ran: list[datetime] = []

    def note_time(job: Job) -> None:
        ran.append(datetime.now(UTC))
        with jobs.db.write() as connection:
            job.done(connection)

    jobs.handler("delayed", note_time)
    with running(jobs):
        due = datetime.now(UTC) + timedelta(seconds=0.5)
        submit(jobs, "a", kind="delayed", at=due)
        wait_until(lambda: len(ran) == 1)

    assert ran[0] >= due


def test_a_retry_is_run_by_the_workers(setting: Setting) -> None:
    jobs = setting.jobs(first_wait_s=0.05)
    book = booking(jobs)

    def work(job: Job) -> None:
        if job.attempts < 3:
            raise OSError("Leitung tot")
        book(job)

    jobs.handler("book", work)
    with running(jobs):
        submit(jobs, "a")
        wait_until(lambda: noted(jobs.db) == ["a"])


def test_a_flood_does_not_hold_up_another_tenant(jobs: JobRunner) -> None:
    with jobs.db.write() as connection:
        for number in range(150):
            jobs.submit(connection, "book", f"flood-{number}", tenant="flood")

    with running(jobs, threads=2):
        wait_until(lambda: len(noted(jobs.db)) > 5)
        submit(jobs, "only", tenant="small")
        before = len(noted(jobs.db))
        wait_until(lambda: "only" in noted(jobs.db))

    assert noted(jobs.db).index("only") - before <= 8


def test_a_crash_ends_the_worker_and_nothing_is_written(setting: Setting) -> None:
    jobs = setting.jobs()

    def die(job: Job) -> None:
        raise Crash

    jobs.handler("book", die)
    submit(jobs, "a")

    with pytest.raises(Crash):
        jobs.run(2, threading.Event())

    stats = jobs.stats()
    assert (stats.leased, stats.due, stats.waiting) == (1, 0, 0)


def test_a_killed_workers_job_is_taken_over_and_done_once(
    setting: Setting, jobs: JobRunner
) -> None:
    with setting.worker(LEASE_S) as victim:
        submit(jobs, "a", kind="slow", args={"seconds": 0.3})
        wait_until(lambda: noted(jobs.db, "start") == ["a"])
        signal_to(victim, signal.SIGKILL)
        victim.join()
        killed = time.monotonic()
        with running(jobs):
            wait_until(lambda: noted(jobs.db) == ["a"])
            assert time.monotonic() - killed < 2 * LEASE_S + 1.5  # its start, sweep and work

    assert noted(jobs.db, "start") == ["a", "a"]
    assert rows_left(jobs.db) == 0


def test_a_frozen_worker_is_fenced_and_goes_on_working(setting: Setting, jobs: JobRunner) -> None:
    with setting.worker(LEASE_S) as frozen:
        submit(jobs, "a", kind="slow", args={"seconds": 0.3})
        wait_until(lambda: noted(jobs.db, "start") == ["a"])
        signal_to(frozen, signal.SIGSTOP)
        with running(jobs):
            wait_until(lambda: noted(jobs.db) == ["a"])
        signal_to(frozen, signal.SIGCONT)
        submit(jobs, "b", kind="slow", args={"seconds": 0})
        wait_until(lambda: noted(jobs.db) == ["a", "b"])

    assert noted(jobs.db, "start") == ["a", "a", "b"]
    assert rows_left(jobs.db) == 0


def test_a_stopped_worker_finishes_what_it_runs_and_leaves_no_lease(
    setting: Setting, jobs: JobRunner
) -> None:
    with setting.worker(lease_s=30) as worker:
        for key in "abcd":
            submit(jobs, key, kind="slow", args={"seconds": 0.6})
        wait_until(lambda: len(noted(jobs.db, "start")) == 2)
        signal_to(worker, signal.SIGTERM)

        worker.join(5)

    assert worker.exitcode == 0

    assert sorted(noted(jobs.db)) == sorted(noted(jobs.db, "start"))
    stats = jobs.stats()
    assert (stats.leased, stats.due) == (0, 2)


def test_with_the_distributor_emptied_everything_still_runs(
    setting: Setting, jobs: JobRunner
) -> None:
    for number in range(20):
        submit(jobs, f"{number:02}")
    submit(jobs, "later", at=datetime.now(UTC) + timedelta(seconds=0.5))
    setting.empty_the_distributor()

    with running(jobs):
        wait_until(lambda: len(noted(jobs.db)) == 21)
        setting.empty_the_distributor()  # also under a running worker
        submit(jobs, "last")
        wait_until(lambda: noted(jobs.db)[-1] == "last")

    assert rows_left(jobs.db) == 0


def test_what_the_distributor_finished_without_effect_runs_all_the_same(
    setting: Setting, jobs: JobRunner
) -> None:
    """It says that everything succeeded; our rows know that nothing has happened."""
    if setting.name != PROCRASTINATE:
        pytest.skip("the loop has nothing but our rows")
    for number in range(20):
        submit(jobs, f"{number:02}")
    with setting.database().write() as connection:
        connection.execute(
            sa.text("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'todo'")
        )

    with running(jobs):
        wait_until(lambda: rows_left(jobs.db) == 0)

    assert sorted(noted(jobs.db)) == [f"{number:02}" for number in range(20)]


#: A server that loads the program before it forks: it has used its connections by then.
_FORKING = """
import os, sys, threading
from tests.engine.jobs.harness import Setting, booking, noted, submit, wait_until
name, url = sys.argv[1:3]
setting = Setting(name=name, url=url)
jobs = setting.jobs()
jobs.handler("book", booking(jobs))
submit(jobs, "before")
children = []
for number in range(2):
    child = os.fork()
    if not child:
        stop = threading.Event()
        threading.Timer(2.5, stop.set).start()
        submit(jobs, f"child {number}")
        jobs.run(2, stop)
        os._exit(0)
    children.append(child)
for number in range(20):
    submit(jobs, f"parent {number}")
wait_until(lambda: len(noted(jobs.db)) == 23, 30)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
setting.close()
print(codes)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_processes_forked_from_one_that_has_used_the_database_share_no_session(
    setting: Setting,
) -> None:
    """As under gunicorn with ``--preload``: the program is loaded, then the workers are forked."""
    if setting.name == LOOP_SQLITE:
        pytest.skip("SQLite is for one process")
    done = subprocess.run(
        [sys.executable, "-c", _FORKING, setting.name, setting.url],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "[0, 0]\n"), done.stderr
    db = setting.database()
    assert len(noted(db)) == len(set(noted(db))) == 23


def test_two_running_schedulers_run_a_periodic_job_once_a_period(setting: Setting) -> None:
    workers = [setting.jobs(), setting.jobs()]
    ran: list[float] = []
    for worker in workers:
        worker.schedule("seal", 30, lambda job: ran.append(time.monotonic()))

    with running(workers[0]), running(workers[1]):
        wait_until(lambda: len(ran) > 0)
        time.sleep(0.7)

    assert len(ran) == 1
    assert rows_left(workers[0].db) == 1


def test_a_worker_outlives_the_loss_of_all_its_sessions(setting: Setting, jobs: JobRunner) -> None:
    if setting.name == LOOP_SQLITE:
        pytest.skip("SQLite has no sessions to lose")
    with running(jobs):
        submit(jobs, "a")
        wait_until(lambda: noted(jobs.db) == ["a"])
        with setting.database().write() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        submit(jobs, "b")
        wait_until(lambda: noted(jobs.db) == ["a", "b"])


def test_more_threads_than_the_pool_can_serve_are_refused(jobs: JobRunner) -> None:
    with pytest.raises(ValueError, match="at most 12 threads"):
        jobs.run(13)
