"""The jobs that move cases: work, timers, messages, outcomes of effects, long steps.

Each ends its job in the transaction of the step it causes; a job whose receiver is gone
ends as a no-op.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine import feel
from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.execution.case_run import CaseRun, GoneError
from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.execution.step import Act, Steps, SuspendedError
from laufzettel.engine.handler import BpmnError, Handlers, Work
from laufzettel.engine.jobs import held_jobs
from laufzettel.engine.jobs.port import Job, JobCall, Jobs
from laufzettel.engine.messages import messages, process_starts, signals
from laufzettel.engine.messages.deliveries import Deliveries
from laufzettel.engine.messages.process_starting import ProcessStarts
from laufzettel.engine.outbox import effects
from laufzettel.engine.outbox.effects import EffectStatus
from laufzettel.engine.tables import case
from laufzettel.engine.work import cancelling, incidents, own_calls
from laufzettel.engine.work.calling import Calls
from laufzettel.errors import LaufzettelError
from laufzettel.failpoints import failpoint
from laufzettel.identity import system

#: Built once: building a statement costs more than running it.
_ABOUT = sa.select(case.c.business_key, case.c.status).where(case.c.id == sa.bindparam("of_id"))


class AttemptsSpentError(LaufzettelError):
    """Die im Modell vorgesehenen Versuche sind verbraucht."""


class Runners:
    """Registers what runs each kind of job."""

    def __init__(self, db: Database, handlers: Handlers, jobs: Jobs, steps: Steps) -> None:
        self._db = db
        self._handlers = handlers
        self._jobs = jobs
        self._steps = steps
        deliveries = Deliveries(db, jobs, steps)
        calls = Calls(db, jobs, steps)
        starts = ProcessStarts(db, jobs, steps)
        kinds: dict[str, tuple[JobCall, float]] = {
            "work": (self._work, 120),
            "timer": (self._timer, 30),
            messages.JOB: (deliveries.message, 30),
            signals.JOB: (deliveries.signal, 30),
            signals.FAN_OUT: (deliveries.fan_out, 30),
            own_calls.BEGIN: (calls.begin, 60),
            own_calls.ALL_ENDED: (self._unless_gone(calls.ended), 30),
            own_calls.CANCEL: (calls.cancel, 60),
            process_starts.BY_SIGNAL: (starts.by_signal, 30),
            process_starts.BY_TIME: (starts.by_time, 30),
            "outcome": (self._outcome, 30),
            "continue": (self._continue, 30),
        }
        for kind, (call, lease_s) in kinds.items():
            # Repeatable: each only moves a case, by what was committed before it was due.
            jobs.handler(
                kind,
                self._patient(call),
                lease_s=lease_s,
                on_exhausted=self.exhausted,
                is_repeatable=True,
                # Work of one case may run side by side; what moves the case goes in order.
                is_ordered=kind != "work",
            )

    def _unless_gone(self, call: JobCall) -> JobCall:
        """Return the call that ends the job alone when its receiver is gone."""

        def run(job: Job) -> None:
            try:
                call(job)
            except GoneError:
                with self._db.write() as connection:
                    job.done(connection)

        return run

    def _patient(self, call: JobCall) -> JobCall:
        """Return the call that holds the job while its case is suspended."""

        def run(job: Job) -> None:
            try:
                call(job)
            except SuspendedError:
                self._hold(job)

        return run

    def _hold(self, job: Job) -> None:
        with self._db.write() as connection:
            now = self._db.now(connection)
            is_suspended = held_jobs.status_of(connection, job.case_id) == CaseStatus.SUSPENDED
            if is_suspended and job.kind != messages.JOB:
                held_jobs.hold(connection, job, now)
            else:  # resumed meanwhile; or a message, which a suspended case does not receive
                job.again(connection, now)

    def _work(self, job: Job) -> None:
        handler = self._handlers.function(job.args["handler"])
        arguments = {name: feel.from_json(value) for name, value in job.args["arguments"].items()}
        with self._db.read() as connection:
            now = self._db.now(connection)
            found = connection.execute(_ABOUT, {"of_id": job.case_id}).one()
        if found.status == CaseStatus.SUSPENDED:
            raise SuspendedError
        context = Work(
            tenant=job.tenant,
            case_id=job.case_id or "",
            business_key=found.business_key,
            element=job.args["element"],
            now=now,
            services=self._handlers.services,
            records=Pending(job.tenant, None),
            attempt=job.attempts,
            read=self._db.read,
        )
        activation = job.args["activation"]
        try:
            result = dict(handler.call(context, **arguments))
        except BpmnError as error:
            refusal = error  # whoever raises one leaves no records, as inline handlers do
            return self._step(job, lambda run: run.fail(activation, refusal))
        except Exception as error:
            if job.attempts < (job.args.get("max_attempts") or job.attempts + 1):
                raise
            raise AttemptsSpentError(str(error)) from error  # as often as the model wants
        failpoint("work.done")

        def act(run: CaseRun) -> None:
            run.changes.entries.extend(context.entries)
            run.changes.facets.extend(context.facets)
            run.records.absorb(context.records)
            run.complete(activation, result, ends_row=True)

        return self._step(job, act)

    def _timer(self, job: Job) -> None:
        activation = job.args["activation"]
        self._step(
            job,
            lambda run: run.fire(activation),
            Event(kind="timer.fired", actor="system", data={"activation": activation}),
        )

    def _outcome(self, job: Job) -> None:
        with self._db.read() as connection:
            row = effects.load_outcome(connection, job.key)
        job.case_id = row.case_id  # who waits for the effect now
        try:
            self._steps.take(
                system(job.tenant),
                row.case_id,
                _told(row),
                within=[job.done],
                events=[_effect_event(row)],
            )
        except GoneError:
            with self._db.write() as connection:
                now = self._db.now(connection)
                cancelling.late_outcome(connection, self._jobs, row, _effect_event(row), now=now)
                job.done(connection)

    def _continue(self, job: Job) -> None:
        self._step(job, lambda run: None)

    def _step(self, job: Job, act: Act, event: Event | None = None) -> None:
        """Take the step and end the job in it; end it alone when the receiver is gone."""
        events = [event] if event is not None else []
        try:
            self._steps.take(
                system(job.tenant),
                job.case_id or "",
                act,
                within=[job.done],
                events=events,
            )
        except GoneError:
            with self._db.write() as connection:
                job.done(connection)

    def exhausted(self, connection: sa.Connection, job: Job, error: Exception) -> None:
        """Record an incident for a job that was given up."""
        is_parcel = job.kind == "parcel"
        known = isinstance(error, LaufzettelError)
        incidents.open_for_job(
            connection,
            tenant=job.tenant,
            case_id=job.case_id,
            code="versand_unbekannt" if is_parcel else "auftrag_gescheitert",
            cause=str(error) if known else f"Unerwarteter Fehler: {type(error).__name__}",
            detail=repr(error),
            job={"kind": job.kind, "key": job.key, "args": job.args, "case_id": job.case_id},
            now=self._db.now(connection),
        )


def _told(row: sa.Row[Any]) -> Act:
    """Return the act that lets the case know what became of its effect."""
    if row.status == EffectStatus.REFUSED:
        refusal = BpmnError(row.result["code"], row.result["text"])
        return lambda run: run.fail(row.activation, refusal)
    result = {name: feel.from_json(value) for name, value in row.result.items()}
    return lambda run: run.complete(row.activation, result, ends_row=True)


def _effect_event(row: sa.Row[Any]) -> Event:
    return Event(
        kind=f"effect.{row.status}",
        actor="system",
        data={"key": row.key, "channel": row.channel, "parcel": row.parcel_id or ""},
    )
