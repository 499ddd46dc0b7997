"""Appending to streams, and erasing what may be erased."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.audit.streams import Event, append, erase_stream_texts, erase_text, genesis
from laufzettel.engine.audit.verify import verify_tenant
from laufzettel.engine.tables import audit_event, audit_stream, audit_text
from laufzettel.errors import InputError, NotFoundError

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def add(database: Database, stream: str, *events: Event) -> None:
    with database.write() as connection:
        append(connection, tenant="musterstadt", stream=stream, at=AT, events=events)


def test_the_hash_covers_the_previous_hash_and_the_canonical_event(database: Database) -> None:
    add(database, "case-1", Event(kind="case.started", actor="system", data={"b": 1, "a": "ä"}))
    text = (
        '{"actor":"system","at":"2026-11-23T08:00:00.000000Z","data":{"a":"ä","b":1},'
        '"kind":"case.started","seq":1,"stream":"case-1"}'
    )

    with database.read() as connection:
        row = connection.execute(sa.select(audit_event)).one()

    previous = hashlib.sha256(b'{"stream":"case-1","tenant":"musterstadt"}').digest()
    assert previous == genesis("musterstadt", "case-1")
    assert row.hash == hashlib.sha256(previous + text.encode()).digest()
    assert row.data == '{"a":"ä","b":1}'


def test_the_chain_holds_a_salted_digest_and_the_text_lies_beside_it(database: Database) -> None:
    add(database, "case-1", Event(kind="note", actor="p-17", texts={"comment": "Frau Müller"}))

    with database.read() as connection:
        event = connection.execute(sa.select(audit_event)).one()
        text = connection.execute(sa.select(audit_text)).one()

    digest = hashlib.sha256(text.salt + "Frau Müller".encode()).hexdigest()
    assert json.loads(event.data) == {"digests": {"comment": digest}}
    assert (text.field, text.text, len(text.salt)) == ("comment", "Frau Müller", 16)


def test_equal_texts_have_different_digests(database: Database) -> None:
    event = Event(kind="note", actor="p-17", texts={"comment": "ja"})
    add(database, "case-1", event, event)

    with database.read() as connection:
        first, second = connection.execute(sa.select(audit_event.c.data)).scalars()

    assert first != second


def test_several_events_take_one_statement_a_table(database: Database) -> None:
    event = Event(kind="note", actor="p-17", texts={"comment": "ja"})
    add(database, "case-1", event)
    statements: list[str] = []
    sa.event.listen(
        database.engine, "before_cursor_execute", lambda *given: statements.append(given[2])
    )

    add(database, "case-1", event, event, event)

    assert [statement.split()[0] for statement in statements if "audit_" in statement] == [
        "SELECT",
        "UPDATE",
        "INSERT",
        "INSERT",
    ]


def test_no_events_touch_nothing(database: Database) -> None:
    add(database, "case-1")

    with database.read() as connection:
        assert connection.execute(sa.select(audit_stream)).all() == []


def test_a_rolled_back_step_leaves_no_event(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as connection:
        append(
            connection,
            tenant="musterstadt",
            stream="case-1",
            at=AT,
            events=[Event(kind="note", actor="p-17")],
        )
        raise RuntimeError

    with database.read(snapshot=True) as connection:
        assert verify_tenant(connection, "musterstadt").events == 0


def test_writers_of_one_area_wait_for_each_other(database: Database) -> None:
    """Also when none of them found the stream at its start."""
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        for _ in range(25):
            add(database, "accounts", Event(kind="account.opened", actor="p-1"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read(snapshot=True) as connection:
        report = verify_tenant(connection, "musterstadt")
    assert (report.events, report.findings) == (100, [])


def test_a_nul_character_is_refused_on_both_databases(database: Database) -> None:
    with pytest.raises(InputError, match="„comment“ enthält ein Nullzeichen"):
        add(database, "case-1", Event(kind="note", actor="p-17", texts={"comment": "a\0b"}))


def test_a_handler_cannot_forge_digests(database: Database) -> None:
    with pytest.raises(ValueError, match="'digests' is the audit's own key"):
        add(database, "case-1", Event(kind="note", actor="p-17", data={"digests": {}}))


def test_an_erased_text_is_gone_with_its_salt_and_the_erasure_is_recorded(story: Database) -> None:
    """R29: with the salt a name could still be guessed from its digest."""
    at = datetime(2036, 12, 31, 12, 0, tzinfo=UTC)
    with story.write() as connection:
        erase_text(connection, tenant="musterstadt", stream="accounts", seq=1, at=at, actor="p-9")

    with story.read() as connection:
        row = connection.execute(
            sa.select(audit_text).where(audit_text.c.stream == "accounts")
        ).one()
        record = connection.execute(
            sa.select(audit_event).where(
                audit_event.c.stream == "erasure", audit_event.c.actor == "p-9"
            )
        ).one()
    assert (row.text, row.salt, row.erased_at) == (None, None, at)
    assert (record.kind, record.at) == ("text.erased", at)
    assert record.data == '{"fields":["name"],"seq":1,"stream":"accounts"}'


def test_an_erased_audit_verifies_and_says_when_it_was_erased(story: Database) -> None:
    at = datetime(2036, 12, 31, 12, 0, tzinfo=UTC)
    with story.write() as connection:
        assert erase_stream_texts(connection, tenant="musterstadt", stream="case-1", at=at) == 1

    with story.read(snapshot=True) as connection:
        report = verify_tenant(connection, "musterstadt")
    assert report.findings == []
    assert report.notices == [
        "Strom „case-1“, Ereignis 2: Inhalt „comment“ am 31.12.2036 nach Frist gelöscht.",
        "Strom „case-2“, Ereignis 2: Inhalt „comment“ am 23.11.2026 nach Frist gelöscht.",
    ]


def test_erasing_what_is_not_there_is_an_error(story: Database) -> None:
    with (
        pytest.raises(NotFoundError, match="Zu Ereignis 1 im Strom „case-1“ gibt es keinen Inhalt"),
        story.write() as connection,
    ):
        erase_text(connection, tenant="musterstadt", stream="case-1", seq=1, at=AT)
