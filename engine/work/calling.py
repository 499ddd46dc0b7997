"""The jobs of calls whose cases are their own: begin them, take their results, end them.

Each case is begun in a transaction of its own, which counts it in the caller's row: a job that
is killed goes on where it was. Results are collected when the last case has ended.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from laufzettel.db import Database
from laufzettel.engine import feel
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.execution.case_rows import ALIVE, CaseStatus
from laufzettel.engine.execution.case_run import CaseRun
from laufzettel.engine.execution.step import Loaded, Steps
from laufzettel.engine.handler import BpmnError, Facets, Start
from laufzettel.engine.jobs.port import Job, Jobs
from laufzettel.engine.messages.deliveries import BUSINESS_KEY_LENGTH_MAX
from laufzettel.engine.work import cancelling, own_calls
from laufzettel.engine.work.own_calls import Caller, CallerGoneError
from laufzettel.errors import ConflictError
from laufzettel.identity import Actor, system
from laufzettel.money import Money

#: Most cases that are begun before others get their turn.
AT_ONCE: Final = 25


class Calls:
    """What the three kinds of jobs do."""

    def __init__(self, db: Database, jobs: Jobs, steps: Steps) -> None:
        self._db = db
        self._jobs = jobs
        self._steps = steps

    def begin(self, job: Job) -> None:
        """Begin the next cases of a call."""
        case_id, activation = job.case_id or "", job.args["activation"]
        actor = system(job.tenant)
        for _ in range(AT_ONCE):
            with self._db.read() as connection:
                row = own_calls.load(connection, case_id, activation)
                if row is None or not _has_next(row):
                    break
                if own_calls.depth(connection, case_id) >= own_calls.DEPTH_MAX:
                    raise own_calls.TooDeepError
                loaded = self._steps.load(connection, actor, case_id)
                start, caller = _next(loaded, row)
            try:
                self._steps.start(actor, start, caller=caller)
            except CallerGoneError:
                break
        with self._db.write() as connection:
            row = own_calls.lock(connection, case_id, activation)
            if row is not None and _has_next(row):
                job.again(connection, self._db.now(connection))
            else:
                job.done(connection)

    def ended(self, job: Job) -> None:
        """Let the caller go on with what its cases have left."""
        if "failed" in job.args:
            return self._fail(job)
        case_id, activation = job.case_id or "", job.args["activation"]
        with self._db.read() as connection:
            found = own_calls.results(connection, case_id, activation)
        results = [_variables(result) for result in found]

        def act(run: CaseRun) -> None:
            run.take_results(activation, results)

        close = partial(own_calls.close, case_id=case_id, activation=activation)
        self._steps.take(system(job.tenant), case_id, act, within=[close, job.done])
        return None

    def _fail(self, job: Job) -> None:
        """Throw at the caller what one of its cases has thrown; the others are ended."""
        case_id, activation = job.case_id or "", job.args["activation"]
        with self._db.read() as connection:
            code, text = own_calls.error_of(connection, job.args["failed"])
        retire = partial(own_calls.retire, jobs=self._jobs, case_id=case_id, activation=activation)
        self._steps.take(
            system(job.tenant),
            case_id,
            lambda run: run.fail(activation, BpmnError(code, text)),
            within=[retire, job.done],
        )

    def cancel(self, job: Job) -> None:
        """End the cases of a caller that waits no more, with those that they have called."""
        with self._db.read() as connection:
            found = own_calls.called(connection, job.args["case"], job.args["activation"])
        for row in found:
            if row.status in ALIVE and row.status != CaseStatus.CANCELLING:
                self._end(system(job.tenant), row.id)
        with self._db.write() as connection:
            job.done(connection)

    def _end(self, actor: Actor, case_id: str) -> None:
        with self._db.write() as connection:
            now = self._db.now(connection)
            try:
                status = cancelling.cancel(connection, self._jobs, actor.tenant, case_id, now=now)
            except ConflictError:
                return  # it has ended by itself meanwhile
            event = Event(kind=f"case.{status}", actor=actor.label, data={"why": "caller"})
            append(connection, tenant=actor.tenant, stream=case_id, at=now, events=[event])


def _has_next(row: Any) -> bool:
    limit = min(row.total, row.ended + 1) if row.in_turn else row.total
    return bool(row.status == own_calls.CallStatus.OPEN and row.begun < limit)


def _next(loaded: Loaded, row: Any) -> tuple[Start, Caller]:
    number = row.begun + 1
    variables = loaded.run.handed_over(row.activation, number)
    element = loaded.run.element_at(row.activation)
    start = Start(
        process_id=row.process_id,
        business_key=_business_key(loaded.row.business_key, row, number),
        variables=variables,
        facets=_facets(loaded.row),
        version_tag=element.called_tag,
    )
    caller = Caller(
        case_id=row.case_id,
        activation=row.activation,
        number=number,
        bundle_id="" if element.bound_late else loaded.row.bundle_id,
        duty_scope=loaded.row.duty_scope,
    )
    return start, caller


def _business_key(of_caller: str, row: Any, number: int) -> str:
    """Return the caller's key, of several cases with the number, within the column's length."""
    suffix = f"/{number}" if row.total > 1 else ""
    return of_caller[: BUSINESS_KEY_LENGTH_MAX - len(suffix)] + suffix


def _facets(row: Any) -> Facets:
    """Return what a called case is about: what its caller is, and as confidential."""
    return Facets(
        subject=row.subject or None,
        party=row.party or None,
        amount=None if row.amount is None else Money(row.amount, row.currency),
        unit=row.unit,
        confidential=row.confidential,
    )


def _variables(result: Any) -> dict[str, Any]:
    kept = (result or {}).get("variables", {})
    return {name: feel.from_json(value) for name, value in kept.items()}
