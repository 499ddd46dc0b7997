"""The composition root: real parts put together, once, for web, worker and command line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from laufzettel import channels, handlers
from laufzettel.app import App, DirectoryLedgers
from laufzettel.archive.copies import Named, Place
from laufzettel.archive.deletion import Deletion
from laufzettel.archive.facts import RetentionFacts
from laufzettel.archive.folder import CaseFolder
from laufzettel.archive.integrity import Integrity
from laufzettel.bpmn import reviewed
from laufzettel.clock import Clock
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
from laufzettel.engine.api import CaseStatus, Engine, Reviewed
from laufzettel.engine.handler import Decisions, Handlers, Services
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.jobs.procrastinate_jobs import ProcrastinateJobs
from laufzettel.engine.tasks.rules import ConflictSet, Matter
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
from laufzettel.periodic import schedule
from laufzettel.records import people
from laufzettel.records.search import TextKeeper
from laufzettel.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

MIB = 1024 * 1024
#: What only a connector may say: an acknowledgement of the HKR ends in a booking.
RESERVED_MESSAGES = ("hkr.",)


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
    now, ever = reviewed.hashes()
    ours = Reviewed(now=now, ever=ever)
    engine = Engine(db, table, jobs, PeopleRules(), RESERVED_MESSAGES, ours)
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
