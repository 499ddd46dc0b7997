"""Jobs on any number of machines: our rows in PostgreSQL, woken by Procrastinate.

With each row that becomes due a hint is deferred in the same transaction, for the moment when
it is due. A hint names no job: whoever gets it claims the fairest due row, so there are as
many hints as rows and a flood of one tenant passes no other. If hints are lost, the sweep
counts what is due against what waits and defers the difference; if there are too many, a hint
finds nothing and that is all.

This module reads three columns of ``procrastinate_jobs`` (status, task_name, scheduled_at)
and deletes from it: its tests must pass before the version is raised.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, cast

import procrastinate
import psycopg
import sqlalchemy as sa
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager

from laufzettel.db import Database
from laufzettel.engine.jobs.claim import count_due
from laufzettel.engine.jobs.port import OnExhausted
from laufzettel.engine.jobs.runner import JobRunner
from laufzettel.errors import StorageError

log = logging.getLogger(__name__)

QUEUE: Final = "laufzettel"
HINT: Final = "laufzettel.hint"
SWEEP: Final = "laufzettel.sweep"
POLL_S: Final = 1.0  # it has no timer on the due time of a hint, so a delay is late by up to this
STOP_POLL_S: Final = 0.1
RESTART_S: Final = 1.0
#: Most jobs that one hint runs; few, so that a stop is not kept waiting.
RUNS_PER_HINT_MAX: Final = 10
HINTS_PER_SWEEP_MAX: Final = 1_000
HEARTBEAT_S: Final = 10.0
#: A worker without a heartbeat for so long is dead; what it had in hand is deleted.
DEAD_S: Final = 30.0

_WAITING_HINTS = sa.text(
    "SELECT count(*) FROM (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo'"
    " AND task_name = :hint AND (scheduled_at IS NULL OR scheduled_at <= now())"
    " LIMIT :at_most) AS few"
)
# Only its jobs, never the worker: one that was merely frozen could fetch nothing any more.
_FORGET_THE_DEAD = sa.text(
    "DELETE FROM procrastinate_jobs WHERE status = 'doing' AND task_name IN (:hint, :sweep)"
    " AND (worker_id IS NULL OR worker_id IN (SELECT id FROM procrastinate_workers"
    " WHERE last_heartbeat < now() - make_interval(secs => :dead_s)))"
)


def procrastinate_schema() -> str:
    """Return the SQL that creates Procrastinate's tables, for a migration.

    It has several statements and a literal ``%``: execute it with ``create_procrastinate``.
    """
    return SchemaManager.get_schema()


def has_procrastinate(connection: sa.Connection) -> bool:
    """Tell whether Procrastinate's tables are there."""
    return connection.scalar(sa.text("SELECT to_regclass('procrastinate_jobs')")) is not None


def create_procrastinate(connection: sa.Connection) -> bool:
    """Create Procrastinate's tables in the caller's transaction; False where they are there."""
    if has_procrastinate(connection):
        return False
    _driver(connection).execute(procrastinate_schema().encode())
    return True


def _driver(connection: sa.Connection) -> psycopg.Connection:
    """Return the psycopg connection that is in SQLAlchemy's transaction."""
    return cast(psycopg.Connection, connection.connection.driver_connection)


