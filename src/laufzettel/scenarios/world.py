"""A whole installation for one scenario: composed as in earnest, with a pretended outside.

The outside outlives every composition: the clock, the checker, the HKR, the stubs and the
recorder of ways. ``reopen`` closes database, bundles, jobs and application and puts new
ones together from what is stored, as after a restart.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from laufzettel import compose
from laufzettel.app import App, DirectoryLedgers
from laufzettel.cli.demo.town import TENANT, Resident, power_rows
from laufzettel.clock import VirtualClock
from laufzettel.connectors.kasse.behaviour import Behaviour, Reply
from laufzettel.connectors.kasse.exchange import Box
from laufzettel.connectors.kasse.simulator import LedgerSimulator
from laufzettel.db import Database
from laufzettel.engine.execution.port import Executor
from laufzettel.engine.execution.spiff import SpiffExecutor
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import job
from laufzettel.errors import LaufzettelError
from laufzettel.identity import SHARED, Actor, Right
from laufzettel.records.tables import membership, person, power, tenant
from laufzettel.scenarios.facts import FactsChecker
from laufzettel.scenarios.path import Recorder
from laufzettel.scenarios.printing import QuickPrinter
from laufzettel.scenarios.scenario import Given
from laufzettel.scenarios.stubs import Stubs
from laufzettel.settings import Settings

#: Most rounds in which one act keeps setting off the next.
ROUNDS_MAX: Final = 200
#: How often the simulated HKR looks for what is due while time passes.
HKR_TICK: Final = timedelta(days=1)
OPERATOR: Final = Actor(tenant=TENANT, name="Betrieb", rights=frozenset(Right))
_DOCUMENT: Final = "Dienstanweisung (Szenario)"
_SINCE: Final = timedelta(days=365)


class RestlessError(LaufzettelError):
    """Das Szenario kommt nicht zur Ruhe: Ein Schritt löst immer neue aus."""


@dataclass(slots=True, kw_only=True)
class Outside:
    """What surrounds an installation and outlives its restarts."""

    clock: VirtualClock
    checker: FactsChecker
    stubs: Stubs
    recorder: Recorder
    executors: Executors
    statements: Statements
    reply: Reply  # how the HKR treats orders now
    samples: Callable[[str], bytes]
    cases: dict[str, str] = field(default_factory=dict)  # name in the scenario -> case id
    messages: int = 0  # published so far, to number them


class Executors:
    """Parses each definition once, however often an installation is composed."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Definition, Executor]] = {}

    def __call__(self, definition: Definition) -> Executor:
        """Return the executor of the definition."""
        # By identity: the codec gives the same object for the same stored bytes.
        found = self._made.get(id(definition))
        if found is None:
            found = self._made[id(definition)] = (definition, SpiffExecutor(definition))
        return found[1]


class Statements:
    """Shares compiled SQL between the databases of many compositions.

    SQLAlchemy compiles a statement once an engine; that would be half of all the time here.
    Sharing it hides nothing: compiled text depends on the tables and the dialect alone.
    """

    def __init__(self) -> None:
        self._dialect: sa.Dialect | None = None
        self._compiled: dict[Any, Any] = {}

    def share(self, db: Database) -> None:
        """Let the database use what earlier ones of the same kind have compiled."""
        if self._dialect is None:
            with db.read():  # the dialect learns the server's version when it first connects
                self._dialect = db.engine.dialect
        if self._dialect.name == db.engine.dialect.name:
            db.engine.dialect = self._dialect
            db.engine.update_execution_options(compiled_cache=self._compiled)


class World:
    """One installation and its outside."""

    def __init__(self, url: str, folder: Path, outside: Outside) -> None:
        self.outside = outside
        self.settings = Settings(data=folder, database_url=url, rules=folder / "rules")
        DirectoryLedgers(self.settings).create(TENANT)
        self.ledger = self._ledger()
        self._db = Database(url, clock=outside.clock)
        outside.statements.share(self._db)
        outside.recorder.watch(self._db)
        self.app = self._compose()

    def _ledger(self) -> LedgerSimulator:
        ledgers = DirectoryLedgers(self.settings)
        return LedgerSimulator(
            ledgers.root(TENANT),
            self.settings.data / "hkr.sqlite",
            Behaviour(rule=lambda order: self.outside.reply),
            channel=ledgers.channel(TENANT),
        )

    def _compose(self) -> App:
        db = self._db
        app = compose.build(self.settings, db, LoopJobs(db), self.outside.checker, QuickPrinter())
        self.outside.stubs.install(app.handlers)
        # Reaches past the facade, which has no verb for it: only scenarios ever do this.
        app.engine._bundles._executor = self.outside.recorder.wrap(self.outside.executors)
        return app

    def reopen(self) -> None:
        """Forget the installation and compose another one from what is stored.

        The connections stay, for nothing of a case is in them: opening them was a tenth of the time.
        """
        self.app = self._compose()

    def close(self) -> None:
        """Give back the connections."""
        self._db.close()

    @property
    def now(self) -> datetime:
        """The moment the clock stands at."""
        return self.outside.clock.now()

    # --- what happens by itself ---------------------------------------------------------

    def settle(self) -> None:
        """Run everything that is due now, here and in the HKR, until nothing moves."""
        for _ in range(ROUNDS_MAX):
            moved = self.app.jobs.run_due(ROUNDS_MAX)
            if self._hkr_has_work():
                self.ledger.run_once(self.now)
                moved += self.app.collect()
            if not moved:
                return
        raise RestlessError

    def advance(self, by: timedelta) -> None:
        """Let time pass; whatever falls due on the way happens at its moment."""
        target = self.now + by
        self.settle()
        while self.now < target:
            self.outside.clock.set(min(self._next_due() or target, self._next_tick(), target))
            self.settle()

    def _next_due(self) -> datetime | None:
        with self.app.db.read() as connection:
            due: datetime | None = connection.execute(
                sa.select(sa.func.min(job.c.due)).where(job.c.due > self.now)
            ).scalar_one()
        return due

    def _next_tick(self) -> datetime:
        return (
            self.now + HKR_TICK
            if self._hkr_has_work()
            else datetime.max.replace(tzinfo=self.now.tzinfo)
        )

    def _hkr_has_work(self) -> bool:
        """Say whether a batch was ever handed over; before that nobody need look."""
        folder = self.app.ledgers.root(TENANT) / Box.TO_LEDGER
        with os.scandir(folder) as entries:
            return any(True for _ in entries)


def settle_in(app: App, given: Given, sources: Sources) -> None:
    """Create the tenant with its people and deploy the process."""
    operator = Actor(tenant=TENANT, name="Betrieb", rights=frozenset({Right.DEPLOY}))
    with app.db.write() as connection:
        connection.execute(
            sa.insert(tenant).values(
                id=TENANT, name="Musterstadt", settings=dict(given.settings), created_at=given.now
            )
        )
        for resident in given.people:
            _insert_resident(connection, resident, given.now - _SINCE)
    app.engine.deploy(operator, sources, tenant=SHARED)


def _insert_resident(connection: sa.Connection, resident: Resident, since: datetime) -> None:
    connection.execute(
        sa.insert(person).values(
            tenant=TENANT, id=resident.id, name=resident.name, office=resident.office
        )
    )
    groups = [{"tenant": TENANT, "group_": g, "person": resident.id} for g in resident.groups]
    if groups:
        connection.execute(sa.insert(membership), groups)
    given = {"document": _DOCUMENT, "granted_by": "lohmann", "valid_from": since}
    for row in power_rows(resident):
        connection.execute(sa.insert(power).values(**row, **given))
