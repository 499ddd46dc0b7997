"""What of a job survives the loss of power: enough to do it again, or to ask the peer first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from laufzettel.db import Database
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.jobs.port import Job


@pytest.fixture
def jobs(migrated_sqlite_url: str) -> Iterator[LoopJobs]:
    """The loop on an SQLite file of its own."""
    db = Database(migrated_sqlite_url)
    yield LoopJobs(db)
    db.close()


def run(jobs: LoopJobs, kind: str) -> list[bool]:
    """Run one job and return, write for write, whether the commit waited for the disk."""
    waited: list[bool] = []
    original = jobs.db._transaction

    def noting(is_durable: bool):  # type: ignore[no-untyped-def]
        waited.append(is_durable)
        return original(is_durable)

    with jobs.db.write() as connection:
        jobs.submit(connection, kind, "1", tenant="musterstadt")
    jobs.db._transaction = noting  # type: ignore[method-assign]
    assert jobs.run_due(limit=1) == 1
    return waited


def end(jobs: LoopJobs, job: Job) -> None:
    with jobs.db.write() as connection:
        job.done(connection)


def test_a_claim_is_durable_before_its_handler_begins(jobs: LoopJobs) -> None:
    """Else a second attempt would take itself for the first and send again unasked."""
    jobs.handler("send", lambda job: end(jobs, job))

    assert run(jobs, "send") == [True, True]  # claim, end


def test_a_repeatable_job_never_waits_for_the_disk(jobs: LoopJobs) -> None:
    """Lost with its claim it is due as before."""
    jobs.handler("step", lambda job: end(jobs, job), is_repeatable=True)

    assert run(jobs, "step") == [False, False]


def test_the_failure_of_a_repeatable_job_is_durable(jobs: LoopJobs) -> None:
    """What a person must look at does not vanish."""

    def fail(job: Job) -> None:
        raise ValueError

    jobs.handler("step", fail, is_repeatable=True, max_attempts=1)

    assert run(jobs, "step") == [False, True]
