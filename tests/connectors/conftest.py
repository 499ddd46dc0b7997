"""Servers that the connectors talk to, real ones, each for one session of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.connectors.dovecot import Dovecot, running


@pytest.fixture(scope="session")
def imap() -> Iterator[Dovecot]:
    """A real IMAP server; without dovecot its tests skip with the reason."""
    yield from running()
