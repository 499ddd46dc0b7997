"""One small town's audit, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from laufzettel.db import Database, metadata
from laufzettel.engine import tables
from laufzettel.engine.audit.seals import seal
from laufzettel.engine.audit.streams import Event, append, erase_text
from laufzettel.engine.audit.verify import export_tenant

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
AUDIT = [
    tables.audit_stream,
    tables.audit_event,
    tables.audit_text,
    tables.audit_seal,
    tables.audit_seal_entry,
]


def certified(amount: str, comment: str = "") -> Event:
    """Somebody certified an invoice."""
    return Event(
        kind="task.completed",
        actor="p-17",
        data={"duty": "sachlich", "amount": amount},
        texts={"comment": comment} if comment else {},
    )


def write_story(database: Database) -> None:
    """Two cases, an administrative area, three seals, one text erased after its term."""

    def add(stream: str, minute: int, *events: Event, tenant: str = "musterstadt") -> None:
        at = START + timedelta(minutes=minute)
        with database.write() as connection:
            append(connection, tenant=tenant, stream=stream, at=at, events=events)

    def close_seal(minute: int) -> None:
        with database.write() as connection:
            assert seal(connection, "musterstadt", START + timedelta(minutes=minute))

    add("case-1", 0, Event(kind="case.started", actor="system", data={"bundle": "b1"}))
    add("case-1", 1, certified("18432.60", "passt, Frau Müller"), certified("18432.60"))
    add("case-2", 2, Event(kind="case.started", actor="system", data={"bundle": "b1"}))
    add("case-1", 2, certified("1.00"), tenant="nachbarort")
    close_seal(3)
    add("case-2", 4, certified("95.20", "ok"), certified("95.20", "auch ok"))
    add("accounts", 5, Event(kind="account.opened", actor="p-1", texts={"name": "Inge Wolf"}))
    close_seal(6)
    add("case-1", 7, Event(kind="case.ended", actor="system"))
    with database.write() as connection:
        erase_text(connection, tenant="musterstadt", stream="case-2", seq=2, at=START)
    close_seal(8)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the audit's tables, empty."""
    database = Database(database_url)
    metadata.create_all(database.engine, tables=AUDIT)
    yield database
    database.close()


@pytest.fixture
def story(database: Database) -> Database:
    """A database that holds the story."""
    write_story(database)
    return database


@pytest.fixture(scope="session")
def story_lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The story as exported, for tests that change it many times."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('story') / 'story.db'}")
    metadata.create_all(database.engine, tables=AUDIT)
    write_story(database)
    with database.read(snapshot=True) as connection:
        lines = list(export_tenant(connection, "musterstadt", START))
    database.close()
    return lines
