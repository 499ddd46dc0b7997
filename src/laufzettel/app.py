"""An installation: its parts, and what it does across them for every tenant."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from laufzettel.archive.deletion import Deletion
from laufzettel.archive.facts import RetentionFacts
from laufzettel.archive.folder import CaseFolder
from laufzettel.archive.integrity import PORTION_S, Integrity, Portion, alarms
from laufzettel.breach import Breach
from laufzettel.connectors.kasse.collect import Complain, Tell, collect, retell
from laufzettel.connectors.kasse.directory import DirectoryLedger
from laufzettel.db import Database
from laufzettel.documents.store import DocumentStore
from laufzettel.engine.api import Engine
from laufzettel.engine.audit.seals import seal
from laufzettel.engine.handler import Handlers
from laufzettel.engine.jobs.port import PERIODIC, Jobs
from laufzettel.engine.work import incidents
from laufzettel.engine.work import invariants as engine_invariants
from laufzettel.errors import LaufzettelError
from laufzettel.failpoints import failpoint
from laufzettel.handlers.invoice.receive import Receiving
from laufzettel.handlers.mail.papers import PaperBook
from laufzettel.handlers.supplier.answer import Answers
from laufzettel.identity import SHARED, system
from laufzettel.intake import Enclosures, Intake
from laufzettel.pdf import Printer
from laufzettel.records import api_requests
from laufzettel.records import invariants as record_invariants
from laufzettel.records.settings import tenants
from laufzettel.settings import Settings


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
        """Seal the streams of every tenant now, and those of the installation."""
        for tenant in (*self.tenants(), SHARED):
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


def intake_job(tenant: str) -> str:
    """Return the job that looks into the ways in of a tenant."""
    return f"intake.{tenant}"


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
