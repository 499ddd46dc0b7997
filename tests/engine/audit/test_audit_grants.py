"""R23: the role of the application can add to the audit, and erase texts, and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from laufzettel.db import Database, schema
from laufzettel.engine.audit.seals import seal
from laufzettel.engine.audit.streams import Event, append, erase_text
from laufzettel.engine.audit.verify import verify_tenant

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def application(postgres_url: str) -> Iterator[Database]:
    """The database as the application sees it, with one event that has a text."""
    schema.upgrade(postgres_url)
    role, password = f"app_{secrets.token_hex(4)}", secrets.token_hex(8)
    owner = Database(postgres_url)
    with owner.write() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
        for statement in schema.grants(role):
            connection.exec_driver_sql(statement)
    url = sa.engine.make_url(postgres_url).set(username=role, password=password)
    application = Database(url.render_as_string(hide_password=False))
    with application.write() as connection:
        event = Event(kind="note", actor="p-17", texts={"comment": "Frau Müller"})
        append(connection, tenant="musterstadt", stream="case-1", at=AT, events=[event])
    yield application
    application.close()
    with owner.write() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}")
        connection.exec_driver_sql(f"DROP ROLE {role}")
    owner.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'p-99'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_seal SET number = 9",
        "DELETE FROM audit_seal",
        "UPDATE audit_seal_entry SET seq = 9",
        "DELETE FROM audit_seal_entry",
        "UPDATE audit_text SET seq = 9",
        "DELETE FROM audit_text",
        "DELETE FROM audit_stream",
        "UPDATE alembic_version SET version_num = '0999'",
        "ALTER TABLE audit_event ADD COLUMN more integer",
        "DROP TABLE audit_seal",
        "CREATE TABLE own (id integer)",
    ],
)
def test_the_application_cannot_change_the_audit_or_tables(
    application: Database, statement: str
) -> None:
    with (
        pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner"),
        application.write() as connection,
    ):
        connection.exec_driver_sql(statement)


def test_the_application_can_append_seal_erase_and_verify(application: Database) -> None:
    with application.write() as connection:
        assert seal(connection, "musterstadt", AT)
        erase_text(connection, tenant="musterstadt", stream="case-1", seq=1, at=AT)
        assert seal(connection, "musterstadt", AT)

    with application.read(snapshot=True) as connection:
        report = verify_tenant(connection, "musterstadt")
    assert (report.events, report.seals, report.findings) == (2, 2, [])


def test_the_application_can_work_with_all_other_tables(application: Database) -> None:
    with application.write() as connection:
        connection.exec_driver_sql("INSERT INTO counter VALUES ('musterstadt', 'order', 1)")
        connection.exec_driver_sql("UPDATE counter SET value = 2")
        connection.exec_driver_sql("DELETE FROM counter")
        connection.exec_driver_sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('job', 'job')"
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'p-99'",
        "DELETE FROM audit_event",
        "UPDATE audit_seal SET number = 9",
        "DELETE FROM audit_seal",
        "UPDATE audit_seal_entry SET seq = 9",
        "DELETE FROM audit_seal_entry",
        "UPDATE audit_text SET text = 'Frau Meier'",
        "UPDATE audit_text SET seq = 9, text = NULL, salt = NULL, erased_at = ''",
        "DELETE FROM audit_text",
    ],
)
def test_on_sqlite_triggers_keep_the_audit(sqlite_url: str, statement: str) -> None:
    """No role stands in the way there; at least no fault of a program gets through."""
    schema.upgrade(sqlite_url)
    database = Database(sqlite_url)
    with database.write() as connection:
        event = Event(kind="note", actor="p-17", texts={"comment": "Frau Müller"})
        append(connection, tenant="musterstadt", stream="case-1", at=AT, events=[event])
        seal(connection, "musterstadt", AT)

    with (
        pytest.raises(sa.exc.IntegrityError, match="Das Protokoll wird nur fortgeschrieben"),
        database.write() as connection,
    ):
        connection.exec_driver_sql(statement)

    with database.write() as connection:
        erase_text(connection, tenant="musterstadt", stream="case-1", seq=1, at=AT)
    with database.read(snapshot=True) as connection:
        assert verify_tenant(connection, "musterstadt").findings == []
    database.close()
