"""The jobs by which signals and times start cases.

Each case begins in the transaction that ends its job, so that nothing is started twice.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.db import Database
from laufzettel.engine import feel
from laufzettel.engine.audit.streams import Event
from laufzettel.engine.execution import timing
from laufzettel.engine.execution.step import Steps
from laufzettel.engine.handler import Start
from laufzettel.engine.jobs.port import Job, Jobs
from laufzettel.engine.messages import signals
from laufzettel.engine.messages.process_starts import set_next
from laufzettel.identity import system


class ProcessStarts:
    """What the two kinds of jobs do."""

    def __init__(self, db: Database, jobs: Jobs, steps: Steps) -> None:
        self._db = db
        self._jobs = jobs
        self._steps = steps

    def by_signal(self, job: Job) -> None:
        """Start the case of one process by a signal."""
        with self._db.read() as connection:
            found = signals.load(connection, job.args["signal"])
        start = Start(
            process_id=job.args["process"],
            business_key=f"signal:{found.id}",
            variables={name: feel.from_json(value) for name, value in found.payload.items()},
        )
        data = {"name": found.name, "source": found.source, "signal": found.id}
        event = Event(kind="signal.received", actor="system", data=data)
        self._steps.start(
            system(job.tenant), start, job.done, at=job.args["element"], events=[event]
        )

    def by_time(self, job: Job) -> None:
        """Start the case of this time, and set the next time if there is one."""
        process_id, element = job.args["process"], job.args["element"]
        due, *rest = job.args["cycle"]
        fired = timing.Cycle(datetime.fromisoformat(due), *rest)
        following = timing.again(fired, element=element) if fired.every else None

        def go_on(connection: sa.Connection) -> None:
            job.done(connection)
            if following is not None:
                set_next(connection, self._jobs, job.tenant, job.args, following)

        local = fired.due.astimezone(OFFICE_ZONE)
        start = Start(
            process_id=process_id,
            business_key=f"time:{process_id}"[:70] + f":{local:%Y-%m-%dT%H:%M:%S}",
            variables={},
        )
        event = Event(kind="timer.fired", actor="system", data={"element": element, "due": due})
        self._steps.start(system(job.tenant), start, go_on, at=element, events=[event])
