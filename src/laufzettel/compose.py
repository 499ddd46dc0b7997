"""The composition root: real parts put together, once, for web, worker and command line."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from laufzettel import channels, handlers
from laufzettel.archive.copies import HandedOut, Named, Place
from laufzettel.archive.deletion import Deletion
from laufzettel.archive.facts import RetentionFacts
from laufzettel.archive.folder import CaseFolder
from laufzettel.archive.integrity import PORTION_S, Integrity, Portion, alarms
from laufzettel.breach import Breach
from laufzettel.clock import Clock
from laufzettel.connectors.kasse.collect import Complain, Tell, collect, retell
from laufzettel.connectors.kasse.directory import DirectoryLedger
from laufzettel.connectors.ocr.port import NoOcr, Ocr
from laufzettel.connectors.ocr.tesseract import Tesseract
from laufzettel.connectors.post.directory import DirectoryPost
from laufzettel.connectors.post.port import PostPort
from laufzettel.db import Database, schema
from laufzettel.documents.directory import DirectoryStore
from laufzettel.documents.s3 import S3Store
from laufzettel.documents.store import DocumentStore
from laufzettel.einvoice.examine import Checker
from laufzettel.einvoice.pool import ValidationPool
from laufzettel.engine.api import CaseStatus, Engine
from laufzettel.engine.audit.seals import seal
from laufzettel.engine.handler import Decisions, Handlers, Services
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.jobs.port import PERIODIC, Job, Jobs
from laufzettel.engine.jobs.procrastinate_jobs import ProcrastinateJobs
from laufzettel.engine.tasks.rules import ConflictSet, Matter
from laufzettel.engine.work import incidents
from laufzettel.engine.work import invariants as engine_invariants
from laufzettel.errors import LaufzettelError
from laufzettel.failpoints import failpoint
from laufzettel.handlers.invoice.receive import Receiving
from laufzettel.handlers.invoice.stacks import Stacks
from laufzettel.handlers.mail.book import MailBook
from laufzettel.handlers.mail.papers import PaperBook
from laufzettel.handlers.order.deliver import Ledgers
from laufzettel.handlers.supplier.answer import Answers
from laufzettel.handlers.supplier.letters import Mailers
from laufzettel.identity import system
from laufzettel.intake import Enclosures, Intake, SmtpMailers, leftovers
from laufzettel.pdf import Printer, ProcessPrinter
from laufzettel.records import api_requests, people
from laufzettel.records import invariants as record_invariants
from laufzettel.records.search import TextKeeper
from laufzettel.records.settings import tenants
from laufzettel.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

#: How often acknowledgements are fetched and streams are sealed, in seconds. An event that no
#: seal covers after a minute is an alarm.
COLLECT_S = 5
SEAL_S = 20
#: How often answers to suppliers are begun, in seconds.
ANSWER_S = 30
#: How often the ways in are looked into, in seconds; how many arrivals one lease covers, and it.
INTAKE_S = 15
INTAKE_PER_LEASE = 20
INTAKE_LEASE_S = 300
#: How often it is proved that nothing has disappeared, and the lease while one tenant is read.
PROVE_S = 900
PROVE_LEASE_S = 300
#: How often the next documents are hashed again, and the lease while one tenant's are.
DOCUMENTS_S = 60
DOCUMENTS_LEASE_S = 600
#: How often approved deletions are carried on, in seconds.
DELETION_S = 60
#: How often answers to programs that nobody will ask for again are forgotten, in seconds.
CLEAN_S = 3600
MIB = 1024 * 1024
#: What only a connector may say: an acknowledgement of the HKR ends in a booking.
RESERVED_MESSAGES = ("hkr.",)


@dataclass(slots=True, kw_only=True)
class App:
    """A composed installation."""

    settings: Settings
    db: Database
    engine: Engine
    jobs: Jobs
    store: DocumentStore
    integrity: Integrity
    deletion: Deletion
    retention: RetentionFacts
    case_folder: CaseFolder
    receive: Receiving
    intake: Intake
    enclosures: Enclosures
    papers: PaperBook
    answers: Answers
    ledgers: DirectoryLedgers
    handlers: Handlers
    printer: Printer

    def collect(self) -> int:
        """Fetch the acknowledgements of every tenant now and return how many files there were.

        One tenant whose HKR cannot be reached holds up no other; its error is raised last.
        """
        settled, failure = 0, None
        for tenant in self.tenants():
            try:
                settled += _collect(self, tenant)
            except LaufzettelError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return settled

    def retell(self, tenant: str) -> int:
        """Take every settled acknowledgement of the tenant in once more; return how many files."""
        return retell(self.ledgers.of(tenant), *_ears(self, tenant))

    def seal(self) -> None:
        """Seal the streams of every tenant now."""
        for tenant in self.tenants():
            with self.db.write() as connection:
                seal(connection, tenant, self.db.now(connection))
                failpoint("seal.written")

    def breaches(self, tenant: str) -> list[Breach]:
        """Return everything that breaks a promise: nothing lost, nothing booked twice.

        Reads one snapshot and changes nothing; it may run beside all work.
        """
        with self.db.read(snapshot=True) as connection:
            return [
                *engine_invariants.breaches(connection, tenant, kinds=self.jobs.kinds),
                *record_invariants.breaches(
                    connection,
                    tenant,
                    open_objects=engine_invariants.open_objects(connection, tenant),
                    cancelled_objects=engine_invariants.cancelled_objects(connection, tenant),
                ),
            ]

    def prove(self, tenant: str) -> int:
        """Let the tenant's incidents say what breaks a promise now; return how many are new."""
        found = {f"{one.rule}:{one.subject}": one.text_de for one in self.breaches(tenant)}
        with self.db.write() as connection:
            now = self.db.now(connection)
            return incidents.reconcile(connection, tenant, "zusage_gebrochen", found, now=now)

    def check_documents(self, tenant: str, *, seconds: float = PORTION_S) -> Portion:
        """Hash the tenant's next documents again; what is at fault stands as incidents."""
        seen = self.integrity.portion(tenant, seconds=seconds)
        found = alarms(self.integrity.faults(tenant))
        with self.db.write() as connection:
            now = self.db.now(connection)
            incidents.reconcile(connection, tenant, "dokument_beschaedigt", found, now=now)
        return seen

    def work(self, threads: int, stop: threading.Event) -> None:
        """Run the jobs and watch over the mailboxes until ``stop`` is set."""

        def ring(tenant: str) -> None:
            with self.db.write() as connection:
                now = self.db.now(connection)
                self.jobs.reschedule(connection, intake_job(tenant), PERIODIC, now)

        with self.intake.watching(self.tenants(), ring):
            self.jobs.run(threads=threads, stop=stop)

    def clean(self) -> int:
        """Forget the answers to programs that are older than a repeat can be."""
        with self.db.write() as connection:
            return api_requests.clean(connection, now=self.db.now(connection))

    def tenants(self) -> Sequence[str]:
        """Return the ids of all tenants."""
        with self.db.read() as connection:
            return tenants(connection)


