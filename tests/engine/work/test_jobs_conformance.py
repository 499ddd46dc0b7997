"""What every way to run jobs must do: loop on SQLite, loop on PostgreSQL, Procrastinate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.engine.work.harness import (
    Setting,
    booking,
    note,
    noted,
    row,
    rows_left,
    submit,
)

from laufzettel.clock import VirtualClock
from laufzettel.engine.work.job_runner import JobRunner
from laufzettel.engine.work.jobs import Job, JobCount, JobDiedError, JobNotEndedError, Lost
from laufzettel.errors import ConflictError, InputError

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Crash(BaseException):
    """What a failpoint raises: as if the process had died here."""


class Told(list[tuple[str, str, int]]):
    """The callback of exhausted jobs: keeps key, error and attempts."""

    def __call__(self, connection: sa.Connection, job: Job, error: Exception) -> None:
        note(connection, job.key, "exhausted")
        self.append((job.key, type(error).__name__, job.attempts))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


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


# Errors


def test_a_failing_job_is_tried_again_after_doubling_waits(
    setting: Setting, clock: VirtualClock
) -> None:
    told = Told()
    jobs = setting.jobs(clock, on_exhausted=told)
    started: list[float] = []

    def fail(job: Job) -> None:
        started.append((clock.now() - START).total_seconds())
        raise OSError("Leitung tot")

    jobs.handler("book", fail, max_attempts=5)
    submit(jobs, "a")
    for _ in range(60):
        jobs.run_due()
        clock.advance(seconds=1)

    assert started == [0, 2, 6, 14, 30]
    assert told == [("a", "OSError", 5)]
    assert noted(jobs.db, "exhausted") == ["a"]
    assert rows_left(jobs.db) == 0


def test_the_error_and_the_attempts_stay_with_the_job(setting: Setting) -> None:
    jobs = setting.jobs(VirtualClock(START))

    def fail(job: Job) -> None:
        raise OSError("Leitung tot")

    jobs.handler("book", fail)
    submit(jobs, "a")
    jobs.run_due()

    kept = row(jobs.db, "a")
    assert (kept.error, kept.attempts, kept.is_leased) == ("OSError: Leitung tot", 1, False)
    assert kept.due == START + timedelta(seconds=2)


def test_a_poison_job_does_not_hold_up_others(setting: Setting, clock: VirtualClock) -> None:
    told = Told()
    jobs = setting.jobs(clock, on_exhausted=told)
    book = booking(jobs)

    def work(job: Job) -> None:
        if job.key == "poison":
            raise ValueError("unlesbar")
        book(job)

    jobs.handler("book", work, max_attempts=3)
    for key in ("poison", "a", "b"):
        submit(jobs, key)
    for _ in range(20):
        jobs.run_due()
        clock.advance(seconds=1)

    assert sorted(noted(jobs.db)) == ["a", "b"]
    assert told == [("poison", "ValueError", 3)]


def test_what_can_never_succeed_is_told_at_once(setting: Setting, clock: VirtualClock) -> None:
    told = Told()
    jobs = setting.jobs(clock, on_exhausted=told)

    def refuse(job: Job) -> None:
        raise InputError

    jobs.handler("book", refuse)
    submit(jobs, "a")

    assert jobs.run_due() == 1
    assert told == [("a", "InputError", 1)]


def test_who_lost_a_race_tries_again(setting: Setting, clock: VirtualClock) -> None:
    jobs = setting.jobs(clock)
    book = booking(jobs)

    def work(job: Job) -> None:
        if job.attempts == 1:
            raise ConflictError
        book(job)

    jobs.handler("book", work)
    submit(jobs, "a")
    jobs.run_due()
    clock.advance(seconds=2)
    jobs.run_due()

    assert noted(jobs.db) == ["a"]


def test_without_a_callback_an_exhausted_job_is_parked_and_can_be_revived(
    setting: Setting, clock: VirtualClock
) -> None:
    jobs, is_mended = setting.jobs(clock), False
    book = booking(jobs)

    def work(job: Job) -> None:
        if not is_mended:
            raise InputError
        book(job)

    jobs.handler("book", work)
    submit(jobs, "a")
    jobs.run_due()
    clock.advance(days=900)
    assert jobs.run_due() == 0

    is_mended = True
    with jobs.db.write() as connection:
        assert jobs.reschedule(connection, "book", "a", clock.now())
    assert jobs.run_due() == 1
    assert noted(jobs.db) == ["a"]


def test_a_job_ends_only_together_with_the_callback(setting: Setting, clock: VirtualClock) -> None:
    told, calls = Told(), []

    def tell(connection: sa.Connection, job: Job, error: Exception) -> None:
        calls.append(job.key)
        if len(calls) == 1:
            raise OSError("die Störung war nicht zu schreiben")
        told(connection, job, error)

    jobs = setting.jobs(clock)

    def refuse(job: Job) -> None:
        raise InputError

    jobs.handler("book", refuse, lease_s=10, max_attempts=1, on_exhausted=tell)
    submit(jobs, "a")
    with pytest.raises(OSError, match="Störung"):
        jobs.run_due()
    assert rows_left(jobs.db) == 1

    clock.advance(seconds=10)
    jobs.run_due()
    assert told == [("a", "JobDiedError", 2)]


def test_a_handler_that_does_not_end_its_job_is_a_fault(
    setting: Setting, clock: VirtualClock
) -> None:
    told = Told()
    jobs = setting.jobs(clock, on_exhausted=told)
    jobs.handler("book", lambda job: None)
    submit(jobs, "a")

    jobs.run_due()

    assert told == [("a", JobNotEndedError.__name__, 1)]


# Leases


def test_a_crash_passes_untouched_and_the_job_is_due_again_after_its_lease(
    setting: Setting, clock: VirtualClock
) -> None:
    jobs = setting.jobs(clock)
    book = booking(jobs)

    def work(job: Job) -> None:
        if job.attempts == 1:
            raise Crash
        book(job)

    jobs.handler("book", work, lease_s=10)
    submit(jobs, "a")
    with pytest.raises(Crash):
        jobs.run_due()
    left = row(jobs.db, "a")
    assert (left.error, left.is_leased, left.due) == (None, True, START + timedelta(seconds=10))

    clock.advance(seconds=9)
    assert jobs.run_due() == 0
    clock.advance(seconds=1)
    assert jobs.run_due() == 1
    assert noted(jobs.db) == ["a"]


def test_a_crash_inside_the_last_transaction_leaves_nothing_of_it(
    setting: Setting, clock: VirtualClock
) -> None:
    jobs = setting.jobs(clock)

    def work(job: Job) -> None:
        with jobs.db.write() as connection:
            note(connection, job.key, "done")
            job.done(connection)
            if job.attempts == 1:
                raise Crash

    jobs.handler("book", work, lease_s=10)
    submit(jobs, "a")
    with pytest.raises(Crash):
        jobs.run_due()
    assert noted(jobs.db) == []

    clock.advance(seconds=10)
    jobs.run_due()
    assert noted(jobs.db) == ["a"]


def test_a_job_that_kills_its_process_each_time_is_told_in_the_end(
    setting: Setting, clock: VirtualClock
) -> None:
    told = Told()
    jobs = setting.jobs(clock, on_exhausted=told)

    def die(job: Job) -> None:
        raise Crash

    jobs.handler("book", die, max_attempts=2, lease_s=10)
    submit(jobs, "a")
    for _ in range(2):
        with pytest.raises(Crash):
            jobs.run_due()
        clock.advance(seconds=10)

    assert jobs.run_due() == 1
    assert told == [("a", JobDiedError.__name__, 3)]


def test_a_late_attempt_is_refused_with_all_it_wrote(setting: Setting, clock: VirtualClock) -> None:
    early, late = setting.jobs(clock), setting.jobs(clock)
    late.handler("book", booking(late), lease_s=10)

    def work(job: Job) -> None:
        clock.advance(seconds=10)
        assert late.run_due() == 1  # somebody else takes over and ends it
        with early.db.write() as connection:
            note(connection, "late", "done")
            with pytest.raises(Lost):
                job.done(connection)
            raise Lost

    early.handler("book", work, lease_s=10)
    submit(early, "a")

    assert early.run_due() == 1
    assert noted(early.db) == ["a"]
    assert rows_left(early.db) == 0


def test_a_failure_of_a_late_attempt_does_not_touch_the_new_one(
    setting: Setting, clock: VirtualClock
) -> None:
    early, late = setting.jobs(clock), setting.jobs(clock)

    def take_over(job: Job) -> None:
        raise Crash

    def work(job: Job) -> None:
        clock.advance(seconds=10)
        with pytest.raises(Crash):
            late.run_due()
        raise OSError("zu spät")

    late.handler("book", take_over, lease_s=10)
    early.handler("book", work, lease_s=10)
    submit(early, "a")
    early.run_due()

    left = row(early.db, "a")
    assert (left.token, left.is_leased, left.error) == (2, True, None)


def test_the_lease_is_asked_before_a_call_and_can_be_prolonged(
    setting: Setting, clock: VirtualClock
) -> None:
    jobs, answers = setting.jobs(clock), []
    book = booking(jobs)

    def work(job: Job) -> None:
        for seconds, extension in [(9, 20), (19, None), (1, None)]:
            clock.advance(seconds=seconds)
            with jobs.db.write() as connection:
                answers.append(job.still_owned(connection))
                if extension:
                    job.extend(connection, extension)
        book(job)  # late, but nobody has taken over

    jobs.handler("book", work, lease_s=10)
    submit(jobs, "a")
    jobs.run_due()

    assert answers == [True, True, False]
    assert noted(jobs.db) == ["a"]


def test_a_running_job_cannot_be_woken_but_cancelled(setting: Setting, clock: VirtualClock) -> None:
    jobs = setting.jobs(clock)
    book = booking(jobs)

    def work(job: Job) -> None:
        with jobs.db.write() as connection:
            assert jobs.reschedule(connection, job.kind, job.key, clock.now()) is False
            assert jobs.cancel(connection, job.kind, job.key) is True
        book(job)

    jobs.handler("book", work)
    submit(jobs, "a")
    jobs.run_due()

    assert noted(jobs.db) == []
    assert rows_left(jobs.db) == 0


def test_a_job_can_put_itself_off(setting: Setting, clock: VirtualClock) -> None:
    jobs = setting.jobs(clock)
    book = booking(jobs)

    def work(job: Job) -> None:
        if clock.now() == START:
            with jobs.db.write() as connection:
                job.again(connection, START + timedelta(hours=1))
        else:
            assert job.attempts == 1
            book(job)

    jobs.handler("book", work)
    submit(jobs, "a")
    assert jobs.run_due() == 1
    clock.advance(hours=1)
    assert jobs.run_due() == 1
    assert noted(jobs.db) == ["a"]


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
