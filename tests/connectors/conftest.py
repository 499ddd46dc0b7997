"""Servers that the connectors talk to, real ones, each for one session of tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests.connectors.dovecot import Dovecot, DovecotMissingError, dovecot


@pytest.fixture(scope="session")
def imap() -> Iterator[Dovecot]:
    """A real IMAP server; without dovecot its tests skip with the reason."""
    try:
        with dovecot() as server:
            yield server
    except DovecotMissingError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
