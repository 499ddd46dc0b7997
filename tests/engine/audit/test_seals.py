"""Sealing the heads of streams, tenant by tenant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import sqlalchemy as sa

from laufzettel.db import Database, metadata
from laufzettel.engine.audit.seals import Seal, export_seals, seal, unsealed_since
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.audit.verify import verify_tenant
from laufzettel.engine.tables import audit_event, audit_seal, audit_seal_entry

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NOTE = Event(kind="note", actor="p-17")


def add(database: Database, stream: str, *, minute: int = 0, tenant: str = "musterstadt") -> None:
    with database.write() as connection:
        at = AT + timedelta(minutes=minute)
        append(connection, tenant=tenant, stream=stream, at=at, events=[NOTE])


def close_seal(database: Database, minute: int = 0) -> Seal | None:
    with database.write() as connection:
        return seal(connection, "musterstadt", AT + timedelta(minutes=minute))


def test_a_seal_covers_the_streams_that_moved_since_the_last(database: Database) -> None:
    add(database, "case-1")
    add(database, "case-2")
    close_seal(database)
    add(database, "case-2")
    add(database, "case-2")

    second = close_seal(database)

    assert second is not None
    assert (second.number, second.streams) == (2, 1)
    with database.read() as connection:
        rows = connection.execute(
            sa.select(audit_seal_entry.c.number, audit_seal_entry.c.stream, audit_seal_entry.c.seq)
        )
        assert sorted(map(tuple, rows)) == [(1, "case-1", 1), (1, "case-2", 1), (2, "case-2", 3)]


def test_nothing_moved_needs_no_seal(database: Database) -> None:
    add(database, "case-1")
    close_seal(database)

    assert close_seal(database) is None


def test_the_root_is_a_merkle_tree_and_the_seal_hangs_on_the_one_before(
    database: Database,
) -> None:
    """RFC 6962, 2.1: leaves begin with 0, nodes with 1."""
    for stream in ("a", "b", "c"):
        add(database, stream)
    made = close_seal(database)
    assert made is not None

    with database.read() as connection:
        query = sa.select(audit_event.c.hash).order_by(audit_event.c.stream)
        hashes = connection.execute(query).scalars()
        entries = [
            f'{{"hash":"{digest.hex()}","seq":1,"stream":"{name}"}}'
            for name, digest in zip("abc", hashes, strict=True)
        ]
    a, b, c = (sha256(b"\x00" + entry.encode()).digest() for entry in entries)
    root = sha256(b"\x01" + sha256(b"\x01" + a + b).digest() + c).digest()
    text = (
        f'{{"at":"2026-11-23T08:00:00.000000Z","number":1,"root":"{root.hex()}",'
        '"tenant":"musterstadt"}'
    )
    previous = sha256(b'{"tenant":"musterstadt"}').digest()
    assert (made.root, made.previous) == (root, previous)
    assert made.hash == sha256(previous + text.encode()).digest()


def test_tenants_have_their_own_chains(database: Database) -> None:
    add(database, "case-1")
    add(database, "case-1", tenant="nachbarort")
    close_seal(database)

    with database.read() as connection:
        assert unsealed_since(connection, "musterstadt") is None
        assert unsealed_since(connection, "nachbarort") == AT


def test_the_alarm_counts_from_the_oldest_unsealed_event(database: Database) -> None:
    """A stream that keeps moving must not hide that the sealer stands still."""
    add(database, "case-1", minute=0)
    close_seal(database)
    add(database, "case-1", minute=3)
    add(database, "case-2", minute=4)
    add(database, "case-1", minute=9)

    with database.read() as connection:
        assert unsealed_since(connection, "musterstadt") == AT + timedelta(minutes=3)


def test_a_seal_passes_by_a_stream_that_is_being_written(postgres_url: str) -> None:
    """Neither waits for the other, so they cannot block each other for ever."""
    database, sealer = Database(postgres_url), Database(postgres_url)
    metadata.create_all(database.engine)
    add(database, "case-1")
    add(database, "case-2")

    with database.write() as step:
        append(step, tenant="musterstadt", stream="case-1", at=AT, events=[NOTE])
        during = close_seal(sealer)
    after = close_seal(sealer)

    assert during is not None
    assert after is not None
    assert (during.streams, after.streams) == (1, 1)
    with database.read(snapshot=True) as connection:
        assert verify_tenant(connection, "musterstadt").findings == []
    database.close()
    sealer.close()


def test_seals_are_exported_from_a_number_on(story: Database) -> None:
    with story.read() as connection:
        everything = export_seals(connection, "musterstadt", 0).splitlines()
        newer = export_seals(connection, "musterstadt", 2).splitlines()
        digest = connection.execute(
            sa.select(audit_seal.c.hash).where(audit_seal.c.number == 3)
        ).scalar_one()

    assert len(everything) == 3
    assert newer == everything[2:]
    assert b'"number":3' in newer[0]
    assert digest.hex().encode() in newer[0]


@pytest.mark.parametrize("moves", [1, 7, 64])
def test_seals_of_any_size_verify(database: Database, moves: int) -> None:
    for number in range(moves):
        add(database, f"case-{number}")
    close_seal(database)

    with database.read(snapshot=True) as connection:
        report = verify_tenant(connection, "musterstadt")
    assert (report.findings, report.unsealed) == ([], 0)
