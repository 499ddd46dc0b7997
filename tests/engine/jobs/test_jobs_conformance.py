"""What every way to run jobs must do: loop on SQLite, loop on PostgreSQL, Procrastinate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.engine.jobs.harness import (
    START,
    Crash,
    Setting,
    Told,
    booking,
    note,
    noted,
    row,
    rows_left,
    submit,
)

from laufzettel.clock import VirtualClock
from laufzettel.engine.jobs.port import Job, JobCount
from laufzettel.engine.jobs.runner import JobRunner


@pytest.fixture
def jobs(setting: Setting, clock: VirtualClock) -> JobRunner:
    """Jobs by a virtual clock, of which the kind ``book`` leaves its key in the ledger."""
    jobs = setting.jobs(clock)
    jobs.handler("book", booking(jobs))
    return jobs


# Submitting


def test_a_rolled_back_submit_leaves_nothing(jobs: JobRunner) -> None:
    with pytest.raises(ZeroDivisionError), jobs.db.write() as connection:
        jobs.submit(connection, "book", "a", tenant="t")
        raise ZeroDivisionError

    assert jobs.run_due() == 0
    assert rows_left(jobs.db) == 0


def test_a_committed_submit_runs_once_with_all_it_was_given(setting: Setting) -> None:
    jobs, seen = setting.jobs(VirtualClock(START)), []
    book = booking(jobs)

    def work(job: Job) -> None:
        seen.append(job)
        book(job)

    jobs.handler("book", work)
    submit(jobs, "a", args={"id": 7}, case_id="c1", priority=3)

    assert jobs.run_due() == 1
    assert jobs.run_due() == 0
    (job,) = seen
    assert (job.kind, job.key, job.tenant, job.case_id) == ("book", "a", "t", "c1")
    assert (job.args, job.priority, job.token, job.attempts) == ({"id": 7}, 3, 1, 1)
    assert noted(jobs.db) == ["a"]
    assert rows_left(jobs.db) == 0


def test_a_second_submit_of_a_living_key_is_a_no_op(jobs: JobRunner) -> None:
    assert submit(jobs, "a", args={"first": True}) is True
    assert submit(jobs, "a", args={"first": False}) is False

    assert row(jobs.db, "a").args == {"first": True}
    assert jobs.run_due() == 1
    assert submit(jobs, "a") is True  # it has ended: the key is free again


def test_a_duplicate_submit_does_not_harm_the_callers_transaction(jobs: JobRunner) -> None:
    submit(jobs, "a")

    with jobs.db.write() as connection:
        note(connection, "before", "done")
        assert jobs.submit(connection, "book", "a", tenant="t") is False
        note(connection, "after", "done")

    assert noted(jobs.db) == ["before", "after"]


def test_a_cancelled_job_does_not_run(jobs: JobRunner) -> None:
    submit(jobs, "a")

    with jobs.db.write() as connection:
        assert jobs.cancel(connection, "book", "a") is True
        assert jobs.cancel(connection, "book", "a") is False

    assert jobs.run_due() == 0


def test_a_rolled_back_cancel_changes_nothing(jobs: JobRunner) -> None:
    submit(jobs, "a")

    with pytest.raises(ZeroDivisionError), jobs.db.write() as connection:
        jobs.cancel(connection, "book", "a")
        raise ZeroDivisionError

    assert jobs.run_due() == 1


def test_a_job_may_submit_its_successor_as_it_ends(setting: Setting) -> None:
    jobs = setting.jobs(VirtualClock(START))
    jobs.handler("book", booking(jobs))

    def first(job: Job) -> None:
        with jobs.db.write() as connection:
            jobs.submit(connection, "book", "second", tenant=job.tenant)
            job.done(connection)

    jobs.handler("first", first)
    submit(jobs, "first", kind="first")

    assert jobs.run_due() == 2
    assert noted(jobs.db) == ["second"]


def test_a_kind_without_a_handler_waits_for_who_has_one(jobs: JobRunner, setting: Setting) -> None:
    submit(jobs, "x", kind="newer")
    submit(jobs, "a")

    assert jobs.run_due() == 1
    newer = setting.jobs(VirtualClock(START))
    newer.handler("newer", booking(newer))
    assert newer.run_due() == 1
    assert noted(jobs.db) == ["a", "x"]


# Time and order


def test_a_delayed_job_runs_when_its_time_has_come(jobs: JobRunner, clock: VirtualClock) -> None:
    submit(jobs, "a", at=START + timedelta(days=14))

    assert jobs.run_due() == 0
    clock.advance(days=13, hours=23)
    assert jobs.run_due() == 0
    clock.advance(hours=1)
    assert jobs.run_due() == 1


def test_a_waiting_job_can_be_woken_earlier(jobs: JobRunner, clock: VirtualClock) -> None:
    submit(jobs, "a", at=START + timedelta(days=14))

    with jobs.db.write() as connection:
        assert jobs.reschedule(connection, "book", "a", clock.now()) is True
        assert jobs.reschedule(connection, "book", "unknown", clock.now()) is False

    assert jobs.run_due() == 1


def test_higher_priority_runs_first_then_what_is_due_longest(
    jobs: JobRunner, clock: VirtualClock
) -> None:
    for minute, (key, priority) in enumerate([("a", 0), ("b", 0), ("high", 5), ("low", -1)]):
        submit(jobs, key, priority=priority, at=START + timedelta(minutes=minute))
    clock.advance(hours=1)

    jobs.run_due()

    assert noted(jobs.db) == ["high", "a", "b", "low"]


def test_a_flood_of_one_tenant_does_not_delay_the_others(jobs: JobRunner) -> None:
    with jobs.db.write() as connection:
        for number in range(300):
            jobs.submit(connection, "book", f"flood-{number}", tenant="flood", priority=9)
    jobs.run_due(limit=3)
    for tenant in ("a", "b", "z"):
        submit(jobs, f"only-{tenant}", tenant=tenant)

    jobs.run_due(limit=4)

    others = [key for key in noted(jobs.db) if not key.startswith("flood")]
    assert sorted(others) == ["only-a", "only-b", "only-z"]


def test_tenants_take_turns(jobs: JobRunner) -> None:
    for tenant, number in [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("c", 0), ("c", 1)]:
        submit(jobs, f"{tenant}{number}", tenant=tenant)

    jobs.run_due()

    order = noted(jobs.db)
    assert sorted(order[:3]) == ["a0", "b0", "c0"]
    assert sorted(order[3:]) == ["a1", "b1", "c1"]


# Periodic jobs, figures


def test_a_periodic_job_runs_once_a_period_however_many_workers_there_are(
    setting: Setting, clock: VirtualClock
) -> None:
    workers = [setting.jobs(clock), setting.jobs(clock)]
    ran: list[float] = []
    for worker in workers:
        worker.schedule("seal", 60, lambda job: ran.append((clock.now() - START).total_seconds()))

    for _ in range(14):
        for worker in workers:
            worker.run_due()
        clock.advance(seconds=10)

    assert ran == [0, 60, 120]


def test_a_job_at_cron_times_runs_at_each_in_office_time_and_not_before(
    setting: Setting, clock: VirtualClock
) -> None:
    """Over the end of a week, and once although two workers ask."""
    workers = [setting.jobs(clock), setting.jobs(clock)]
    ran: list[str] = []
    for worker in workers:
        worker.schedule(
            "morning", "30 6 * * mon-fri", lambda job: ran.append(f"{clock.now():%a %H:%M}")
        )

    for _ in range(2 * 24 * 7):
        for worker in workers:
            worker.run_due()
        clock.advance(minutes=30)

    assert ran == ["Tue 05:30", "Wed 05:30", "Thu 05:30", "Fri 05:30", "Mon 05:30"]


def test_what_is_no_period_and_no_cron_text_is_refused(
    setting: Setting, clock: VirtualClock
) -> None:
    jobs = setting.jobs(clock)

    for when in (0, "every morning", "61 * * * *"):
        with pytest.raises(ValueError):
            jobs.schedule("seal", when, lambda job: None)


def test_a_periodic_job_goes_on_after_errors_and_tells_of_them(
    setting: Setting, clock: VirtualClock
) -> None:
    told, ran = Told(), 0
    jobs = setting.jobs(clock, on_exhausted=told)

    def fail(job: Job) -> None:
        nonlocal ran
        ran += 1
        raise OSError("Leitung tot")

    jobs.schedule("seal", 10, fail)
    for _ in range(200):
        jobs.run_due()
        clock.advance(seconds=1)

    assert ran > 16
    assert told[:2] == [("periodic", "OSError", 8)] * 2
    assert rows_left(jobs.db) == 1


def test_the_figures_tell_how_the_jobs_stand(setting: Setting, clock: VirtualClock) -> None:
    jobs = setting.jobs(clock)

    def work(job: Job) -> None:
        if job.key == "crashes":
            raise Crash
        raise OSError("Leitung tot")

    jobs.handler("book", work)
    submit(jobs, "fails")
    submit(jobs, "crashes", at=START + timedelta(minutes=1))
    jobs.run_due()
    clock.advance(minutes=2)
    jobs.run_due(limit=1)
    with pytest.raises(Crash):
        jobs.run_due()
    submit(jobs, "due")
    submit(jobs, "other", tenant="u", at=START)

    stats = jobs.stats()

    assert (stats.due, stats.leased, stats.waiting, stats.oldest_due) == (2, 1, 1, START)
    assert stats.counts == (
        JobCount(
            kind="book",
            tenant="t",
            due=1,
            leased=1,
            waiting=1,
            repeated=1,
            oldest_due=START + timedelta(minutes=2),
        ),
        JobCount(kind="book", tenant="u", due=1, leased=0, waiting=0, repeated=0, oldest_due=START),
    )