class DirectoryLedgers:
    """Reaches each tenant's HKR through its exchange folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(self, tenant: str) -> DirectoryLedger:
        """Return the tenant's channel to its HKR."""
        return DirectoryLedger(self.root(tenant), self.channel(tenant))

    def root(self, tenant: str) -> Path:
        """Return the tenant's exchange folder."""
        return self._settings.exchange(tenant)

    def channel(self, tenant: str) -> str:
        """Return the name of the tenant's channel."""
        return f"hkr-{tenant}"

    def create(self, tenant: str) -> None:
        """Set the exchange folder up; the same again is a no-op."""
        DirectoryLedger.create(self.root(tenant), self.channel(tenant))


class PeopleRules:
    """Answers the engine's questions about duties from the records."""

    def conflict_sets(self, connection: sa.Connection, tenant: str) -> Sequence[ConflictSet]:
        """Return the tenant's preset as the one conflict set in force."""
        preset = people.preset(connection, tenant)
        return [ConflictSet(name=preset.name, rule=preset.rule, sides=preset.sides)]

    def refusal(
        self, connection: sa.Connection, tenant: str, person: str, duty: str, matter: Matter
    ) -> str | None:
        """Return why the person has no power for this duty, None if it has."""
        return people.refusal(
            connection, tenant, person, duty, amount=matter.amount, unit=matter.unit, at=matter.at
        )

    def candidates(
        self, connection: sa.Connection, tenant: str, duty: str, matter: Matter
    ) -> Mapping[str, str]:
        """Return who has the power: person -> name."""
        return people.powers(
            connection, tenant, duty, amount=matter.amount, unit=matter.unit, at=matter.at
        )

    def name_of(self, connection: sa.Connection, tenant: str, person: str) -> str:
        """Return the person's name."""
        return people.name_of(connection, tenant, person)


