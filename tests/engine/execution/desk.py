"""An engine on a real database with a virtual clock, for the tests of whole steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from tests.engine.execution.draw import drawn
from tests.engine.execution.lab import handlers
from tests.engine.execution.lab_handlers import record
from tests.second_person import deployed

from laufzettel.clock import VirtualClock
from laufzettel.db import Database
from laufzettel.engine.api import Engine
from laufzettel.engine.handler import Start
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import case, effect, job, message, subscription, user_task
from laufzettel.engine.tasks.rules import ConflictSet, Matter
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.engine.views import IncidentView
from laufzettel.engine.work.invariants import breaches
from laufzettel.identity import Actor, Right, system

TENANT = "musterstadt"
BEGIN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Rules:
    """Everybody may sign everything; duties conflict as the test says."""

    def __init__(self) -> None:
        self.sets: list[ConflictSet] = []

    def conflict_sets(self, connection: sa.Connection, tenant: str) -> Sequence[ConflictSet]:
        return self.sets

    def refusal(
        self, connection: sa.Connection, tenant: str, person: str, duty: str, matter: Matter
    ) -> str | None:
        return "Ohne Befugnis." if person == "azubi" else None

    def candidates(
        self, connection: sa.Connection, tenant: str, duty: str, matter: Matter
    ) -> Mapping[str, str]:
        return {"yilmaz": "Aylin Yilmaz", "brandt": "Jens Brandt"}

    def name_of(self, connection: sa.Connection, tenant: str, person: str) -> str:
        return {"yilmaz": "Aylin Yilmaz", "brandt": "Jens Brandt"}.get(person, person)


class Desk:
    """What a test does with an engine, in few words."""

    def __init__(self, url: str) -> None:
        self.clock = VirtualClock(BEGIN)
        self.db = Database(url, clock=self.clock)
        record.create(self.db.engine, checkfirst=True)
        self.jobs = LoopJobs(self.db)
        self.rules = Rules()
        self.engine = Engine(self.db, handlers(), self.jobs, self.rules)
        self.steps = self.engine._steps
        self.all = system(TENANT)

    def deploy(self, model: str, tenant: str = TENANT) -> Any:
        return deployed(self.engine, self.all, Sources(files=drawn(model)), tenant=tenant)

    def start(self, model: str | None = None, *, key: str = "object:1", **variables: Any) -> str:
        if model is not None:
            self.deploy(model)
        start = Start(process_id="main", business_key=key, variables=variables)
        return self.engine.start(self.all, start)

    def person(self, name: str) -> Actor:
        rights = frozenset({Right.WORK})
        return Actor(tenant=TENANT, person=name, groups=frozenset({"kasse"}), rights=rights)

    def tasks(self, case_id: str | None = None) -> list[str]:
        """The elements of the open tasks."""
        return [task.element for task in self.engine.tasks(self.all, case_id)]

    def task(self, element: str, case_id: str | None = None) -> UserTask:
        found = self.engine.tasks(self.all, case_id)
        return next(task for task in found if task.element == element)

    def complete(self, element: str, who: str = "yilmaz", **values: str) -> None:
        self.engine.complete(self.person(who), self.task(element).id, values)

    def run_jobs(self, **later: int) -> None:
        """Run what is due, after having let so much time pass."""
        if later:
            self.clock.advance(**later)
        while self.jobs.run_due():
            pass

    @property
    def incidents(self) -> list[IncidentView]:
        return self.engine.incidents(self.all)

    def publish(
        self,
        name: str,
        key: str,
        message_id: str = "1",
        ttl: timedelta | None = None,
        **payload: Any,
    ) -> bool:
        publish = partial(self.engine.publish, self.all, name=name, key=key, payload=payload)
        return publish(source="test", message_id=message_id, ttl=ttl)

    def case(self, case_id: str) -> Any:
        return self.rows(case, case.c.id == case_id)[0]

    def rows(self, table: sa.Table, *where: Any) -> Sequence[Any]:
        with self.db.read() as connection:
            return connection.execute(sa.select(table).where(*where)).all()

    def write(self, call: Callable[[sa.Connection], Any]) -> None:
        with self.db.write() as connection:
            call(connection)

    def left_behind(self) -> dict[str, int]:
        """How much is still to be done: open tasks, jobs, subscriptions, pending effects."""
        return {
            "tasks": len(self.rows(user_task, user_task.c.status == "open")),
            "jobs": len(self.rows(job)),
            "subscriptions": len(self.rows(subscription)),
            "effects": len(self.rows(effect, effect.c.status == "pending")),
        }

    def is_sound(self) -> bool:
        """Whether every promise about the engine's rows holds; fails with those that do not."""
        with self.db.read() as connection:
            found = breaches(connection, TENANT, kinds=self.jobs.kinds)
        assert found == []
        return True

    def messages(self) -> list[str]:
        """The status of every message, the oldest first."""
        return [row.status for row in self.rows(message)]

    def close(self) -> None:
        self.db.close()