class ProcrastinateJobs(JobRunner):
    """Jobs run by Procrastinate's workers.

    ``sweep_s`` is how often what was forgotten is looked for: at worst a job of a killed
    worker waits that long beyond its lease.
    """

    def __init__(
        self,
        db: Database,
        *,
        on_exhausted: OnExhausted | None = None,
        first_wait_s: float = 2,
        sweep_s: int = 5,
    ) -> None:
        if db.is_sqlite:
            raise StorageError("Die Verteilung auf mehrere Rechner braucht PostgreSQL.")
        super().__init__(db, on_exhausted=on_exhausted, first_wait_s=first_wait_s)
        self._sweep_s = sweep_s
        self._stop = threading.Event()
        # Never opened: it only ever writes through the caller's connection. The app of a
        # worker could not, for one that is opened async has no sync connector.
        connector = procrastinate.SyncPsycopgConnector()
        self._sender = procrastinate.App(connector=connector)

    def _announce(self, connection: sa.Connection, at: datetime | None) -> None:
        self._hint(connection, at=at)

    def _hint(
        self, connection: sa.Connection, *, at: datetime | None = None, number: int = 1
    ) -> None:
        task = self._sender.configure_task(
            HINT, queue=QUEUE, schedule_at=at, connection=_driver(connection)
        )
        task.batch_defer(*({} for _ in range(number)))

    def sweep(self) -> int:
        """Defer a hint for each due row that has none, forget dead workers' hints; return how many.

        What is counted may be claimed meanwhile: then a hint too many is deferred, which finds
        nothing. So a backlog never multiplies its hints.
        """
        kinds, at_most = list(self._handlers), HINTS_PER_SWEEP_MAX
        dead = {"hint": HINT, "sweep": SWEEP, "dead_s": DEAD_S}
        hints = {"hint": HINT, "at_most": at_most}
        with self.db.write() as connection:
            connection.execute(_FORGET_THE_DEAD, dead)
            due = count_due(connection, kinds, self.db.now(connection), at_most=at_most)
            waiting: int = connection.scalar(_WAITING_HINTS, hints) or 0
            missing = max(due - waiting, 0)
            if missing:
                self._hint(connection, number=missing)
        return missing

    def run(self, threads: int = 4, stop: threading.Event | None = None) -> None:
        """Work until ``stop`` is set; the jobs that run then are finished first."""
        self._check_pool(threads)
        self._check_schema()
        self._crash = None
        self._stop = stop = stop or threading.Event()
        self._ensure_periodic()
        # The selector loop, because psycopg cannot use the one that is Windows' default.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve(threads, stop))
        if self._crash is not None:
            raise self._crash

    def _check_schema(self) -> None:
        with self.db.read() as connection:
            if not has_procrastinate(connection):
                raise StorageError(
                    "Die Tabellen von Procrastinate fehlen. Bitte die Datenbank aktualisieren."
                )

    async def _serve(self, threads: int, stop: threading.Event) -> None:
        # asyncio's own executor has min(32, cores + 4) threads, whatever is asked for.
        executor = ThreadPoolExecutor(threads, "job")
        asyncio.get_running_loop().set_default_executor(executor)
        while not self._is_over(stop):
            try:
                await self._work(threads, stop)
            except (ConnectorException, psycopg.Error) as error:
                log.warning("the worker lost its database: %r", error)
            if not self._is_over(stop):
                log.warning("the worker ended by itself and is started again")
                await asyncio.sleep(RESTART_S)

    def _is_over(self, stop: threading.Event) -> bool:
        return stop.is_set() or self._crash is not None

    async def _work(self, threads: int, stop: threading.Event) -> None:
        """Run one worker until stop, or until it gives up because its database is gone."""
        app = self._worker_app()
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=threads,
                    delete_jobs="always",
                    fetch_job_polling_interval=POLL_S,
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=DEAD_S,
                    install_signal_handlers=False,
                )
            )
            try:
                while not self._is_over(stop) and not worker.done():
                    await asyncio.wait({worker}, timeout=STOP_POLL_S)
            finally:
                worker.cancel()  # it finishes what it runs, and ends
                with contextlib.suppress(asyncio.CancelledError):
                    await worker

    def _worker_app(self) -> procrastinate.App:
        address = self.db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connector = procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4)
        app = procrastinate.App(connector=connector)
        app.task(name=HINT, queue=QUEUE)(self._follow_hint)
        # Before all hints, else it would wait behind a backlog; once only, however many
        # ticks pass while every thread is busy.
        sweep = app.task(name=SWEEP, queue=QUEUE, priority=100, queueing_lock=SWEEP)(self._tick)
        app.periodic(cron=f"* * * * * */{self._sweep_s}")(sweep)
        return app

    def _follow_hint(self) -> None:
        """Run what is due; go on a little, for a job held back has lost its own hint."""
        for _ in range(RUNS_PER_HINT_MAX):
            if not self._try_next() or self._stop.is_set():
                return

    def _tick(self, timestamp: int) -> None:
        try:
            self.sweep()
        except sa.exc.SQLAlchemyError:
            log.exception("the sweep failed; the next one follows")
