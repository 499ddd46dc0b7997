"""The embedded loop: jobs run by threads of this process, on SQLite or PostgreSQL.

A bell wakes one sleeping thread after each commit that made something due; whoever finds a
job rings for the next before running it, so that n jobs cost n + 1 looks. One more thread
looks twice a second for what nobody rang for: timers, expired leases, rows of other
processes. On PostgreSQL a listener rings for what other processes submit.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from functools import partial
from typing import Final

import psycopg
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.jobs.claim import next_due
from laufzettel.engine.jobs.port import Job, OnExhausted
from laufzettel.engine.jobs.runner import JobRunner

log = logging.getLogger(__name__)

POLL_S: Final = 0.5
RECONNECT_S: Final = 1.0
LISTEN_S: Final = 0.2  # how long a stop may wait for the listener
CHANNEL: Final = "laufzettel_job"


class Bell:
    """Wakes one sleeper a ring; a ring that nobody hears is remembered.

    >>> bell = Bell()
    >>> bell.ring()
    >>> bell.wait()
    True
    >>> bell.wait(0.01)
    False
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._is_rung = False
        self.is_closed = False

    def ring(self) -> None:
        """Wake one sleeper, or whoever sleeps next."""
        with self._condition:
            self._is_rung = True
            self._condition.notify()

    def wait(self, seconds: float | None = None) -> bool:
        """Sleep until rung, closed or timed out; return whether it rang."""
        with self._condition:
            self._condition.wait_for(lambda: self._is_rung or self.is_closed, seconds)
            was_rung, self._is_rung = self._is_rung, False
            return was_rung

    def close(self) -> None:
        """Wake everybody for good."""
        with self._condition:
            self.is_closed = True
            self._condition.notify_all()


class LoopJobs(JobRunner):
    """Jobs run by threads that ``run`` starts, so after any fork."""

    def __init__(
        self, db: Database, *, on_exhausted: OnExhausted | None = None, first_wait_s: float = 2
    ) -> None:
        super().__init__(db, on_exhausted=on_exhausted, first_wait_s=first_wait_s)
        self._work_bell = Bell()  # something is due
        self._plan_bell = Bell()  # something will be due: sleep no longer than until then

    def _announce(self, connection: sa.Connection, at: datetime | None) -> None:
        if at is not None and at > self.db.now(connection):
            self.db.after_commit(lambda: self._plan_bell.ring())
            return
        self.db.after_commit(lambda: self._work_bell.ring())
        if not self.db.is_sqlite:
            connection.exec_driver_sql(f"NOTIFY {CHANNEL}")

    def run(self, threads: int = 4, stop: threading.Event | None = None) -> None:
        """Run jobs until ``stop`` is set; those that run then are finished first.

        To be called again only after it has returned. A crash sets ``stop`` and is raised.
        """
        self._check_pool(threads)
        stop = stop or threading.Event()
        self._work_bell, self._plan_bell, self._crash = Bell(), Bell(), None
        self._ensure_periodic()
        started = self._threads(threads, stop)
        for thread in started:
            thread.start()
        try:
            while not stop.wait(1):  # with a limit, because Windows else hears no Ctrl-C
                pass
        finally:
            self._work_bell.close()
            self._plan_bell.close()
            for thread in started:
                thread.join()
        if self._crash is not None:
            raise self._crash

    def _threads(self, number: int, stop: threading.Event) -> list[threading.Thread]:
        calls = [partial(self._work, self._work_bell, stop)] * number
        calls.append(partial(self._plan, self._plan_bell))
        if not self.db.is_sqlite:
            calls.append(partial(self._listen, self._work_bell))
        return [threading.Thread(target=call, daemon=True) for call in calls]

    def _plan(self, bell: Bell) -> None:
        while not bell.is_closed:
            bell.wait(self._look())

    def _look(self) -> float:
        """Ring if something is due; return how long to sleep before the next look."""
        try:
            with self.db.read() as connection:
                due = next_due(connection)
                now = self.db.now(connection)
        except sa.exc.SQLAlchemyError:
            log.exception("the database does not answer; looking again")
            return RECONNECT_S
        if due is None:
            return POLL_S
        if due <= now:
            self._work_bell.ring()
            return POLL_S
        return min((due - now).total_seconds(), POLL_S)

    def _work(self, bell: Bell, stop: threading.Event) -> None:
        while not bell.is_closed and self._crash is None:
            if not self._try_next():
                bell.wait()
        if self._crash is not None:
            stop.set()

    def _claim(self) -> Job | None:
        job = super()._claim()
        if job is not None:
            self._work_bell.ring()
        return job

    def _listen(self, bell: Bell) -> None:
        """Ring for what other processes submit, on a connection of its own."""
        address = self.db.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not bell.is_closed:
            try:
                with psycopg.connect(address, autocommit=True) as connection:
                    self._hear(connection, bell)
            except psycopg.Error as error:
                log.warning("the listener lost its connection: %s", error)
                threading.Event().wait(RECONNECT_S)

    def _hear(self, connection: psycopg.Connection, bell: Bell) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        bell.ring()  # for what came while nobody listened
        while not bell.is_closed:
            for _ in connection.notifies(timeout=LISTEN_S):
                bell.ring()
