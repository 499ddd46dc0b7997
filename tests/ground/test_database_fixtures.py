"""The databases that tests get."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text
from tools.throwaway_postgres import Server, _embedded_binaries, throwaway_postgres

from laufzettel.db import schema

TOOL = Path(__file__).resolve().parents[2] / "tools" / "throwaway_postgres.py"


@pytest.mark.parametrize("visit", [1, 2])
def test_each_test_gets_an_empty_database(database_url: str, visit: int) -> None:
    engine = create_engine(database_url)

    assert inspect(engine).get_table_names() == []

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (visit INTEGER)"))
    engine.dispose()


def test_a_database_can_be_made_as_a_copy_of_another(postgres_server: Server) -> None:
    template = postgres_server.create_database("pattern")
    with psycopg.connect(template.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE copied ()")

    copy = postgres_server.create_database(template="pattern")

    with psycopg.connect(copy.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT * FROM copied").fetchall() == []
    postgres_server.drop_database(copy)
    postgres_server.drop_database(template)


@pytest.mark.parametrize("visit", [1, 2])
def test_a_migrated_database_has_the_tables_and_no_case(migrated_url: str, visit: int) -> None:
    engine = create_engine(migrated_url)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM counter")) == 0
        connection.execute(text("INSERT INTO counter VALUES ('musterstadt', 'order', 7)"))
    engine.dispose()

    schema.check(migrated_url)


def test_texts_sort_by_their_bytes_as_in_sqlite(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT x FROM unnest(ARRAY['b','A','ä','a']) x ORDER BY x")

        assert [row[0] for row in rows] == ["A", "a", "b", "ä"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that the account of the server may enter (pytest's are closed)."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_the_server_of_a_killed_process_is_gone(open_folder: Path) -> None:
    """What is killed with -9 leaves no server behind."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells a child that its parent died")
    tool = subprocess.Popen(
        [sys.executable, str(TOOL)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(open_folder)},
    )
    assert tool.stdout is not None
    conninfo = tool.stdout.readline().strip().replace("+psycopg", "")
    psycopg.connect(conninfo).close()

    os.kill(tool.pid, signal.SIGKILL)
    tool.communicate()

    deadline = time.monotonic() + 10
    with pytest.raises(psycopg.OperationalError):
        while time.monotonic() < deadline:
            psycopg.connect(conninfo, connect_timeout=2).close()
            time.sleep(0.05)


def test_without_a_system_server_the_wheel_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.throwaway_postgres._binaries", _embedded_binaries)

    with throwaway_postgres() as server:
        url = server.create_database().replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            row = connection.execute("SHOW server_version").fetchone()

    assert row is not None
    assert row[0].startswith("18.")
