"""What the tests of scenarios share: databases copied from templates, a bench, small models."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path

import pytest
from tools.throwaway_postgres import Server

from laufzettel.db import schema
from laufzettel.einvoice.rule_install import install_rules
from laufzettel.einvoice.validator import Validator
from laufzettel.errors import LaufzettelError
from laufzettel.scenarios.ground import SqliteDatabases, scratch_folder
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

    def separate(self, name: str) -> None:
        raise NotImplementedError("the server numbers its databases itself")

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
def validator() -> Validator | None:
    """The official rules, installed if need be; None where they cannot be had."""
    folder = Path(os.environ.get("LAUFZETTEL_RULES_DIR") or ROOT / ".laufzettel" / "rules")
    try:
        install_rules(folder, lambda line: None)
    except LaufzettelError:
        if os.environ.get("CI") == "true":
            raise
        return None
    return Validator(folder)


@pytest.fixture(scope="session")
def samples(scratch: Path) -> dict[str, Path]:
    """The sample invoices that the scenarios name."""
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        described = importlib.import_module("sample_invoices.samples")
        as_ubl = importlib.import_module("sample_invoices.ubl_writer").as_ubl
    finally:
        sys.path.pop(0)
    folder = _made(scratch / "samples")
    for name, sample in {"gut.xml": described.GOOD, "fehlerhaft.xml": described.FAULTY}.items():
        (folder / name).write_bytes(as_ubl(sample))
    return {file.name: file for file in folder.iterdir()}


@pytest.fixture(scope="session")
def sqlite_bench(scratch: Path, validator: Validator | None, samples: dict[str, Path]) -> Bench:
    return Bench(
        databases=SqliteDatabases(_made(scratch / "sqlite" / "db")),
        folder=scratch / "sqlite",
        checker=validator,
        samples=samples,
    )


@pytest.fixture(scope="session")
def postgres_bench(
    scratch: Path,
    postgres_server: Server,
    validator: Validator | None,
    samples: dict[str, Path],
) -> Iterator[Bench]:
    databases = PostgresDatabases(postgres_server)
    yield Bench(
        databases=databases,
        folder=_made(scratch / "postgresql"),
        checker=validator,
        samples=samples,
    )
    databases.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """What runs share, once on SQLite and once on PostgreSQL."""
    name = {"sqlite": "sqlite_bench", "postgresql": "postgres_bench"}[request.param]
    found: Bench = request.getfixturevalue(name)
    return found


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def plain_bench(scratch: Path) -> Bench:
    """A bench without rules and samples, as a designer's computer has none."""
    folder = _made(scratch / "plain")
    return Bench(databases=SqliteDatabases(folder), folder=folder)


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
