"""What every way to run jobs must do when something fails: errors, crashes, late attempts."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
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
from laufzettel.engine.jobs.port import Job, JobDiedError, JobNotEndedError, Lost
from laufzettel.errors import ConflictError, InputError

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
