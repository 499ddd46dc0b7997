"""A bench leaves the process as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from laufzettel.handlers.invoice import validate


@pytest.fixture(autouse=True)
def nothing_stays_exchanged() -> Iterator[None]:
    """The reading of invoices is the real one again, also after a bench that failed."""
    before = vars(validate)["examine"]
    yield
    was_restored = vars(validate)["examine"] is before
    vars(validate)["examine"] = before
    assert was_restored
