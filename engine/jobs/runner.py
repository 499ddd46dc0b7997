"""What both ways to run jobs share: submitting, running one job, and what follows an error.

A subclass says how a due row is made known to whoever runs jobs (``_announce``) and what a
worker does all day (``run``).
"""

from __future__ import annotations

import logging
import random
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from laufzettel import logs
from laufzettel.db import Database
from laufzettel.db.database import POOL_SIZE
from laufzettel.engine.jobs.claim import Claim
from laufzettel.engine.jobs.port import (
    PERIODIC,
    Job,
    JobCall,
    JobDiedError,
    JobNotEndedError,
    JobStats,
    Lost,
    OnExhausted,
)
from laufzettel.engine.jobs.rhythm import Rhythm
from laufzettel.engine.jobs.rows import JobRows
from laufzettel.errors import ConflictError, LaufzettelError, NotFoundError, TooNewError
from laufzettel.failpoints import failpoint
from laufzettel.measures import MEASURES

log = logging.getLogger(__name__)
MEASURES.count("lost_races", 0, point="job")  # told from the beginning, so that a rise is seen

WAIT_S_MAX: Final = 3600
#: How long an older worker leaves a job to newer ones before it looks again.
LEAVE_S: Final = 5
#: The tenant of what belongs to the installation.
NO_TENANT: Final = "*"
#: Where an exhausted job waits for a person, if nobody was named to be told of it.
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """How the jobs of one kind are run."""

    call: JobCall
    max_attempts: int
    lease_s: float
    on_exhausted: OnExhausted | None
    is_repeatable: bool = False
    is_ordered: bool = False
    rhythm: Rhythm | None = None  # set for what runs periodically


