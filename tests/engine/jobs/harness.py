"""The three ways to run jobs, and a ledger in which their handlers leave traces."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

import sqlalchemy as sa

from laufzettel.clock import Clock
from laufzettel.db import Database, metadata
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.jobs.port import Job, Jobs
from laufzettel.engine.jobs.procrastinate_jobs import ProcrastinateJobs, create_procrastinate
from laufzettel.engine.jobs.runner import JobRunner
from laufzettel.engine.tables import job as job_table

LOOP_SQLITE, LOOP_POSTGRES, PROCRASTINATE = "loop-sqlite", "loop-postgresql", "procrastinate"

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

ledger = sa.Table(
    "test_ledger",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("what", sa.String(20), nullable=False),
)


class Crash(BaseException):
    """What a failpoint raises: as if the process had died here."""


class Told(list[tuple[str, str, int]]):
    """The callback of exhausted jobs: keeps key, error and attempts."""

    def __call__(self, connection: sa.Connection, job: Job, error: Exception) -> None:
        note(connection, job.key, "exhausted")
        self.append((job.key, type(error).__name__, job.attempts))


@dataclass(slots=True, kw_only=True)
class Setting:
    """One way to run jobs, on a database of its own."""

    name: str
    url: str
    _opened: list[Database] = field(default_factory=list)

    def create_tables(self) -> None:
        db = self.database()
        metadata.create_all(db.engine, tables=[job_table])
        ledger.create(db.engine)
        if self.name == PROCRASTINATE:
            with db.write() as connection:
                create_procrastinate(connection)

    def database(self, clock: Clock | None = None) -> Database:
        db = Database(self.url, clock=clock)
        self._opened.append(db)
        return db

    def jobs(self, clock: Clock | None = None, **options: Any) -> JobRunner:
        """Return what a process of its own would have: its own database and handlers."""
        db = self.database(clock)
        if self.name == PROCRASTINATE:
            return ProcrastinateJobs(db, sweep_s=1, **options)
        return LoopJobs(db, **options)

    def empty_the_distributor(self) -> None:
        """Take from the distributor all it knows; the loop has nothing but our table."""
        if self.name != PROCRASTINATE:
            return
        with self.database().write() as connection:
            connection.execute(
                sa.text(
                    "TRUNCATE procrastinate_jobs, procrastinate_events,"
                    " procrastinate_workers, procrastinate_periodic_defers"
                )
            )

    def close(self) -> None:
        for db in self._opened:
            db.close()

    @contextlib.contextmanager
    def worker(self, lease_s: float = 1.0) -> Iterator[BaseProcess]:
        """Run a real worker process until the block is left."""
        process = _processes().Process(
            target=import_module("tests.engine.jobs.job_worker").work,
            args=(self.name, self.url, lease_s),
        )
        process.start()
        try:
            yield process
        finally:
            process.kill()
            process.join()


@functools.cache
def _processes() -> ForkServerContext:
    """Return what starts processes by forking one that has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.engine.jobs.job_worker"])
    return context


def signal_to(process: BaseProcess, number: signal.Signals) -> None:
    assert process.pid is not None
    os.kill(process.pid, number)


def submit(jobs: JobRunner, key: str, *, kind: str = "book", tenant: str = "t", **how: Any) -> bool:
    with jobs.db.write() as connection:
        return jobs.submit(connection, kind, key, tenant=tenant, **how)


def note(connection: sa.Connection, key: str, what: str) -> None:
    connection.execute(sa.insert(ledger).values(key=key, what=what))


def noted(db: Database, what: str = "done") -> list[str]:
    """Return the keys with this mark, in the order of their noting."""
    with db.read() as connection:
        marked = sa.select(ledger.c.key).where(ledger.c.what == what).order_by(ledger.c.id)
        return list(connection.scalars(marked))


def booking(jobs: JobRunner) -> Callable[[Job], None]:
    """Return a handler that leaves its key in the ledger as it ends."""

    def book(job: Job) -> None:
        with jobs.db.write() as connection:
            note(connection, job.key, "done")
            job.done(connection)

    return book


def slow_booking(jobs: JobRunner) -> Callable[[Job], None]:
    """Return a handler that notes its start, works ``args["seconds"]`` and ends."""
    book = booking(jobs)

    def work(job: Job) -> None:
        with jobs.db.write() as connection:
            note(connection, job.key, "start")
        time.sleep(job.args["seconds"])
        book(job)

    return work


def row(db: Database, key: str) -> Any:
    with db.read() as connection:
        return connection.execute(sa.select(job_table).where(job_table.c.key == key)).one()


def rows_left(db: Database) -> int:
    with db.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(job_table)) or 0


def wait_until(is_true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not true after {seconds} seconds")
        time.sleep(0.01)


@contextlib.contextmanager
def running(jobs: Jobs, threads: int = 4) -> Iterator[threading.Event]:
    """Run the jobs in a thread until the block is left; raise what ``run`` raised."""
    stop, raised = threading.Event(), []

    def run() -> None:
        try:
            jobs.run(threads, stop)
        except BaseException as error:  # noqa: BLE001 - raised below
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    if raised:
        raise raised[0]
