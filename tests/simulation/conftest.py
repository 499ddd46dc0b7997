"""Fresh towns on disk: founded once a session, copied for each run."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.simulation.world import World
from tools.throwaway_postgres import Server

from laufzettel import failpoints

#: Makes a founded town that is the caller's alone.
NewWorld = Callable[[], World]


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    """No failpoint outlives its test."""
    yield
    failpoints.disarm()


@pytest.fixture(scope="session")
def founded_sqlite(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> World:
    """A founded town on SQLite, to be copied."""
    folder = tmp_path_factory.mktemp("founded")
    shutil.copy(migrated_sqlite_file, folder / "laufzettel.sqlite")
    world = World(folder=folder, url=f"sqlite:///{folder / 'laufzettel.sqlite'}").found()
    world.die()
    return world


@pytest.fixture(scope="session")
def founded_postgres(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: Server,
    migrated_postgres_template: str,
) -> Iterator[World]:
    """A founded town on PostgreSQL, its database a template."""
    url = postgres_server.create_database(template=migrated_postgres_template)
    world = World(folder=tmp_path_factory.mktemp("founded_pg"), url=url).found()
    world.die()
    yield world
    postgres_server.drop_database(url)


@pytest.fixture
def new_sqlite(founded_sqlite: World, tmp_path: Path) -> Iterator[NewWorld]:
    """Makes towns on SQLite; the one before dies when the next is made."""
    made: list[World] = []
    numbers = itertools.count(1)

    def new() -> World:
        _end(made)
        folder = tmp_path / f"world{next(numbers)}"
        world = founded_sqlite.copy(folder, f"sqlite:///{folder / 'laufzettel.sqlite'}")
        made.append(world)
        return world

    yield new
    _end(made)


@pytest.fixture
def new_postgres(
    founded_postgres: World, postgres_server: Server, tmp_path: Path
) -> Iterator[NewWorld]:
    """Makes towns on PostgreSQL; the one before dies when the next is made."""
    made: list[World] = []
    numbers = itertools.count(1)
    template = founded_postgres.url.rpartition("/")[2]

    def new() -> World:
        _end(made, postgres_server)
        url = postgres_server.create_database(template=template)
        world = founded_postgres.copy(tmp_path / f"world{next(numbers)}", url)
        made.append(world)
        return world

    yield new
    _end(made, postgres_server)


def _end(made: list[World], server: Server | None = None) -> None:
    while made:
        world = made.pop()
        world.die()
        if server is not None:
            server.drop_database(world.url)
        shutil.rmtree(world.folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_world(request: pytest.FixtureRequest) -> NewWorld:
    """Makes towns, once on SQLite and once on PostgreSQL."""
    name = {"sqlite": "new_sqlite", "postgresql": "new_postgres"}[request.param]
    new: NewWorld = request.getfixturevalue(name)
    return new
