"""A bench leaves the process as it found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from laufzettel.handlers.invoice import validate

_EXCHANGED = ("open_received", "check")


@pytest.fixture(autouse=True)
def nothing_stays_exchanged() -> Iterator[None]:
    """The reading of invoices is the real one again, also after a bench that failed."""
    before = {name: vars(validate)[name] for name in _EXCHANGED}
    yield
    after = {name: vars(validate)[name] for name in _EXCHANGED}
    vars(validate).update(before)
    assert after == before
