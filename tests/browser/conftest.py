"""Fixtures of the tests in a real browser.

``windows`` opens pages of the installation's application, ``sample_windows`` those of the sample
pages, ``town_windows`` those of the filled town; whatever goes wrong in them fails the test (``opened.Windows``). Without Chromium these
tests skip with the reason; with ``CI=true`` they fail.
"""

from __future__ import annotations

import shutil
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
from tests.browser.town import Town, build, copied
from tests.browser.town import opened as opened_town

from laufzettel import compose
from laufzettel.app import App
from laufzettel.db import Database
from laufzettel.einvoice.report import Report, Verdict
from laufzettel.engine.jobs.loop import LoopJobs
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


@pytest.fixture(scope="session")
def built_town(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Path:
    """The folder of the filled town, to be copied."""
    folder = tmp_path_factory.mktemp("town") / "built"
    folder.mkdir()
    shutil.copy(migrated_sqlite_file, folder / "laufzettel.db")
    build(folder, f"sqlite:///{folder / 'laufzettel.db'}")
    return folder


@pytest.fixture
def musterstadt(built_town: Path, tmp_path: Path) -> Iterator[Town]:
    """The filled town, this test's alone."""
    folder = tmp_path / "town"
    with opened_town(folder, copied(built_town, folder)) as town:
        yield town


@pytest.fixture
def town_windows(browser: Browser, musterstadt: Town) -> Iterator[Windows]:
    """Windows of the served town."""
    with served(musterstadt.pages) as address, opened_windows(browser, address) as opened:
        yield opened