def open_database(settings: Settings, *, clock: Clock | None = None) -> Database:
    """Return the database, its schema checked: neither older nor newer than the program."""
    schema.check(settings.database_url)
    return Database(settings.database_url, clock=clock)


def open_store(settings: Settings) -> DocumentStore:
    """Return the store of documents that the settings name: a server, or else the folder."""
    return DirectoryStore(settings.documents) if settings.s3 is None else S3Store(settings.s3)


def open_ocr(settings: Settings) -> Ocr:
    """Return what reads pictures of pages: nothing, unless the settings name a tool."""
    return Tesseract() if settings.reads_pictures else NoOcr()


@contextlib.contextmanager
def compose(
    settings: Settings,
    *,
    clock: Clock | None = None,
    checker: Checker | None = None,
    distributed: bool | None = None,
) -> Iterator[App]:
    """Put an installation together; everything is closed at the end.

    ``distributed`` chooses Procrastinate; by default on PostgreSQL. ``clock`` is for tests
    and scenarios.
    """
    with contextlib.ExitStack() as stack:
        db = open_database(settings, clock=clock)
        stack.callback(db.close)
        if checker is None:
            checker = stack.enter_context(ValidationPool(settings.rules, workers=1))
        wants_distribution = not db.is_sqlite if distributed is None else distributed
        jobs: Jobs = ProcrastinateJobs(db) if wants_distribution else LoopJobs(db)
        app = build(settings, db, jobs, checker)
        schedule(app)
        yield app


def build(
    settings: Settings,
    db: Database,
    jobs: Jobs,
    checker: Checker,
    printer: Printer | None = None,
) -> App:
    """Put the given parts together; without a printer PDF files are drawn by a process."""
    store = open_store(settings)
    ledgers = DirectoryLedgers(settings)
    services = Services()
    services.add(DocumentStore, store)  # type: ignore[type-abstract]
    services.add(TextKeeper, TextKeeper(db))
    services.add(Checker, checker)  # type: ignore[type-abstract]
    services.add(Ledgers, ledgers)  # type: ignore[type-abstract]
    printer = printer or ProcessPrinter()
    services.add(Ocr, open_ocr(settings))  # type: ignore[type-abstract]
    services.add(Printer, printer)  # type: ignore[type-abstract]
    settings.post.mkdir(parents=True, exist_ok=True)
    services.add(PostPort, DirectoryPost(settings.post))  # type: ignore[type-abstract]
    ways = channels.load(settings.channels)
    services.add(Mailers, SmtpMailers(ways, settings.mails))  # type: ignore[type-abstract]
    table = Handlers(handlers.modules(), services)
    engine = Engine(db, table, jobs, PeopleRules(), RESERVED_MESSAGES)
    services.add(Decisions, engine.standing)  # type: ignore[type-abstract]
    receive, book = Receiving(db, store, engine.start), MailBook(db, store, engine.start)
    services.add(Stacks, Stacks(db, store, receive, partial(_withdraw, engine)))
    return App(
        settings=settings,
        db=db,
        engine=engine,
        jobs=jobs,
        store=store,
        integrity=Integrity(db, store),
        deletion=Deletion(db, engine, store, _places(settings, db, ways, ledgers)),
        retention=RetentionFacts(db, engine),
        case_folder=CaseFolder(db, engine, store),
        receive=receive,
        intake=Intake(db, engine, receive, book, ways),
        enclosures=Enclosures(store, engine, receive, book, size_max=settings.file_mb * MIB),
        papers=PaperBook(db, store, engine.start),
        answers=Answers(db, engine.start),
        ledgers=ledgers,
        handlers=table,
        printer=printer,
    )


def _withdraw(engine: Engine, tenant: str, business_key: str, reason: str) -> None:
    """Cancel the open case of a business object; nothing where there is none."""
    for view in engine.cases(system(tenant), business_key):
        if view.status in (CaseStatus.OPEN, CaseStatus.SUSPENDED):
            engine.cancel(system(tenant), view.id, reason)


def _places(
    settings: Settings, db: Database, ways: channels.Channels, ledgers: DirectoryLedgers
) -> list[Place]:
    """Return where copies of documents may lie outside of the store."""

    def ledger_of(tenant: str) -> DirectoryLedger | None:
        return ledgers.of(tenant) if ledgers.root(tenant).is_dir() else None

    found: list[Place] = [
        leftovers.WatchedFolders(ways),
        leftovers.ExchangeFolders(ledger_of),
        leftovers.Mailboxes(ways),
        HandedOut(db),
        Named(settings.copies),
    ]
    return found if settings.s3 is None else [leftovers.Versions(), *found]


