"""What happens to the tests of this folder where no browser can be had."""

from __future__ import annotations

import pytest
from tests.browser.chromium import BrowserMissingError, find, give_up, launched


def test_a_missing_browser_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAUFZETTEL_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(BrowserMissingError, match="kein Chromium auf dieser Maschine"):
        find()


def test_a_browser_that_does_not_start_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAUFZETTEL_CHROMIUM", "/bin/false")

    with pytest.raises(BrowserMissingError, match="/bin/false startet nicht"), launched():
        pass


def test_without_a_browser_the_tests_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="Browser: keiner da"):
        give_up(BrowserMissingError("keiner da"))


def test_without_a_browser_the_ci_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="Browser: keiner da"):
        give_up(BrowserMissingError("keiner da"))
