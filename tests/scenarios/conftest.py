"""What the tests of scenarios share: databases copied from templates, a bench, small models."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from pathlib import Path

import pytest
from tools.throwaway_postgres import Server

from laufzettel.db import schema
from laufzettel.scenarios.ground import Databases, SqliteDatabases, scratch_folder
from laufzettel.scenarios.read import read_file
from laufzettel.scenarios.run import Bench, Course, Result
from laufzettel.scenarios.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
INVOICE = ROOT / "bpmn" / "eingangsrechnung"


class PostgresDatabases:
    """Databases of one server, copied by the server from templates; all dropped at the end."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._urls: list[str] = []
        self._templates: dict[Hashable, str] = {}
        self._empty = self._create(None)
        schema.upgrade(self._empty)

    def prepared(self, key: Hashable, prepare: Callable[[str], None]) -> str:
        if key not in self._templates:
            self._templates[key] = self._create(self._empty)
            prepare(self._templates[key])
        return self._create(self._templates[key])

    def _create(self, template: str | None) -> str:
        name = None if template is None else template.rpartition("/")[2]
        url = (
            self._server.create_database(template=name) if name else self._server.create_database()
        )
        self._urls.append(url)
        return url

    def drop(self) -> None:
        for url in reversed(self._urls):
            self._server.drop_database(url)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder that is gone after the session."""
    with scratch_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def sqlite_bench(scratch: Path) -> Bench:
    return _bench(scratch / "sqlite", SqliteDatabases(_made(scratch / "sqlite" / "db")))


@pytest.fixture(scope="session")
def postgres_bench(scratch: Path, postgres_server: Server) -> Iterator[Bench]:
    databases = PostgresDatabases(postgres_server)
    yield _bench(scratch / "postgresql", databases)
    databases.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """What runs share, once on SQLite and once on PostgreSQL."""
    name = {"sqlite": "sqlite_bench", "postgresql": "postgres_bench"}[request.param]
    found: Bench = request.getfixturevalue(name)
    return found


def _bench(folder: Path, databases: Databases) -> Bench:
    return Bench(databases=databases, folder=_made(folder))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def play(tmp_path: Path, sqlite_bench: Bench) -> Callable[..., Result]:
    """Run one scenario given as text, of the invoice process or of a model given as text."""

    def run(text: str, model: str | None = None) -> Result:
        folder = INVOICE
        if model is not None:
            folder = tmp_path
            (folder / "model.bpmn").write_text(model)
        return Course(folder, sqlite_bench).run(scenario(tmp_path, text))

    return run


def scenario(folder: Path, text: str) -> Scenario:
    file = folder / "scenario.yaml"
    file.write_text(text)
    (found,) = read_file(file)
    return found
