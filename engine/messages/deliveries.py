"""The jobs that bring messages and signals to the cases that wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine import feel
from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution.case_run import CaseRun, GoneError
from laufzettel.engine.execution.step import Steps
from laufzettel.engine.handler import Start
from laufzettel.engine.jobs.port import Job, Jobs
from laufzettel.engine.messages import message_starts, messages, signals
from laufzettel.engine.messages.signals import DeliveryStatus
from laufzettel.errors import InputError
from laufzettel.identity import system
from laufzettel.ids import new_id

#: How long a message waits whose receiver went away while it was being delivered.
TRY_OTHER: Final = timedelta(seconds=1)
#: How often a message that could start a process asks for the suspended case that waits for it.
TRY_SUSPENDED: Final = timedelta(seconds=30)
#: Longest business key, as its column.
BUSINESS_KEY_LENGTH_MAX: Final = 100


class _AlreadyStartedError(Exception):
    """The business key has its case already."""


class Deliveries:
    """Runs the jobs of messages and signals."""

    def __init__(self, db: Database, jobs: Jobs, steps: Steps) -> None:
        self._db = db
        self._jobs = jobs
        self._steps = steps

    def message(self, job: Job) -> None:
        """Hand a message to the token that waits for it, else let it start its process."""
        with self._db.read() as connection:
            found = messages.open_message(connection, job.key)
            receiver = messages.receiver(connection, found) if found is not None else None
            start = None
            if found is not None and receiver is None:
                start = message_starts.find(connection, found.tenant, found.name)
                is_kept = messages.is_kept(connection, found)
        if found is not None and start is not None:
            if is_kept:  # who waits goes first, suspended or not
                return self._end_message(job, found, TRY_SUSPENDED)
            return self._start_by(job, found, start)
        if found is None or receiver is None:
            return self._end_message(job, found, timedelta())
        payload = {name: feel.from_json(value) for name, value in found.payload.items()}

        def claim(connection: sa.Connection) -> None:
            if not messages.claim(
                connection, found, receiver.case_id, now=self._db.now(connection)
            ):
                raise GoneError(job.key)

        job.case_id = receiver.case_id
        try:
            self._steps.take(
                system(job.tenant),
                receiver.case_id,
                lambda run: run.fire(receiver.activation, payload),
                within=[claim, job.done],
                events=[_consumed(found)],
            )
        except GoneError:  # the receiver, or the message; whoever waits now shall have it
            self._end_message(job, found, TRY_OTHER)
        return None

    def _start_by(self, job: Job, found: sa.Row[Any], start: sa.Row[Any]) -> None:
        """Begin a case by the message, one for each business key where the model says so."""
        case_id = new_id()
        payload = {name: feel.from_json(value) for name, value in found.payload.items()}
        business_key = found.key or f"message:{found.id}"
        if len(business_key) > BUSINESS_KEY_LENGTH_MAX:
            raise InputError(f"Der Schlüssel „{business_key}“ ist länger als 100 Zeichen.")

        def claim(connection: sa.Connection) -> None:
            now, key = self._db.now(connection), (job.tenant, start.process_id, business_key)
            if start.is_once and not message_starts.take(connection, *key, case_id):
                raise _AlreadyStartedError
            if not messages.claim(connection, found, case_id, now=now):
                raise GoneError(job.key)
            job.done(connection)

        new = Start(process_id=start.process_id, business_key=business_key, variables=payload)
        begun = {"case_id": case_id, "at": start.element, "events": [_consumed(found)]}
        try:
            self._steps.start(system(job.tenant), new, claim, **begun)
        except GoneError:  # another delivery has it
            self._end_message(job, None, timedelta())
        except _AlreadyStartedError:
            self._give_to_the_first(job, found, start.process_id, business_key)

    def _give_to_the_first(
        self, job: Job, found: sa.Row[Any], process_id: str, business_key: str
    ) -> None:
        """Note that the message belongs to the case that its business key has already."""
        with self._db.write() as connection:
            now = self._db.now(connection)
            case_id = message_starts.taken_by(connection, job.tenant, process_id, business_key)
            messages.claim(connection, found, case_id, now=now)
            job.done(connection)

    def _end_message(self, job: Job, found: sa.Row[Any] | None, wait: timedelta) -> None:
        """End the delivery if nobody waits for the message; else try again after ``wait``."""
        with self._db.write() as connection:
            if found is not None and not messages.still_unwanted(connection, found):
                job.again(connection, self._db.now(connection) + wait)
            else:
                job.done(connection)

    def fan_out(self, job: Job) -> None:
        """Make jobs for the next cases that a signal is to reach."""
        with self._db.write() as connection:
            if signals.fan_out(connection, self._jobs, job.tenant, job.key):
                job.done(connection)
            else:
                job.again(connection, self._db.now(connection))

    def signal(self, job: Job) -> None:
        """Tell one case of a signal: each of its tokens that waited when it was broadcast."""
        signal_id, case_id = job.args["signal"], job.case_id or ""
        with self._db.read() as connection:
            found = signals.load(connection, signal_id)
            wanted = signals.to_tell(connection, signal_id, case_id)
        payload = {name: feel.from_json(value) for name, value in found.payload.items()}
        outcome: dict[str, DeliveryStatus] = {}

        def act(run: CaseRun) -> None:
            for row in wanted:
                outcome[row.subscription_id] = _hear(run, row.activation, payload)
            if DeliveryStatus.RECEIVED not in outcome.values():
                raise GoneError(case_id)

        def note(connection: sa.Connection) -> None:
            for row in wanted:
                status = outcome.get(row.subscription_id, DeliveryStatus.GONE)
                signals.told(connection, signal_id, case_id, row.subscription_id, status)
            job.done(connection)

        heard = Event(
            kind="signal.received",
            actor="system",
            data={"name": found.name, "source": found.source, "signal": signal_id},
        )
        try:
            self._steps.take(system(job.tenant), case_id, act, within=[note], events=[heard])
        except GoneError:  # the case, or every token of it that waited
            outcome.clear()
            with self._db.write() as connection:
                note(connection)


def _consumed(found: sa.Row[Any]) -> Event:
    data = {"name": found.name, "source": found.source, "message": found.id}
    texts = {"message_id": found.message_id}  # the sender's, who may write there what he likes
    return Event(kind="message.consumed", actor="system", data=data, texts=texts)


def _hear(run: CaseRun, activation: str, payload: Mapping[str, Any]) -> DeliveryStatus:
    """Let one token hear a signal; an earlier one of the same case may have interrupted it."""
    try:
        run.fire(activation, payload)
    except GoneError:
        return DeliveryStatus.GONE
    run.settle()
    return DeliveryStatus.RECEIVED