class JobRunner(ABC):
    """Runs jobs in whatever thread asks for it.

    ``on_exhausted`` is told when a job ends for good without a result; without it the row is
    parked, so that nothing disappears. ``first_wait_s`` is the wait after the first error; it
    doubles with each further one, up to an hour.
    """

    def __init__(
        self, db: Database, *, on_exhausted: OnExhausted | None = None, first_wait_s: float = 2
    ) -> None:
        self.db = db
        self.rows = JobRows(db)
        self._on_exhausted = on_exhausted
        self._first_wait_s = first_wait_s
        self._handlers: dict[str, Handler] = {}
        self._limits: dict[str, int] = {}  # kind -> most at once in this process
        self._running: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._claims = Claim(db)
        self._crash: BaseException | None = None
        self.lease_factor = 1.0  # tests that kill workers shorten every lease by it

    # What is asked in the caller's transaction

    def submit(
        self,
        connection: sa.Connection,
        kind: str,
        key: str,
        args: Mapping[str, Any] | None = None,
        *,
        tenant: str,
        case_id: str | None = None,
        at: datetime | None = None,
        priority: int = 0,
    ) -> bool:
        """Add a job in the caller's transaction; False where (kind, key) lives already."""
        row: dict[str, Any] = {"kind": kind, "key": key, "tenant": tenant, "case_id": case_id}
        row |= {"args": dict(args or {}), "priority": priority}
        is_new = self.rows.add(connection, row | {"due": at or self.db.now(connection)})
        if is_new:
            self._announce(connection, at)
        return is_new

    def cancel(self, connection: sa.Connection, kind: str, key: str) -> bool:
        """Remove a job in the caller's transaction; a running attempt's end is refused."""
        return self.rows.remove(connection, kind, key)

    def reschedule(self, connection: sa.Connection, kind: str, key: str, at: datetime) -> bool:
        """Let a waiting job run at ``at``, its attempts counted anew; False if gone or running."""
        is_found = self.rows.wake(connection, kind, key, at)
        if is_found:
            self._announce(connection, at)
        return is_found

    def stats(self) -> JobStats:
        """Return how the jobs stand."""
        with self.db.read() as connection:
            return self.rows.stats(connection)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of jobs that are run here."""
        return frozenset(self._handlers)

    @abstractmethod
    def _announce(self, connection: sa.Connection, at: datetime | None) -> None:
        """Tell, once the transaction has committed, that a row is due at ``at`` (None: now)."""

    # What is asked while the program is put together

    def handler(
        self,
        kind: str,
        fn: JobCall,
        *,
        max_attempts: int = 8,
        lease_s: float = 30,
        on_exhausted: OnExhausted | None = None,
        is_repeatable: bool = False,
        is_ordered: bool = False,
    ) -> None:
        """Have ``fn`` run the jobs of a kind."""
        handler = Handler(
            call=fn,
            max_attempts=max_attempts,
            lease_s=lease_s,
            on_exhausted=self._on_exhausted if on_exhausted is None else on_exhausted,
            is_repeatable=is_repeatable,
            is_ordered=is_ordered,
        )
        self._add_handler(kind, handler)

    def limit(self, kind: str, at_once: int) -> None:
        """Let this process run at most so many jobs of a kind at once."""
        if kind not in self._handlers:
            raise NotFoundError(f"Aufträge der Art „{kind}“ gibt es nicht.")
        if at_once < 1:
            raise ValueError(f"a limit below one would run nothing: {at_once}")
        self._limits[kind] = at_once

    def schedule(self, name: str, when: float | str, fn: JobCall) -> None:
        """Have ``fn`` run by a period or at cron times, once however many workers there are."""
        handler = Handler(
            call=fn,
            max_attempts=8,
            lease_s=30,
            on_exhausted=self._on_exhausted,
            rhythm=Rhythm(when),
        )
        self._add_handler(name, handler)

    def _add_handler(self, kind: str, handler: Handler) -> None:
        if kind in self._handlers:
            raise ValueError(f"the kind {kind!r} has a handler already")
        self._handlers[kind] = handler

    # Running

    @abstractmethod
    def run(self, threads: int = 4, stop: threading.Event | None = None) -> None:
        """Run jobs until ``stop`` is set; those that run then are finished first."""

    def run_due(self, limit: int | None = None) -> int:
        """Run what is due now in this thread, without sleeping; return how many ran."""
        self._ensure_periodic()
        number = 0
        while (limit is None or number < limit) and self._run_next():
            number += 1
        return number

    def _ensure_periodic(self) -> None:
        """See to it that every periodic job has its row."""
        found = {kind: one.rhythm for kind, one in self._handlers.items() if one.rhythm}
        if not found:
            return
        with self.db.write() as connection:
            now = self.db.now(connection)
            for name, rhythm in found.items():
                first = rhythm.first(now)
                at = first if first > now else None
                self.submit(connection, name, PERIODIC, tenant=NO_TENANT, at=at)

    def _check_pool(self, threads: int) -> None:
        if threads * 2 > POOL_SIZE:
            raise ValueError(f"at most {POOL_SIZE // 2} threads: a pool of {POOL_SIZE} serves them")

    def _try_next(self) -> bool:
        """Run one due job; False where there was none, or where it could not even be noted.

        A crash that only tests can cause (BaseException) is kept for ``run`` to raise.
        """
        try:
            return self._run_next()
        except Exception:  # the worker outlives a lost database; the lease brings the job back
            log.exception("a job could not be run or its failure not be written")
        except BaseException as crash:  # noqa: BLE001 - raised by run(), in the caller's thread
            self._crash = crash
        return False

    def _run_next(self) -> bool:
        job = self._claim()
        if job is None:
            return False
        failpoint("job.claimed")
        try:
            self._run(job)
        finally:
            self._release_slot(job.kind)
        return True

    def _claim(self) -> Job | None:
        taken, job = self._take_slots(), None
        try:
            job = self._claim_of(taken)
        finally:
            self._give_back(taken, job)
        return job

    def _claim_of(self, kinds: frozenset[str]) -> Job | None:
        leases = {kind: self._handlers[kind].lease_s * self.lease_factor for kind in sorted(kinds)}
        ordered = [kind for kind, handler in self._handlers.items() if handler.is_ordered]
        if not self.db.is_sqlite:
            return self._claim_locking(leases, ordered)
        while True:
            # Looked for without the write lock: half of all looks find nothing.
            with self.db.read() as connection:
                row = self._claims.find(connection, list(leases), ordered)
            if row is None:
                return None
            # After a loss of power a claim that is forgotten is simply made again; but whoever
            # asks a peer must know that this is no first attempt.
            is_durable = not self._handlers[row.kind].is_repeatable
            with self.db.write(durable=is_durable) as connection:
                job = self._claims.lease(connection, row, leases[row.kind], self)
            if job is not None:
                return job

    def _claim_locking(self, leases: Mapping[str, float], ordered: Sequence[str]) -> Job | None:
        """Claim where others skip what is locked: found and leased in one transaction."""
        with self.db.write(durable=False) as connection:
            row = self._claims.find(connection, list(leases), ordered)
            if row is None:
                return None
            job = self._claims.lease(connection, row, leases[row.kind], self)
        if job is not None and not self._handlers[job.kind].is_repeatable:
            self._remember(job, leases[job.kind])
        return job

    def _take_slots(self) -> frozenset[str]:
        """Return the kinds that may run now, a slot of each taken: one of them is used."""
        with self._counting:
            free = [
                kind
                for kind in self._handlers
                if kind not in self._limits or self._running[kind] < self._limits[kind]
            ]
            self._running.update(free)
        return frozenset(free)

    def _give_back(self, taken: frozenset[str], job: Job | None) -> None:
        with self._counting:
            self._running.subtract(kind for kind in taken if job is None or kind != job.kind)

    def _release_slot(self, kind: str) -> None:
        with self._counting:
            self._running[kind] -= 1

    def _remember(self, job: Job, lease_s: float) -> None:
        """Make the claim durable: whoever asks a peer must know that this is no first attempt."""
        try:
            with self.db.write() as connection:
                self.rows.extend(connection, job, lease_s)
        except Lost:  # stopped for longer than its lease; the handler's end will be refused
            _note_lost()

    def _run(self, job: Job) -> None:
        named = {"job": job.kind, "key": job.key, "case_id": job.case_id}
        with logs.bound(**named), MEASURES.timed("job_seconds", kind=job.kind):
            began = time.perf_counter()
            self._attempt(job)
            took_ms = round((time.perf_counter() - began) * 1000)
            # What comes round every few seconds would hide all else.
            level = logging.DEBUG if self._handlers[job.kind].rhythm else logging.INFO
            logs.event(log, "job.ran", level=level, attempt=job.attempts, ms=took_ms)

    def _attempt(self, job: Job) -> None:
        handler = self._handlers[job.kind]
        try:
            if job.attempts > handler.max_attempts:
                raise JobDiedError
            with self.db.repeatable() if handler.is_repeatable else nullcontext():
                handler.call(job)
            self._see_that_it_ended(job, handler)
        except Lost:
            _note_lost()
        except TooNewError as error:
            self._leave(job, error)
        except Exception as error:  # noqa: BLE001 - the one place where it becomes an incident
            _note_failed(job, error)
            self._fail(job, handler, error)

    def _leave(self, job: Job, error: TooNewError) -> None:
        """Leave a case that a newer program has moved to its workers, as if never claimed."""
        log.warning("job %s %s is left to a newer worker: %s", job.kind, job.key, error)
        try:
            with self.db.write() as connection:
                due = self._later(connection, LEAVE_S)
                attempts = job.attempts - 1
                self._release(connection, job, due, attempts=attempts, error=_text(error))
        except Lost:
            _note_lost()

    def _see_that_it_ended(self, job: Job, handler: Handler) -> None:
        if job.is_ended:
            return
        if handler.rhythm is None:
            raise JobNotEndedError
        with self.db.write() as connection:
            job.again(connection, handler.rhythm.after(self.db.now(connection)))

    def _fail(self, job: Job, handler: Handler, error: Exception) -> None:
        is_final = job.attempts >= handler.max_attempts or not _is_retryable(error)
        try:
            with self.db.write() as connection:
                if is_final:
                    self._exhaust(connection, job, handler, error)
                else:
                    wait_s = self._wait_s(job, handler, self.db.now(connection))
                    due = self._later(connection, wait_s)
                    self._release(connection, job, due, attempts=job.attempts, error=_text(error))
        except Lost:
            _note_lost()

    def _exhaust(
        self, connection: sa.Connection, job: Job, handler: Handler, error: Exception
    ) -> None:
        """End the job for good and tell it in the same transaction; what is periodic goes on."""
        if handler.rhythm:
            due = handler.rhythm.after(self.db.now(connection))
            self._release(connection, job, due, attempts=0, error=_text(error))
        elif handler.on_exhausted is None:
            self.rows.release(connection, job, NEVER, attempts=job.attempts, error=_text(error))
        else:
            self.finish(connection, job)
        if handler.on_exhausted is not None:
            handler.on_exhausted(connection, job, error)

    def _wait_s(self, job: Job, handler: Handler, now: datetime) -> float:
        wait_s: float = min(self._first_wait_s * 2 ** (job.attempts - 1), WAIT_S_MAX)
        if handler.rhythm:
            wait_s = min(wait_s, handler.rhythm.wait_s(now))
        if not self.db.has_virtual_clock:
            wait_s *= random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, hides nothing
        return wait_s

    def _later(self, connection: sa.Connection, seconds: float) -> datetime:
        return self.db.now(connection) + timedelta(seconds=seconds)

    def _release(
        self,
        connection: sa.Connection,
        job: Job,
        due: datetime,
        *,
        attempts: int,
        error: str | None,
    ) -> None:
        self.rows.release(connection, job, due, attempts=attempts, error=error)
        self._announce(connection, due)

    # What a running job asks (JobOwner)

    def finish(self, connection: sa.Connection, job: Job) -> None:
        """Delete the row; raise Lost when another attempt owns it."""
        self.rows.finish(connection, job)

    def postpone(self, connection: sa.Connection, job: Job, at: datetime) -> None:
        """Let the row wait until ``at``; raise Lost when another attempt owns it."""
        self._release(connection, job, at, attempts=0, error=None)

    def extend(self, connection: sa.Connection, job: Job, seconds: float) -> None:
        """Lease the row for ``seconds`` from now on; raise Lost when another attempt owns it."""
        self.rows.extend(connection, job, seconds)

    def still_owned(self, connection: sa.Connection, job: Job) -> bool:
        """Tell whether the attempt owns the row and its lease has not run out."""
        return self.rows.still_owned(connection, job)


def _note_lost() -> None:
    MEASURES.count("lost_races", point="job")
    logs.event(log, "job.lost")  # another attempt owns it


def _note_failed(job: Job, error: Exception) -> None:
    MEASURES.count("failed_jobs", kind=job.kind)
    name = type(error).__name__  # its message may quote data; it stands in the row
    trace = None if isinstance(error, LaufzettelError) else error  # a bug shows its place
    with logs.bound(attempt=str(job.attempts), error=name):
        log.warning("job.failed", exc_info=trace)


def _is_retryable(error: Exception) -> bool:
    """Tell whether the same job may succeed later.

    Whoever lost a race computes again, although a person is told at once. What is no error
    of operation (a bug, a driver's error) may be the moment's and is tried again.
    """
    if isinstance(error, LaufzettelError) and not isinstance(error, ConflictError):
        return error.retryable
    return True


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
