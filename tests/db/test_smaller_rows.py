"""What stood in the database before revision 0013 reads the same after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command

from laufzettel.db import Database, schema
from laufzettel.engine.tables import case, duty_signature, effect, parcel
from laufzettel.records.tables import document

AT = "2026-11-23T08:00:00.000000Z"
CASE = "01jd8z4q6t3x7n2m5k9p0r1s2v"
#: Rows as the revision before wrote them: texts and bytes as they are.
BEFORE = (
    (
        "INSERT INTO bundle (id, tenant, process_id, number, sha256, compiler, compiled, sources,"
        f" deployed_at, deployed_by) VALUES ('b', '*', 'p', 1, 'x', 1, '', '', '{AT}', 'd')"
    ),
    (
        "INSERT INTO case_ (id, tenant, bundle_id, process_id, business_key, duty_scope, version,"
        f" status, result, started_at) VALUES ('{CASE}', 'm', 'b', 'p', 'invoice:1', 'invoice:1', 3,"
        f""" 'ended', '{{"end": "paid", "variables": {{}}}}', '{AT}')"""
    ),
    (
        "INSERT INTO parcel (id, tenant, channel, number, handler, status, items, data, sha256,"
        f" created_at) VALUES ('z', 'm', 'hkr', 1, 'h', 'done', 1, 'Übergabe', 'x', '{AT}')"
    ),
    (
        "INSERT INTO effect (id, tenant, key, channel, handler, case_id, activation, payload, status,"
        f" created_at) VALUES ('e', 'm', 'k', 'hkr', 'h', '{CASE}', '7', '{{\"amount\": \"1.00\"}}',"
        f" 'done', '{AT}')"
    ),
    (
        "INSERT INTO duty_signature (task_id, duty, tenant, scope, person, case_id, signed_at)"
        f" VALUES ('t2', 'anordnung', 'm', 'invoice:1', 'brandt', '{CASE}', '{AT}')"
    ),
    (
        "INSERT INTO duty_signature (task_id, duty, tenant, scope, person, case_id, signed_at)"
        f" VALUES ('t1', 'sachlich', 'm', 'invoice:1', 'yilmaz', '{CASE}', '{AT}')"
    ),
    (
        "INSERT INTO document (tenant, sha256, invoice_id, kind, media_type, file_name, size,"
        f" stored_at) VALUES ('m', 'aa', '1', 'original', 'application/xml', 'r.xml', 5, '{AT}')"
    ),
)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database that was raised from revision 0012 with rows in it."""
    database = Database(database_url)
    with database.write() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0012")
    with database.write() as connection:
        for statement in BEFORE:
            if not database.is_sqlite:
                statement = statement.replace("'', '',", "''::bytea, ''::bytea,")
                statement = statement.replace("'Übergabe'", "convert_to('Übergabe', 'UTF8')")
            connection.exec_driver_sql(statement.replace("%", "%%"))
        if database.is_sqlite:  # the driver hands over bytes, never a text
            connection.exec_driver_sql("UPDATE parcel SET data = CAST(data AS BLOB)")
    schema.upgrade(database_url)
    yield database
    database.close()


def test_a_finished_case_and_its_effects_read_as_before(db: Database) -> None:
    with db.read() as connection:
        ended = connection.execute(sa.select(case.c.result)).scalar_one()
        sent = connection.execute(sa.select(parcel.c.data, parcel.c.size)).one()
        ordered = connection.execute(sa.select(effect.c.payload)).scalar_one()

    assert ended == {"end": "paid", "variables": {}}
    assert tuple(sent) == ("Übergabe".encode(), 9)
    assert ordered == {"amount": "1.00"}


def test_signatures_and_documents_are_all_there(db: Database) -> None:
    signed = sa.select(duty_signature.c.task_id, duty_signature.c.duty, duty_signature.c.signed_at)
    with db.read() as connection:
        rows = connection.execute(signed.order_by(duty_signature.c.task_id)).all()
        stored = connection.execute(sa.select(document.c.sha256, document.c.size)).all()

    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert [tuple(row) for row in rows] == [("t1", "sachlich", at), ("t2", "anordnung", at)]
    assert [tuple(row) for row in stored] == [("aa", 5)]


def test_a_task_signs_a_duty_once(db: Database) -> None:
    """The key is another one; what it forbids is the same within a business object."""
    again = {"tenant": "m", "scope": "invoice:1", "task_id": "t1", "duty": "sachlich"}
    again |= {"person": "brandt", "case_id": CASE}

    with pytest.raises(sa.exc.IntegrityError), db.write() as connection:
        at = datetime(2026, 11, 23, 9, tzinfo=UTC)
        connection.execute(sa.insert(duty_signature), again | {"signed_at": at})


def test_what_is_written_now_is_shorter_and_comes_back_exactly(db: Database) -> None:
    long = {"end": "paid", "variables": {"reason": "wie bestellt und geliefert " * 20}}
    data = b"0,00;" * 200

    with db.write() as connection:
        connection.execute(sa.update(case).where(case.c.id == CASE), {"result": long})
        connection.execute(sa.update(parcel), {"data": data})
    with db.read() as connection:
        stored = connection.exec_driver_sql("SELECT length(data) FROM parcel").scalar_one()
        read = (
            connection.execute(sa.select(case.c.result)).scalar_one(),
            connection.execute(sa.select(parcel.c.data)).scalar_one(),
        )

    assert stored < 50
    assert read == (long, data)
