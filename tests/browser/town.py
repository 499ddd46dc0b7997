"""Musterstadt on a Monday morning, with invoices in every state: built once, copied for each test.

The rules and the printing of PDF files are stand-ins, for they are slow and tested elsewhere.
Everything else is the program: people, model, jobs, the simulated HKR and its files. The clock
stands still between two acts, so nothing in these tests waits.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page
from tests.browser.opened import Theme, Windows
from tests.browser.served import pages_over
from tests.web.conftest import text_pdf

from laufzettel import compose
from laufzettel.app import App
from laufzettel.cli.demo import hkr, town
from laufzettel.cli.demo.plans import PLANS, Act, Plan
from laufzettel.cli.demo.samples import generator
from laufzettel.clock import OFFICE_ZONE, VirtualClock
from laufzettel.connectors.kasse.simulator import LedgerSimulator
from laufzettel.db import Database
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict, stopped
from laufzettel.engine.api import UserTask
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.tables import case
from laufzettel.handlers.invoice.receive import Delivery
from laufzettel.identity import Actor, Right
from laufzettel.records import accounts, people
from laufzettel.records.tables import document
from laufzettel.scenarios.printing import QuickPrinter
from laufzettel.settings import Settings
from laufzettel.web.auth import cookies

#: When the first invoice arrives, and when people come: half past seven in the office.
NIGHT: Final = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
MORNING: Final = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
READER: Final = Actor(tenant=town.TENANT, rights=frozenset({Right.READ, Right.OPERATE}))
#: What arrives, in its order; the files are those of the demonstration.
FILES: Final = (
    "elektro_ep77815.xml",  # waits for the order
    "kanal_se204.xml",
    "kanal_se205_abschlag.xml",  # waits for the second signature
    "kanal_se190_schluss.xml",
    "maler_m311.xml",
    "dach_2026_88_berichtigt.xml",  # given back
    "planung_ih_0415.xml",  # accepted, not paid; has a file inside
    "garten_müller_lüdenscheidt.xml",  # taken by M. Yılmaz; the longest names
    "kies_ks_5521.xml",  # paid
    "heizung_2026_143.xml",  # too late
    "telefon_63_anschluesse.xml",  # direct debit, many lines
    "gutschrift_gs0044.xml",  # credit note
    "karten_schweiz_chf.xml",  # foreign currency
    "druck_ohne_faelligkeit.xml",
    "vortrag_niederlande.xml",
    "cloud_irland.xml",  # handed over, no acknowledgement yet
    "buecher_niederlande.xml",  # sent back to the supplier by hand
    "haus_sonnenhang_11.xml",  # confidential
    "hosting_rw7741.xml",
    "schluessel_k0031.xml",  # refused by the HKR
    "schluessel_k0031_noch_einmal.xml",  # filed as a second one
    "mangel_ohne_leitweg.xml",  # sent back at once
)
#: Arrives twice in two versions, so that somebody has to look.
TWICE: Final = "hosting_rw7741.xml"
TWIN: Final = "hosting_rw7741_noch_einmal.xml"
#: Of this file no rule can say anything, and it stops.
UNCHECKED: Final = "ohne_regeln.xml"
#: Comes as a PDF file without an invoice in it: a person captures it.
TO_CAPTURE: Final = "maler_nur_pdf.pdf"
_ROUNDS: Final = 8


class Rules:
    """Stands in for the official rules: only an invoice without a Leitweg-ID is refused."""

    def validate(self, xml: bytes) -> Report:
        """Return what the rules would say."""
        if b"Ungeprueft" in xml:
            return stopped(Verdict.UNCHECKED, Own.NO_RULES, "Die Prüfregeln fehlen.")
        if b"B-26-0901" not in xml:
            return Report(verdict=Verdict.ACCEPTED, rule_set="xrechnung-3.0.2_2026-08-31")
        missing = Finding(
            id="BR-DE-15",
            severity=Severity.FATAL,
            text_de="Die Leitweg-ID fehlt.",
            remedy_de="Der Lieferant muss die Rechnung mit Leitweg-ID neu senden.",
            term="BT-10",
        )
        return Report(
            verdict=Verdict.REJECTED, findings=(missing,), rule_set="xrechnung-3.0.2_2026-08-31"
        )


@dataclass(slots=True)
class Town:
    """The town with its pages, its clock, and its HKR."""

    app: App
    pages: Flask
    clock: VirtualClock
    ledger: LedgerSimulator

    def case(self, file_name: str) -> str:
        """Return the case of a file that has arrived."""
        key = sa.literal("invoice:").concat(document.c.invoice_id)
        query = (
            sa.select(case.c.id)
            .join(document, sa.and_(case.c.tenant == document.c.tenant, case.c.business_key == key))
            .where(document.c.file_name == file_name, document.c.kind == "original")
        )
        with self.app.db.read() as connection:
            found: str = connection.execute(query).scalar_one()
        return found

    def settle(self) -> None:
        """Run the jobs, let the HKR work and fetch its answers, until nothing moves."""
        while self.app.jobs.run_due() + hkr.ask(self.app, self.ledger):
            self.clock.advance(seconds=20)

    def receive(self, file_name: str, data: bytes, *, channel: str = "portal") -> str:
        """Take in an invoice and return its case."""
        receipt = self.app.receive(
            Delivery(
                tenant=town.TENANT,
                channel=channel,
                sender="rechnung@lieferant.example",
                file_name=file_name,
                data=data,
            )
        )
        (found,) = self.app.engine.cases(READER, f"invoice:{receipt.invoice_id}")
        return found.id

    def arrives(self, file_name: str) -> str:
        """Take in a file of the samples, let the jobs run, and return the case."""
        found = self.receive(file_name, sample(file_name))
        self.settle()
        return found

    def actor(self, person: str) -> Actor:
        """Return the person as one who acts."""
        with self.app.db.read() as connection:
            at = self.app.db.now(connection)
            return people.actor(connection, town.TENANT, person, at=at)

    def task(self, case_id: str) -> UserTask:
        """Return the one open task of the case."""
        (found,) = self.app.engine.tasks(READER, case_id)
        return found

    def open(
        self,
        windows: Windows,
        login: str,
        path: str,
        *,
        width: int = 1366,
        theme: Theme = "light",
        javascript: bool = True,
    ) -> Page:
        """Open a page in a window in which the person is signed in already."""
        return windows.open(
            path, width=width, theme=theme, javascript=javascript, cookies=self.signed_in(login)
        )

    def signed_in(self, login: str) -> dict[str, str]:
        """Open a session of the person and return its cookie."""
        with self.app.db.write() as connection:
            now = self.app.db.now(connection)
            token = accounts.open_session(connection, town.TENANT, login, now=now)
        with self.pages.test_request_context():
            return {cookies.session_name(): token}


def build(folder: Path, url: str) -> None:
    """Leave the filled town in the folder."""
    with opened(folder, url, at=NIGHT) as there:
        town.found(there.app)
        plans = {}
        for name in FILES:
            plans[there.receive(name, sample(name))] = PLANS.get(name, Plan())
            there.clock.advance(seconds=40)
        there.receive(TWIN, sample(TWICE).replace(b"?>", b"?><!-- -->", 1), channel="mail")
        there.receive(UNCHECKED, b"<Ungeprueft/>", channel="mail")
        there.receive(TO_CAPTURE, _pdf_for_people(), channel="mail")
        _play(there, plans)
        there.app.seal()
        assert there.clock.now() < MORNING


def sample(file_name: str) -> bytes:
    """Return a file of the story or of the town."""
    made = generator()
    if file_name in (story := made.story_samples()):
        return bytes(story[file_name])
    today = MORNING.astimezone(OFFICE_ZONE).date()
    (found,) = (one for one in made.town_invoices(today) if one.file_name == file_name)
    return bytes(made.content(found))


def _play(there: Town, plans: Mapping[str, Plan]) -> None:
    """Have people do what the plans of the demonstration say."""
    waiting = {case_id: list(plan.acts) for case_id, plan in plans.items()}
    for _ in range(_ROUNDS):
        there.settle()
        for task in there.app.engine.tasks(READER):
            _do(there, task, waiting.get(task.case_id, []))
    for task in there.app.engine.tasks(READER):
        if person := plans.get(task.case_id, Plan()).claimed_by:
            there.app.engine.claim(there.actor(person), task.id)
    there.settle()


def _do(there: Town, task: UserTask, acts: list[Act]) -> None:
    if acts and acts[0].element == task.element:
        act = acts.pop(0)
        there.clock.advance(minutes=2)
        there.app.engine.complete(there.actor(act.person), task.id, dict(act.answers))


def _pdf_for_people() -> bytes:
    """Return a PDF file of one page that only people can read as an invoice."""
    return text_pdf(
        "Malerbetrieb Öztürk, Farbgasse 2, Musterstadt",
        "Rechnungs-Nr. 2026-77",
        "Rechnungsdatum: 27.11.2026",
        "Fensterrahmen Stadtbücherei gestrichen",
        "Gesamtbetrag 640,00 EUR",
        "IBAN DE02 1203 0000 0000 2020 51",
    )


@contextmanager
def opened(folder: Path, url: str, *, at: datetime = MORNING) -> Iterator[Town]:
    """Open the town that lies in the folder, its clock at this moment."""
    clock = VirtualClock(at)
    settings = Settings(data=folder, database_url=url, rules=folder / "rules", is_demo=True)
    db = Database(url, clock=clock)
    app = compose.build(settings, db, LoopJobs(db), Rules(), QuickPrinter())
    yield Town(app=app, pages=pages_over(app), clock=clock, ledger=hkr.simulator(app))
    db.close()


def copied(source: Path, target: Path) -> str:
    """Copy a built town and return the address of its database."""
    shutil.copytree(source, target)
    return f"sqlite:///{target / 'laufzettel.db'}"
