"""A town on disk that can die at any failpoint, be composed anew, and go on to the end.

Whatever drives it looks at the database and the folders only, as people and peers would: so
the same driver starts a run and picks up after a crash.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import sqlalchemy as sa
from tests.connectors.mails import mail

from laufzettel import channels, compose
from laufzettel.app import App, DirectoryLedgers
from laufzettel.breach import Breach
from laufzettel.cli import prove
from laufzettel.cli.demo import town
from laufzettel.clock import Clock, VirtualClock
from laufzettel.connectors.intake.folder import WatchedFolder
from laufzettel.connectors.intake.mails import take_mail
from laufzettel.connectors.intake.port import Inlet, MailDesk
from laufzettel.connectors.kasse.acknowledgement import ReasonCode
from laufzettel.connectors.kasse.behaviour import Behaviour, Reply
from laufzettel.connectors.kasse.booking import BookingOrder
from laufzettel.connectors.kasse.directory import DirectoryLedger
from laufzettel.connectors.kasse.simulator import LedgerSimulator
from laufzettel.connectors.post.directory import DirectoryPost
from laufzettel.connectors.post.port import Letter, PostPort
from laufzettel.db import Database
from laufzettel.einvoice.examine import Checker
from laufzettel.einvoice.report import Finding, Report, Severity, Verdict
from laufzettel.engine.audit.seals import export_seals
from laufzettel.engine.audit.verify import verify_tenant
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.jobs.procrastinate_jobs import ProcrastinateJobs
from laufzettel.engine.jobs.runner import JobRunner
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.handlers.invoice.receive import Delivery
from laufzettel.handlers.mail.book import MailBook
from laufzettel.handlers.order.deliver import Ledgers
from laufzettel.identity import Actor, Right
from laufzettel.intake import Intake
from laufzettel.records import people
from laufzettel.scenarios.printing import QuickPrinter
from laufzettel.settings import Settings

TENANT: Final = town.TENANT
START: Final = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
#: Longer than the longest lease: what a dead process had claimed is due again.
BEYOND_A_LEASE_S: Final = 130
CLOSED_ACCOUNT: Final = "523199"
#: The answers with which the Bauamt certifies.
CERTIFY: Final = {"decision": "feststellen", "cost_center": "5410", "gl_account": "523100"}
OPERATOR: Final = Actor(tenant=TENANT, name="Betrieb", rights=frozenset(Right))


_COMPILED: Final[dict[bool, dict[Any, Any]]] = {True: {}, False: {}}


@cache
def sample(name: str, number: str = "") -> bytes:
    """Return a sample invoice as UBL, under another number if one is given."""
    folder = str(Path(__file__).resolve().parents[2] / "examples")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    samples = importlib.import_module("sample_invoices.samples")
    writer = importlib.import_module("sample_invoices.ubl_writer")
    found = getattr(samples, name)
    data: bytes = writer.as_ubl(replace(found, number=number) if number else found)
    return data


class QuickChecker:
    """Says at once what the official rules would: only the faulty sample is refused."""

    def validate(self, xml: bytes) -> Report:
        """Return the verdict by the invoice's number."""
        if b"RE-26-4712" not in xml:
            # Reports of two documents differ, as real ones do.
            scenario = hashlib.sha256(xml).hexdigest()[:8]
            return Report(verdict=Verdict.ACCEPTED, scenario=scenario)
        finding = Finding(id="BR-DE-15", severity=Severity.FATAL, text_de="Die Leitweg-ID fehlt.")
        return Report(verdict=Verdict.REJECTED, findings=(finding,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """Notes on disk every call that really left the house, so that it outlives a crash."""

    file: Path

    def note(self, what: str) -> None:
        with self.file.open("a") as lines:
            lines.write(what + "\n")

    def count(self) -> Counter[str]:
        return Counter(self.file.read_text().splitlines() if self.file.exists() else [])


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingPost:
    """The outgoing post, each call of ``send`` noted: the peer itself would forgive a second."""

    post: PostPort
    journal: Journal

    def send(self, key: str, letter: Letter) -> None:
        self.post.send(key, letter)
        self.journal.note(key)

    def sent(self, key: str) -> bool:
        return self.post.sent(key)


class CountingLedger(DirectoryLedger):
    """The HKR's folder, each call of ``deliver`` noted."""

    journal: Journal

    def deliver(self, number: int, data: bytes) -> None:
        super().deliver(number, data)
        self.journal.note(str(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingLedgers:
    """The HKR of each tenant, deliveries counted."""

    ledgers: DirectoryLedgers
    journal: Journal

    def of(self, tenant: str) -> CountingLedger:
        ledger = CountingLedger(self.ledgers.root(tenant), self.ledgers.channel(tenant))
        ledger.journal = self.journal
        return ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidMails:
    """A mailbox as a folder: takes mails as the real one does, then moves them."""

    root: Path
    name: str = "postfach-rechnung"

    def check(self) -> None:
        """It needs no server."""

    def collect(self, desk: MailDesk) -> int:
        number = 0
        for path in sorted(self.root.glob("*.eml")):
            problem = take_mail(desk, path.read_bytes(), key=path.name, channel=self.name)
            path.rename(self.root / ("unklar" if problem else "erledigt") / path.name)
            number += 1
        return number


class IntakeWithMails(Intake):
    """The ways in of the town, and a mailbox that needs no server."""

    mails: Path

    def inlets(self, tenant: str) -> list[Inlet]:
        return [*super().inlets(tenant), LaidMails(root=self.mails)]


def jobs_for(url: str) -> Callable[[Database], JobRunner]:
    """Return what runs the jobs of real processes on that database."""
    if url.startswith("sqlite"):
        return LoopJobs
    return lambda db: ProcrastinateJobs(db, sweep_s=1)


def reply(order: BookingOrder) -> Reply:
    """Refuse the closed account, book and pay everything else at once."""
    if order.gl_account == CLOSED_ACCOUNT:
        return Reply(refuse=ReasonCode.ACCOUNT_CLOSED, reason_text="Sachkonto gesperrt")
    return Reply(pays_after_days=0)


def answers(task: UserTask) -> tuple[str, dict[str, str]] | None:
    """Return who does the task, and how; None for what nobody does by himself."""
    account = CLOSED_ACCOUNT if "GR-" in task.subject else "523100"
    parts = {
        "certify": ("yilmaz", CERTIFY | {"gl_account": account}),
        "order": ("brandt", {"decision": "anordnen"}),
        "countersign": ("reineke", {"decision": "zeichnen"}),
        "correct_accounts": (
            "okafor",
            {"cost_center": "5410", "gl_account": "523100", "note": "berichtigt"},
        ),
    }
    return parts.get(task.element)


@dataclass(slots=True, kw_only=True)
class World:
    """One installation on disk. ``die`` and ``live`` are a crash and the start after it."""

    folder: Path
    url: str
    clock: Clock = field(default_factory=lambda: VirtualClock(START))
    checker: Checker = field(default_factory=QuickChecker)
    jobs_of: Callable[[Database], JobRunner] = LoopJobs
    taken: set[str] = field(default_factory=set)  # deliveries that were answered
    _app: App | None = None

    @property
    def app(self) -> App:
        """The living installation, composed from disk if there is none."""
        if self._app is None:
            self._app = self._compose()
        return self._app

    @property
    def jobs(self) -> JobRunner:
        """What runs the jobs of the living installation."""
        return cast(JobRunner, self.app.jobs)

    def _compose(self) -> App:
        settings = Settings(data=self.folder, database_url=self.url, rules=self.folder / "rules")
        db = Database(self.url, clock=self.clock)
        # Compiled SQL is no state: a third of a run's time would go into compiling it anew.
        db.engine = db.engine.execution_options(compiled_cache=_COMPILED[db.is_sqlite])
        app = compose.build(settings, db, self.jobs_of(db), self.checker, QuickPrinter())
        services: Any = app.handlers.services  # by protocol, which mypy takes for abstract
        services.add(
            PostPort, CountingPost(post=DirectoryPost(settings.post), journal=self.letters)
        )
        services.add(Ledgers, CountingLedgers(ledgers=app.ledgers, journal=self.handovers))
        app.intake = IntakeWithMails(
            db,
            app.engine,
            app.receive,
            MailBook(db, app.store, app.engine.start),
            channels.load(settings.channels),
        )
        app.intake.mails = self.mails
        return app

    @property
    def mails(self) -> Path:
        """The mailbox of the town."""
        return self.folder / "postfach"

    @property
    def letters(self) -> Journal:
        """Every letter that was handed to the post."""
        return Journal(file=self.folder / "letters.txt")

    @property
    def handovers(self) -> Journal:
        """Every parcel that was handed to the HKR."""
        return Journal(file=self.folder / "handovers.txt")

    def found(self) -> World:
        """Set the town up: people, models, folders."""
        (self.folder / "post").mkdir(parents=True, exist_ok=True)
        self._open_folder()
        town.found(self.app)
        return self

    @property
    def inbox(self) -> Path:
        """The watched folder of the town."""
        return self.folder / "eingang"

    def _open_folder(self) -> None:
        channel = f"[{TENANT}.folders.sftp]\npath = '{self.inbox}'\nsettle_s = 0\n"
        (self.folder / "channels.toml").write_text(channel, "utf-8")
        WatchedFolder(root=self.inbox, name="ordner-sftp").create()
        for name in ("erledigt", "unklar"):
            (self.mails / name).mkdir(parents=True, exist_ok=True)

    def post(self, name: str, raw: bytes) -> None:
        """Lay a mail into the mailbox, at once and whole."""
        path = self.mails / f".{name}"
        path.write_bytes(raw)
        path.rename(self.mails / f"{name}.eml")

    def mail(self, name: str, data: bytes) -> None:
        """Lay a file into the mailbox as a supplier sends it."""
        self.post(name, mail((name, "application/xml", data), message_id=f"<{name}@l.example>"))

    def drop(self, name: str, data: bytes) -> None:
        """Lay a file into the watched folder, at once and whole."""
        path = self.inbox / f".{name}"
        path.write_bytes(data)
        path.rename(self.inbox / name)

    def die(self) -> None:
        """Throw away everything that is in memory only."""
        if self._app is not None:
            self._app.db.close()
        self._app = None

    def copy(self, folder: Path, url: str) -> World:
        """Return this world as it lies on disk, in another folder."""
        self.die()
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        copied = World(folder=folder, url=url, checker=self.checker, jobs_of=self.jobs_of)
        copied._open_folder()
        return copied

    def live(self, deliveries: Mapping[str, bytes]) -> None:
        """Take what was not answered yet, and go on until all cases have ended.

        What is called „gut“ is uploaded, „ruecklaeufer“ is mailed, everything else lies in the
        watched folder.
        """
        ways: dict[str, Callable[[str, bytes], object]] = {
            "gut.xml": self.deliver,
            "ruecklaeufer.xml": self.mail,
        }
        for name, data in deliveries.items():
            if name not in self.taken:
                ways.get(name, self.drop)(name, data)
                self.taken.add(name)
        self.finish()

    @property
    def ledger(self) -> LedgerSimulator:
        """The HKR with its own memory."""
        return LedgerSimulator(
            self.app.ledgers.root(TENANT),
            self.folder / "hkr-simulator.sqlite",
            Behaviour(rule=reply),
            channel=self.app.ledgers.channel(TENANT),
        )

    def actor(self, person: str, deputy_for: str | None = None) -> Actor:
        """Return the person as an actor."""
        with self.app.db.read() as connection:
            now = self.app.db.now(connection)
            return people.actor(connection, TENANT, person, at=now, deputy_for=deputy_for)

    def tasks(self, element: str | None = None) -> list[UserTask]:
        """Return the open tasks, of one element if it is named."""
        found = self.app.engine.tasks(OPERATOR)
        return [task for task in found if element in (None, task.element)]

    def deliver(self, name: str, data: bytes, channel: str = "upload") -> str:
        """Deliver a file over a channel; return the id of its invoice."""
        delivery = Delivery(
            tenant=TENANT, channel=channel, sender="lieferant.example", file_name=name, data=data
        )
        return self.app.receive(delivery).invoice_id

    def work(self) -> int:
        """Run every job that is due."""
        return self.app.jobs.run_due()

    def complete(self, person: str, task: UserTask, values: Mapping[str, Any]) -> None:
        """Have the person complete the task."""
        self.app.engine.complete(self.actor(person), task.id, values)

    def act(self) -> int:
        """Let people do every task they can, and return how many."""
        done = 0
        for task in self.tasks():
            part = answers(task)
            if part is not None:
                self.complete(part[0], task, part[1])
                done += 1
        return done

    def ledger_works(self) -> int:
        """Let the HKR read and answer, and collect its answers."""
        run = self.ledger.run_once(self.clock.now())
        return run.batches + run.files + self.app.collect()

    def round(self) -> int:
        """Let everybody do what there is to do; return how much that was."""
        done = sum(self.app.intake.collect(TENANT).numbers.values())
        done += self.work() + self.act() + self.ledger_works()
        self.app.seal()
        return done

    def open_cases(self) -> int:
        """Return how many cases are open."""
        return sum(view.status == "open" for view in self.app.engine.cases(OPERATOR))

    def finish(self) -> None:
        """Go on until all cases have ended; time passes where nothing else does."""
        idle = 0
        while self.round() or self.open_cases():
            idle += 1
            if idle > 40:
                raise AssertionError(f"stuck: {self.describe()}")
            if isinstance(self.clock, VirtualClock) and idle > 3:
                self.clock.advance(seconds=BEYOND_A_LEASE_S)

    def describe(self) -> str:
        """Return what is open, for the message of a failed test."""
        incidents = [(one.code, one.cause) for one in self.app.engine.incidents(OPERATOR)]
        tasks = [(task.element, task.subject) for task in self.tasks()]
        return json.dumps([incidents, tasks], ensure_ascii=False)

    def seals(self) -> bytes:
        """Return every seal as an operator exports it."""
        with self.app.db.read() as connection:
            return export_seals(connection, TENANT, 0)

    def breaches(self) -> list[Breach]:
        """Return what breaks an invariant, the audit chain included."""
        with self.app.db.read(snapshot=True) as connection:
            report = verify_tenant(connection, TENANT)
        assert report.is_sound, report
        return prove.breaches(self.app, TENANT)

    def rows(self, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self.app.db.read() as connection:
            return [tuple(row) for row in connection.execute(query)]
