"""The pages over a real installation: empty, or Musterstadt with its people; and programs as
processes of their own.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from laufzettel import compose
from laufzettel.app import App
from laufzettel.cli.demo import town
from laufzettel.clock import VirtualClock
from laufzettel.db import Database
from laufzettel.einvoice.report import Own, Report, Verdict, stopped
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.handlers.invoice.receive import Delivery
from laufzettel.scenarios.printing import QuickPrinter
from laufzettel.settings import Settings

#: Monday morning, half past seven in the office.
MORNING = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
SAMPLES = Path(__file__).resolve().parents[2] / "examples"


class NothingChecked:
    """No test of the pages comes as far as the rules."""

    def validate(self, xml: bytes) -> Report:
        return Report(verdict=Verdict.UNCHECKED)


class AllInOrder:
    """Every invoice is formally in order: what the rules say is tested elsewhere."""

    def validate(self, xml: bytes) -> Report:
        if b"Ungeprueft" in xml:
            return stopped(Verdict.UNCHECKED, Own.NO_RULES, "Die Prüfregeln fehlen.")
        return Report(verdict=Verdict.ACCEPTED, rule_set="probe")


@pytest.fixture
def installation(migrated_url: str, tmp_path: Path) -> Iterator[App]:
    """A composed installation without people, on SQLite and on PostgreSQL."""
    settings = Settings(data=tmp_path, database_url=migrated_url, rules=tmp_path / "rules")
    db = Database(migrated_url)
    yield compose.build(settings, db, LoopJobs(db), NothingChecked())
    db.close()


@pytest.fixture
def pages(installation: App) -> Flask:
    """The application."""
    return compose.pages(installation)


@dataclass(slots=True)
class Town:
    """Musterstadt with its pages, its clock, and browsers for its people."""

    app: App
    pages: Flask
    clock: VirtualClock

    def browser(self, login: str) -> Browser:
        """Return a browser in which the person is signed in."""
        return Browser(self.pages.test_client()).sign_in(login)

    def receive(self, data: bytes, *, name: str = "rechnung.xml") -> str:
        """Take in an invoice, let the jobs run, and return the id of its case."""
        receipt = self.app.receive(
            Delivery(
                tenant=town.TENANT, channel="probe", sender="x@y.example", file_name=name, data=data
            )
        )
        self.settle()
        reader = town_reader()
        (view,) = self.app.engine.cases(reader, f"invoice:{receipt.invoice_id}")
        return view.id

    def settle(self) -> None:
        """Run every job that is due."""
        while self.app.jobs.run_due():
            pass


@dataclass(slots=True)
class Browser:
    """A client that keeps cookies and fills forms in as a browser would."""

    client: FlaskClient

    def sign_in(self, login: str, *, tenant: str = town.TENANT) -> Browser:
        """Press the person's button on the login page of the demonstration."""
        token = hidden(self.client.get("/anmelden").text, "token")
        answer = self.client.post(
            "/anmelden", data={"token": token, "tenant": tenant, "login": login}
        )
        assert answer.status_code == 302, answer.text
        return self

    def get(self, path: str, **query: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, query_string=query or None)

    def submit(self, page: str, path: str, **fields: Any) -> TestResponse:
        """Send the form of ``page`` that posts to ``path``, with these fields filled in."""
        html = self.client.get(page).text
        return self.client.post(path, data={**form_of(html, path), **fields})


def hidden(html: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return found[1]


def form_of(html: str, path: str) -> dict[str, str]:
    """Return the hidden fields of the form that posts to ``path``."""
    found = re.search(rf'<form[^>]*action="{re.escape(path)}"[^>]*>(.*?)</form>', html, re.DOTALL)
    assert found, f"no form for {path}"
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[1])
    return dict(pairs)


def unchecked() -> bytes:
    """Return a file of which no rule can say anything: its case stands still."""
    return b"<Ungeprueft/>"


def text_pdf(*lines: str) -> bytes:
    """Return a PDF of one page with these lines as text."""
    shown = "".join(f"({line}) Tj T* " for line in lines)
    stream = f"BT /F1 11 Tf 14 TL 50 780 Td {shown}ET".encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        + b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    file, places = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 6\n0000000000 65535 f \n%btrailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return file + end % (table, len(file))


def blank_pdf() -> bytes:
    """Return a PDF with an empty page and nothing in it: no rule can say anything about it."""
    target = io.BytesIO()
    writer = pypdf.PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.write(target)
    return target.getvalue()


def town_reader() -> Any:
    """Return somebody who may read and operate everything of the town."""
    from laufzettel.identity import Actor, Right

    return Actor(tenant=town.TENANT, rights=frozenset({Right.READ, Right.OPERATE}))


@pytest.fixture
def musterstadt(migrated_url: str, tmp_path: Path) -> Iterator[Town]:
    """The demonstration's town on a Monday morning, without invoices."""
    clock = VirtualClock(MORNING)
    settings = Settings(
        data=tmp_path, database_url=migrated_url, rules=tmp_path / "rules", is_demo=True
    )
    db = Database(migrated_url, clock=clock)
    app = compose.build(settings, db, LoopJobs(db), AllInOrder(), QuickPrinter())
    town.found(app)
    yield Town(app=app, pages=compose.pages(app), clock=clock)
    db.close()


@pytest.fixture(scope="session")
def samples() -> Callable[[str], bytes]:
    """Return the bytes of a sample invoice of the story by its file name."""
    spec = importlib.util.spec_from_file_location("make_invoices", SAMPLES / "make_invoices.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written: dict[str, bytes] = module.story_samples()
    return written.__getitem__


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """The generator of the sample invoices."""
    folder = str(Path(__file__).resolve().parents[2] / "examples")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module("make_invoices")


def as_file(generator: ModuleType, **terms: Any) -> bytes:
    data: bytes = generator.as_ubl(replace(generator.samples.GOOD, **{"attachments": (), **terms}))
    return data
