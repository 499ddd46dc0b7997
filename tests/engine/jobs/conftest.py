"""Each test of the conformance suite runs on each way to run jobs."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from tests.engine.jobs.harness import LOOP_POSTGRES, LOOP_SQLITE, PROCRASTINATE, START, Setting
from tools.throwaway_postgres import Server

from laufzettel.clock import VirtualClock


@pytest.fixture(params=[LOOP_SQLITE, LOOP_POSTGRES, PROCRASTINATE])
def setting(request: pytest.FixtureRequest) -> Iterator[Setting]:
    """A way to run jobs, with its tables in an empty database."""
    yield from _open(request, request.param)


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands at START."""
    return VirtualClock(START)


@pytest.fixture
def procrastinate_setting(request: pytest.FixtureRequest) -> Iterator[Setting]:
    """Procrastinate alone."""
    yield from _open(request, PROCRASTINATE)


def _open(request: pytest.FixtureRequest, name: str) -> Iterator[Setting]:
    if name == LOOP_SQLITE:
        setting = Setting(name=name, url=request.getfixturevalue("sqlite_url"))
        setting.create_tables()
        yield setting
        setting.close()
        return
    server: Server = request.getfixturevalue("postgres_server")
    setting = Setting(name=name, url=server.create_database(template=_template(server)))
    yield setting
    setting.close()
    server.drop_database(setting.url)


@functools.cache
def _template(server: Server) -> str:
    """Return the name of a database that has all tables; a copy of it costs little."""
    pattern = Setting(name=PROCRASTINATE, url=server.create_database())
    pattern.create_tables()
    pattern.close()
    return urlsplit(pattern.url).path.lstrip("/")