def pages(app: App) -> Flask:
    """Return the pages of an installation."""
    # Here and not above: a worker answers no requests.
    from laufzettel.web import Parts, create_app

    return create_app(
        Parts(
            engine=app.engine,
            db=app.db,
            store=app.store,
            case_folder=app.case_folder,
            deletion=app.deletion,
            retention=app.retention,
            integrity=app.integrity,
            printer=app.printer,
            receive=app.receive,
            take_enclosure=app.enclosures,
            retell=app.retell,
            take_paper=app.papers,
            file_max=app.settings.file_mb * MIB,
            upload_max=app.settings.upload_mb * MIB,
            is_demo=app.settings.is_demo,
            metrics_on_loopback=app.settings.metrics_on_loopback,
            reserved_messages=RESERVED_MESSAGES,
            proxies=app.settings.proxies,
        )
    )


def schedule(app: App) -> None:
    """Have the periodic work of an installation done by its jobs."""

    def fetch(job: Job) -> None:
        app.collect()

    def close(job: Job) -> None:
        app.seal()

    def clean(job: Job) -> None:
        app.clean()

    app.jobs.schedule("collect", COLLECT_S, fetch)
    app.jobs.schedule("seal", SEAL_S, close)
    app.jobs.schedule("clean", CLEAN_S, clean)

    def prove(job: Job) -> None:
        for tenant in app.tenants():
            with app.db.write() as connection:
                job.extend(connection, PROVE_LEASE_S)
            app.prove(tenant)

    app.jobs.schedule("prove", PROVE_S, prove)
    app.jobs.schedule("deletion", DELETION_S, partial(_delete, app))
    app.jobs.schedule("documents", DOCUMENTS_S, partial(_check_documents, app))

    def answer(job: Job) -> None:
        for tenant in app.tenants():
            app.answers.begin(tenant)

    app.jobs.schedule("answers", ANSWER_S, answer)
    app.jobs.schedule("papers", ANSWER_S, partial(_begin_papers, app))
    for tenant in app.intake.tenants:
        app.jobs.schedule(intake_job(tenant), INTAKE_S, partial(_take_in, app, tenant))


def _begin_papers(app: App, job: Job) -> None:
    """Begin the cases of what was set aside; a tenant where that fails holds up no other."""
    failure = None
    for tenant in app.tenants():
        try:
            app.papers.begin(tenant)
        except LaufzettelError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def intake_job(tenant: str) -> str:
    """Return the job that looks into the ways in of a tenant."""
    return f"intake.{tenant}"


def _take_in(app: App, tenant: str, job: Job) -> None:
    """Take in what lies at the tenant's inlets; at once again while there is more."""

    if tenant not in app.tenants():
        return  # „laufzettel doctor“ says so: nothing is taken for whom there is not
    calls = itertools.count()

    def alive() -> None:
        if next(calls) % INTAKE_PER_LEASE == 0:
            with app.db.write() as connection:
                job.extend(connection, INTAKE_LEASE_S)

    if app.intake.collect(tenant, alive).has_more:
        with app.db.write() as connection:
            job.again(connection, app.db.now(connection))


def _delete(app: App, job: Job) -> None:
    """Carry out what two persons have approved, a portion for each tenant."""
    for tenant in app.tenants():
        with app.db.write() as connection:
            job.extend(connection, DOCUMENTS_LEASE_S)
        app.deletion.carry_on(tenant)


def _check_documents(app: App, job: Job) -> None:
    tenants = app.tenants()
    for tenant in tenants:
        with app.db.write() as connection:
            job.extend(connection, DOCUMENTS_LEASE_S)
        app.check_documents(tenant, seconds=PORTION_S / len(tenants))


def _collect(app: App, tenant: str) -> int:
    return collect(app.ledgers.of(tenant), *_ears(app, tenant))


def _ears(app: App, tenant: str) -> tuple[Tell, Complain]:
    """Return who is told of acknowledgements and who of what a person must look at."""
    actor = system(tenant)

    def tell(name: str, key: str, payload: dict[str, Any], message_id: str) -> None:
        app.engine.publish(
            actor,
            name=name,
            key=key,
            payload=payload,
            source=app.ledgers.channel(tenant),
            message_id=message_id,
        )

    def complain(subject: str, cause: str) -> None:
        app.engine.report(actor, code="rueckmeldung_pruefen", cause=cause, subject=subject)

    return tell, complain
