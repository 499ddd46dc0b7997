"""A worker process of the bench of jobs: ``python -m bench._jobs_worker RUNNER URL THREADS``."""

from __future__ import annotations

import signal
import sys
import threading
from time import time
from typing import Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.jobs.port import Job
from laufzettel.engine.jobs.procrastinate_jobs import ProcrastinateJobs
from laufzettel.engine.jobs.runner import JobRunner

#: What a job leaves behind: its key, and when its transaction was about to commit.
done: Final = sa.Table(
    "bench_done",
    sa.MetaData(),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)
_DONE: Final = sa.insert(done)
KIND: Final = "bench"


def runner(name: str, db: Database) -> JobRunner:
    """Return what runs jobs under that name, with the one handler of this bench."""
    jobs: JobRunner = ProcrastinateJobs(db) if name == "procrastinate" else LoopJobs(db)

    def work(job: Job) -> None:
        with db.write() as connection:
            connection.execute(_DONE, {"key": job.key, "at": time()})
            job.done(connection)

    jobs.handler(KIND, work, is_repeatable=True)
    return jobs


def main(name: str, url: str, threads: str) -> None:
    """Run jobs until SIGTERM; says ``ready`` before."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    db = Database(url)
    jobs = runner(name, db)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    jobs.run(int(threads), stop)
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
