"""Background jobs: what a job is, and the verbs with which work is put off till later.

A job is one row of the table ``job`` and the row is the truth: a lease is a due time in the
future, so the query that claims is also the recovery. Two things run the rows: the loop in
the one process (``loop``), and Procrastinate over any number of machines
(``procrastinate_jobs``). Both keep this port and pass one conformance suite.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import sqlalchemy as sa

from laufzettel.errors import ConflictError, LaufzettelError

#: The key of the one row of a periodic job.
PERIODIC: Final = "periodic"


class Lost(ConflictError):
    """Diesen Auftrag führt inzwischen ein anderer Versuch aus."""


class JobDiedError(LaufzettelError):
    """Der Auftrag hat bei jedem Versuch seinen Prozess beendet oder seine Frist überschritten."""


class JobNotEndedError(LaufzettelError):
    """Der Handler ist zurückgekehrt, ohne seinen Auftrag zu beenden (job.done fehlt)."""


class JobOwner(Protocol):
    """Where a running job writes; implemented over the table ``job``."""

    def finish(self, connection: sa.Connection, job: Job) -> None:
        """Delete the row; raise Lost when another attempt owns it."""
        ...

    def postpone(self, connection: sa.Connection, job: Job, at: datetime) -> None:
        """Let the row wait until ``at``; raise Lost when another attempt owns it."""
        ...

    def extend(self, connection: sa.Connection, job: Job, seconds: float) -> None:
        """Lease the row for ``seconds`` from now on; raise Lost when another attempt owns it."""
        ...

    def still_owned(self, connection: sa.Connection, job: Job) -> bool:
        """Tell whether the attempt owns the row and its lease has not run out."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One attempt at a job, as its handler gets it.

    Not frozen: it notes that the handler has ended it.
    """

    kind: str
    key: str
    tenant: str
    case_id: str | None
    args: dict[str, Any]  # ids and a schema number, never documents
    priority: int  # higher runs first within its tenant
    token: int  # fencing token: one more with every claim, so a late attempt is refused
    attempts: int  # 1 in the first attempt; from 2 on, ask the peer before sending again
    owner: JobOwner = field(repr=False)
    is_ended: bool = False

    def done(self, connection: sa.Connection) -> None:
        """End the job together with its result, in the handler's last transaction.

        Raises Lost when another attempt owns it by now: the transaction must roll back.
        """
        self.owner.finish(connection, self)
        self.is_ended = True

    def again(self, connection: sa.Connection, at: datetime) -> None:
        """End this run and let the same job run again at ``at``, its attempts counted anew.

        Raises Lost as ``done`` does.
        """
        self.owner.postpone(connection, self, at)
        self.is_ended = True

    def extend(self, connection: sa.Connection, seconds: float) -> None:
        """Keep the job for ``seconds`` from now on (the heartbeat of long work).

        Raises Lost as ``done`` does.
        """
        self.owner.extend(connection, self, seconds)

    def still_owned(self, connection: sa.Connection) -> bool:
        """Tell whether this attempt still owns the job and its lease runs.

        To be asked directly before every call to the outside. A process frozen between the
        question and the call still sends: only the receiver's key absorbs that.
        """
        return self.owner.still_owned(connection, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCount:
    """How many jobs of one kind a tenant has, and how they stand."""

    kind: str
    tenant: str
    due: int  # could run now; an expired lease counts here
    leased: int  # an attempt is running
    waiting: int  # due later: timers, retries, parked rows
    repeated: int  # had more than one attempt
    oldest_due: datetime | None  # of those that could run now


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStats:
    """How all jobs stand, for cockpit and metrics."""

    counts: tuple[JobCount, ...]  # sorted by kind and tenant

    @property
    def due(self) -> int:
        """Return how many could run now."""
        return sum(count.due for count in self.counts)

    @property
    def leased(self) -> int:
        """Return how many are running."""
        return sum(count.leased for count in self.counts)

    @property
    def waiting(self) -> int:
        """Return how many are due later."""
        return sum(count.waiting for count in self.counts)

    @property
    def oldest_due(self) -> datetime | None:
        """Return since when the longest waiting of the due jobs could have run."""
        return min((c.oldest_due for c in self.counts if c.oldest_due), default=None)


#: Runs a job in transactions of its own and ends with ``job.done`` inside the last one.
JobCall = Callable[[Job], None]
#: Told in the transaction that ends a job for good without a result; writes the incident.
OnExhausted = Callable[[sa.Connection, Job, Exception], None]


class Jobs(Protocol):
    """The port: what the engine asks of whatever runs its jobs."""

    #: Multiplies every lease: below 1 where a single process wants to go on soon after a kill.
    lease_factor: float

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
        """Add a job in the caller's transaction; False where (kind, key) lives already.

        A job that is running lives: name jobs by the thing to do, so that nothing new can
        hide behind one that is about to end.
        """
        ...

    def cancel(self, connection: sa.Connection, kind: str, key: str) -> bool:
        """Remove a job in the caller's transaction; a running attempt's end is refused."""
        ...

    def reschedule(self, connection: sa.Connection, kind: str, key: str, at: datetime) -> bool:
        """Let a waiting job run at ``at``, its attempts counted anew; False if gone or running."""
        ...

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
        """Have ``fn`` run the jobs of a kind; its lease must outlast its slowest call.

        Of the ordered kinds together a case has one job running at a time, the one due first,
        on however many machines.

        ``on_exhausted`` replaces the callback given to all jobs. The commits of a repeatable
        kind may be lost together with its claim when the power fails, for the job is then
        due as it was before: ``fn`` must not tell anybody outside what it does.
        """
        ...

    def limit(self, kind: str, at_once: int) -> None:
        """Let this process run at most so many jobs of a kind at once."""
        ...

    def schedule(self, name: str, when: float | str, fn: JobCall) -> None:
        """Have ``fn`` run again and again, once however many workers there are.

        ``when`` is a period in seconds, of which the first run is at once, or a cron text in
        office time (``"0 5 * * mon-fri"``). It need not end its job: the job waits for the next time once ``fn`` has returned.
        """
        ...

    def run_due(self, limit: int | None = None) -> int:
        """Run what is due now in this thread, without sleeping; return how many ran."""
        ...

    def run(self, threads: int = 4, stop: threading.Event | None = None) -> None:
        """Run jobs until ``stop`` is set; those that run then are finished first."""
        ...

    def stats(self) -> JobStats:
        """Return how the jobs stand."""
        ...

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of jobs that are run here."""
        ...
