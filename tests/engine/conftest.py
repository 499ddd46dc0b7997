"""An engine on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour


@pytest.fixture
def desk(migrated_url: str) -> Iterator[Desk]:
    """An engine on an empty database of each kind."""
    behaviour.clear()
    desk = Desk(migrated_url)
    yield desk
    desk.close()
    behaviour.clear()


@pytest.fixture
def postgres_desk(migrated_postgres_url: str) -> Iterator[Desk]:
    """An engine on PostgreSQL alone, for races that SQLite cannot have."""
    behaviour.clear()
    desk = Desk(migrated_postgres_url)
    yield desk
    desk.close()
    behaviour.clear()
