"""The schema: one history, both databases, nothing half done."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from laufzettel.db import Database, metadata, procrastinate_schema, schema
from laufzettel.errors import StorageError, UnavailableError

ROOT = Path(__file__).resolve().parents[2]
#: The newest revision; a new one raises it here and nowhere else.
HEAD = "0040"


def execute(url: str, *statements: str) -> None:
    database = Database(url)
    with database.write() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    database.close()


def tables(url: str) -> set[str]:
    database = Database(url)
    with database.read() as connection:
        names = set(sa.inspect(connection).get_table_names())
    database.close()
    return names


def test_an_upgraded_database_is_what_the_program_needs(database_url: str) -> None:
    assert schema.upgrade(database_url) == schema.head() == HEAD

    assert schema.current(database_url) == HEAD
    schema.check(database_url)


def test_upgrading_again_changes_nothing(database_url: str) -> None:
    schema.upgrade(database_url)
    execute(database_url, "INSERT INTO counter VALUES ('musterstadt', 'order', 7)")

    schema.upgrade(database_url)

    database = Database(database_url)
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT value FROM counter")).scalars().all() == [7]
    database.close()


def test_the_revisions_make_exactly_the_declared_tables(database_url: str) -> None:
    """Fails after a table was changed: then it needs a revision of its own."""
    for name in (
        "laufzettel.engine.tables",
        "laufzettel.records.tables",
        "laufzettel.archive.tables",
    ):
        if importlib.util.find_spec(name):
            importlib.import_module(name)
    schema.upgrade(database_url)

    def is_ours(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        # What the database itself keeps beside invoice_text, no table of ours declares.
        if name in ("words", "ix_invoice_text_words"):
            return False
        return kind != "table" or not str(name).startswith(
            ("procrastinate_", "invoice_words", "invoice_vocabulary")
        )

    database = Database(database_url)
    # On SQLite Alembic takes the default '' for none; PostgreSQL compares for both.
    options = {"compare_server_default": not database.is_sqlite, "include_object": is_ours}
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    database.close()


def test_the_revisions_need_no_code_that_declares_tables(sqlite_url: str) -> None:
    program = "import sys; from laufzettel.db import schema; schema.upgrade(sys.argv[1]);"
    program += "print([m for m in sys.modules if m.startswith(('laufzettel.engine', 'procrast'))])"

    done = run(program, sqlite_url)

    assert done.stdout == "[]\n", done.stderr
    assert "case_" in tables(sqlite_url)


def test_sqlite_gets_no_tables_of_the_distributor(sqlite_url: str) -> None:
    schema.upgrade(sqlite_url)

    assert not [name for name in tables(sqlite_url) if name.startswith("procrastinate")]


def test_postgresql_gets_the_distributor_with_a_note_of_its_version(postgres_url: str) -> None:
    schema.upgrade(postgres_url)

    database = Database(postgres_url)
    with database.read() as connection:
        note = sa.inspect(connection).get_table_comment("procrastinate_jobs")
        assert connection.execute(sa.text("SELECT count(*) FROM procrastinate_jobs")).scalar() == 0
    database.close()
    assert str(note["text"]).startswith("procrastinate 3.")


def test_the_distributor_still_has_the_schema_that_the_first_revision_installed() -> None:
    """A newer Procrastinate with migrations of its own needs a revision of ours that runs
    them on databases whose note names an older version; then raise the number here.
    """
    spec = importlib.util.find_spec("procrastinate")
    assert spec is not None
    assert spec.origin is not None
    migrations = sorted((Path(spec.origin).parent / "sql" / "migrations").glob("*.sql"))

    assert migrations[-1].name.startswith("03.04.00_50_post")
    assert "CREATE TABLE procrastinate_jobs" in procrastinate_schema.schema_sql()


def test_a_database_without_tables_is_refused(database_url: str) -> None:
    with pytest.raises(StorageError, match=r"noch keine Tabellen. „laufzettel migrate“"):
        schema.check(database_url)


def test_looking_at_a_missing_file_does_not_create_it(sqlite_url: str) -> None:
    assert schema.current(sqlite_url) is None

    assert not Path(sqlite_url.removeprefix("sqlite:///")).exists()


def test_a_newer_database_is_refused_and_left_alone(database_url: str) -> None:
    schema.upgrade(database_url)
    execute(database_url, "UPDATE alembic_version SET version_num = '0999'")

    with pytest.raises(StorageError, match=rf"Stand 0999; dieses Programm kennt nur .* bis {HEAD}"):
        schema.check(database_url)
    with pytest.raises(StorageError, match="Bitte die neuere Version von Laufzettel starten"):
        schema.upgrade(database_url)

    assert schema.current(database_url) == "0999"


def test_an_older_database_is_refused_with_what_to_do(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(database_url)
    monkeypatch.setattr(schema, "head", lambda: "0998")

    with pytest.raises(StorageError, match=rf"Stand {HEAD}, das Programm braucht 0998\. Bitte"):
        schema.check(database_url)


def test_a_failed_upgrade_leaves_nothing_behind(database_url: str) -> None:
    """The last table to be made is there already."""
    execute(database_url, "CREATE TABLE user_task (foreign_thing INTEGER)")

    with pytest.raises(StorageError, match="nichts wurde geändert"):
        schema.upgrade(database_url)

    assert tables(database_url) == {"user_task"}


def test_a_server_that_does_not_answer_is_reported_without_the_password() -> None:
    with pytest.raises(UnavailableError) as caught:
        schema.check("postgresql+psycopg://app:geheim@127.0.0.1:1/laufzettel")

    assert "Die Datenbank ist nicht benutzbar" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_processes_upgrading_at_once_all_succeed(database_url: str) -> None:
    program = "import sys; from laufzettel.db import schema; print(schema.upgrade(sys.argv[1]))"
    processes = [start(program, database_url) for _ in range(3)]

    results = [process.communicate(timeout=60) for process in processes]

    assert [out for out, _ in results] == [f"{HEAD}\n"] * 3, results
    schema.check(database_url)


def test_references_hold_again_after_an_upgrade_of_sqlite(sqlite_url: str) -> None:
    schema.upgrade(sqlite_url)

    with pytest.raises(sa.exc.IntegrityError):
        execute(
            sqlite_url,
            "INSERT INTO subscription (id, tenant, name, key, case_id, activation, created_at)"
            " VALUES ('1', 'musterstadt', 'paid', 'k', 'no such case', 'a', '2026-11-23')",
        )


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    process = start(program, *arguments)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)
