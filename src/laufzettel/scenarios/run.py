"""Running the scenarios of a process: every one straight, and again with restarts."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from laufzettel import compose, handlers
from laufzettel.clock import VirtualClock
from laufzettel.db import Database
from laufzettel.einvoice.examine import Checker
from laufzettel.engine.api import NotDeployableError
from laufzettel.engine.handler import Handlers, Services
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.model.check import check
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.sources import load_folder
from laufzettel.scenarios.facts import FactsChecker
from laufzettel.scenarios.ground import Databases
from laufzettel.scenarios.judge import Difference
from laufzettel.scenarios.path import Recorder
from laufzettel.scenarios.scenario import Scenario
from laufzettel.scenarios.stubs import Stubs
from laufzettel.scenarios.tour import Failure, Mode, Tour, differences, travel
from laufzettel.scenarios.world import Executors, Outside, Statements, World, settle_in
from laufzettel.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a scenario ended."""

    scenario: Scenario
    failures: tuple[Failure, ...] = ()
    left_out: str = ""  # why it could not be run
    milliseconds: int = 0
    elements: frozenset[str] = frozenset()  # visited
    flows: frozenset[str] = frozenset()  # taken
    ways: tuple[tuple[str, ...], ...] = ()  # the elements that each case visited, in order

    @property
    def is_ok(self) -> bool:
        """Whether it ran and everything held."""
        return not self.failures and not self.left_out


@dataclass(slots=True, kw_only=True)
class Bench:
    """What all runs share."""

    databases: Databases
    folder: Path  # for documents, letters and exchange folders
    checker: Checker | None = None  # of sample invoices; without it they are left out
    samples: Mapping[str, Path] = field(default_factory=dict)
    is_once: bool = False  # only straight, without the run that starts anew after every step
    executors: Executors = field(default_factory=Executors)
    statements: Statements = field(default_factory=Statements)
    runs: int = 0


class Course:
    """One process, in whose folder the model lies."""

    def __init__(self, folder: Path, bench: Bench) -> None:
        self._sources = load_folder(folder)
        self._bench = bench
        self._handlers = Handlers(handlers.modules(), Services())
        self._definitions: dict[Hashable, Definition] = {}

    def run(self, scenario: Scenario) -> Result:
        """Run the scenario in both ways and compare what was to be seen in them."""
        missing = self._missing(scenario)
        if missing:
            return Result(scenario=scenario, left_out=missing)
        started = time.perf_counter()
        try:
            straight, recorder = self._tour(scenario, Mode.STRAIGHT)
            is_enough = straight.failures or self._bench.is_once
            anew, _ = (straight, None) if is_enough else self._tour(scenario, Mode.ANEW)
        except NotDeployableError as error:
            return Result(scenario=scenario, failures=tuple(_undeployable(scenario, error)))
        failures = anew.failures or differences(straight, anew, scenario)
        ways = list(recorder.ways.values())
        return Result(
            scenario=scenario,
            failures=tuple(failures),
            milliseconds=round((time.perf_counter() - started) * 1000),
            elements=frozenset(name for way in ways for name in way.elements),
            flows=frozenset(name for way in ways for name in way.flows),
            ways=tuple(tuple(way.elements) for way in ways),
        )

    def separate(self, name: str) -> None:
        """Write from now on where no other process of this machine does."""
        self._bench.databases.separate(name)
        self._bench.folder = self._bench.folder / name
        self._bench.folder.mkdir()

    def definition(self, scenario: Scenario) -> Definition:
        """Return the compiled model as it is for this scenario; raises NotDeployableError."""
        key = _stubbed(scenario)
        if key not in self._definitions:
            contracts = Stubs(scenario.given.stubs, self._sources).contracts(self._handlers)
            checked = check(self._sources, handlers=contracts)
            if checked.definition is None:
                raise NotDeployableError(checked.findings)
            self._definitions[key] = checked.definition
        return self._definitions[key]

    def _missing(self, scenario: Scenario) -> str:
        """Return why the scenario cannot be run here, "" if it can."""
        if scenario.samples and self._bench.checker is None:
            return "die amtlichen Prüfregeln sind nicht eingerichtet"
        absent = sorted(scenario.samples - self._bench.samples.keys())
        return f"die Beispielrechnung {absent[0]} liegt nicht vor" if absent else ""

    def _tour(self, scenario: Scenario, mode: Mode) -> tuple[Tour, Recorder]:
        recorder = Recorder(self.definition(scenario))
        self._bench.runs += 1
        folder = self._bench.folder / f"lauf-{self._bench.runs}"
        url = self._bench.databases.prepared(
            self._key(scenario), lambda fresh: self._prepare(scenario, fresh)
        )
        world = World(url, folder, self._outside(scenario, recorder))
        try:
            return travel(scenario, world, mode), recorder
        finally:
            world.close()

    def _outside(self, scenario: Scenario, recorder: Recorder) -> Outside:
        return Outside(
            clock=VirtualClock(scenario.given.now),
            checker=FactsChecker(self._bench.checker),
            stubs=Stubs(scenario.given.stubs, self._sources),
            recorder=recorder,
            executors=self._bench.executors,
            statements=self._bench.statements,
            reply=scenario.given.reply,
            samples=lambda name: self._bench.samples[name].read_bytes(),
        )

    def _key(self, scenario: Scenario) -> Hashable:
        given = scenario.given
        return (
            tuple(sorted(self._sources.files.items())),
            _stubbed(scenario),
            given.now,
            given.people,
            repr(sorted(given.settings.items())),
        )

    def _prepare(self, scenario: Scenario, url: str) -> None:
        """Write the tenant, its people and the process into a fresh database."""
        db = Database(url, clock=VirtualClock(scenario.given.now))
        settings = Settings(data=self._bench.folder / "vorlage", database_url=url, rules=Path())
        try:
            app = compose.build(settings, db, LoopJobs(db), FactsChecker())
            Stubs(scenario.given.stubs, self._sources).install(app.handlers)
            settle_in(app, scenario.given, self._sources)
        finally:
            db.close()


def _stubbed(scenario: Scenario) -> Hashable:
    """Return what of the stubs the model is compiled against."""
    return tuple((stub.name, stub.kind, stub.results) for stub in scenario.given.stubs)


def _undeployable(scenario: Scenario, error: NotDeployableError) -> list[Failure]:
    return [
        Failure(
            place=scenario.place,
            mode=Mode.STRAIGHT,
            difference=Difference(
                what="Modell",
                expected="lässt sich einspielen",
                found=f"{finding.file}:{finding.line}: {finding.text_de} {finding.remedy_de}",
            ),
        )
        for finding in error.findings
        if finding.severity is Severity.ERROR
    ]
