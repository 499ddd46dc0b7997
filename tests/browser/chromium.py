"""The browser of the tests: Debian's Chromium, driven by Playwright, never one it downloads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

#: Under which names it is found; the variable names another one.
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE: Final = "LAUFZETTEL_CHROMIUM"
#: It runs as root in a container, and asks nobody for anything.
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserMissingError(Exception):
    """No browser can be started here; the message says why."""


def find() -> str:
    """Return the path of the browser; BrowserMissingError where there is none."""
    given = os.environ.get(VARIABLE)
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise BrowserMissingError("kein Chromium auf dieser Maschine (apt-get install chromium)")
    return found


def give_up(error: BrowserMissingError) -> NoReturn:
    """Skip the tests with the reason; in the CI they fail, for nobody would miss them there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"Browser: {error}")
    pytest.skip(f"Browser: {error}")


@contextmanager
def launched() -> Iterator[Browser]:
    """Run the browser until the block is left.

    Playwright occupies the thread's event loop so long: never keep it over tests of others.
    """
    path = find()
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=path, args=[*FLAGS])
        except Error as error:
            raise BrowserMissingError(f"{path} startet nicht: {error.message}") from error
        try:
            yield browser
        finally:
            browser.close()
