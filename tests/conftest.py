"""Fixtures of all tests: databases to run on.

``database_url`` runs a test on SQLite and on PostgreSQL, each time on a fresh, empty database;
``migrated_url`` does the same with all tables, copied from one database that was migrated once.
The PostgreSQL server is started once a session (with xdist: once a worker). ``TEST_DATABASE_URL``
names another server whose account may create databases. Where no PostgreSQL can be had, its
tests skip with the reason; with ``CI=true`` they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from tools.throwaway_postgres import PostgresUnavailableError, Server, throwaway_postgres

from laufzettel.db import schema

# A property is true or not, however busy the machine: an example that takes long is no failure.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server in which a test may create databases."""
    given = os.environ.get("TEST_DATABASE_URL")
    with ExitStack() as stack:
        try:
            server = Server(admin_url=given) if given else stack.enter_context(throwaway_postgres())
        except PostgresUnavailableError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"PostgreSQL: {error}")
        yield server


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that is this test's alone."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'laufzettel.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, once on SQLite and once on PostgreSQL."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and no row, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "laufzettel.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres_template(postgres_server: Server) -> Iterator[str]:
    """The name of a PostgreSQL database with all tables and no row, to be copied."""
    url = postgres_server.create_database()
    schema.upgrade(url)
    yield url.rpartition("/")[2]
    postgres_server.drop_database(url)


@pytest.fixture
def migrated_sqlite_url(sqlite_url: str, migrated_sqlite_file: Path) -> str:
    """The URL of an SQLite file with all tables that is this test's alone."""
    shutil.copy(migrated_sqlite_file, sqlite_url.removeprefix("sqlite:///"))
    return sqlite_url


@pytest.fixture
def migrated_postgres_url(
    postgres_server: Server, migrated_postgres_template: str
) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables that is this test's alone."""
    url = postgres_server.create_database(template=migrated_postgres_template)
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with all tables, once on SQLite and once on PostgreSQL."""
    name = {"sqlite": "migrated_sqlite_url", "postgresql": "migrated_postgres_url"}
    url: str = request.getfixturevalue(name[request.param])
    return url


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a database of each kind with all tables that the tests of a module share."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("shared") / "laufzettel.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite_file"), file)
        yield f"sqlite:///{file}"
        return
    server = request.getfixturevalue("postgres_server")
    made = server.create_database(template=request.getfixturevalue("migrated_postgres_template"))
    yield made
    server.drop_database(made)
