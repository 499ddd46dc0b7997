"""Fixtures of the tests in a real browser.

``windows`` opens pages of the installation's application, ``sample_windows`` those of the sample
pages; whatever goes wrong in them fails the test (``opened.Windows``). Without Chromium these
tests skip with the reason; with ``CI=true`` they fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser
from tests.browser.chromium import BrowserMissingError, give_up, launched
from tests.browser.opened import Windows
from tests.browser.opened import windows as opened_windows
from tests.browser.samples import sample_pages
from tests.browser.served import pages_over, served

from laufzettel import compose
from laufzettel.compose import App
from laufzettel.db import Database
from laufzettel.einvoice.report import Report, Verdict
from laufzettel.engine.work.loop import LoopJobs
from laufzettel.settings import Settings


class NothingChecked:
    """No test of this folder comes as far as the rules, unless it brings an installation."""

    def validate(self, xml: bytes) -> Report:
        return Report(verdict=Verdict.UNCHECKED)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; for one module, because Playwright keeps the thread's event loop so long."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(launched())
        except BrowserMissingError as error:
            give_up(error)
        yield running


@pytest.fixture
def installation(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    """A composed installation on a fresh SQLite database; a module may bring a fuller one."""
    settings = Settings(data=tmp_path, database_url=migrated_sqlite_url, rules=tmp_path / "rules")
    db = Database(migrated_sqlite_url)
    yield compose.build(settings, db, LoopJobs(db), NothingChecked())
    db.close()


@pytest.fixture
def pages(installation: App) -> Flask:
    """The application over the installation."""
    return pages_over(installation)


@pytest.fixture
def windows(browser: Browser, pages: Flask) -> Iterator[Windows]:
    """Windows of the served application."""
    with served(pages) as address, opened_windows(browser, address) as opened:
        yield opened


@pytest.fixture
def samples() -> Flask:
    """The sample pages, and what they were sent."""
    return sample_pages()


@pytest.fixture
def sample_windows(browser: Browser, samples: Flask) -> Iterator[Windows]:
    """Windows of the served sample pages."""
    with served(samples) as address, opened_windows(browser, address) as opened:
        yield opened
