"""Fixtures of all tests: databases to run on.

``database_url`` runs a test on SQLite and on PostgreSQL, each time on a fresh, empty database.
The PostgreSQL server is started once a session (with xdist: once a worker). ``TEST_DATABASE_URL``
names another server whose account may create databases. Where no PostgreSQL can be had, its
tests skip with the reason; with ``CI=true`` they fail instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tools.throwaway_postgres import PostgresUnavailableError, Server, throwaway_postgres


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
