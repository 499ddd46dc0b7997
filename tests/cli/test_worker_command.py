"""Workers share the work of one database and stop when they are told to."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.cli.programs import (
    Place,
    call,
    first_line,
    found_town,
    looked_at,
    started,
    stopped,
    wait_until,
)
from tests.simulation.world import OPERATOR, TENANT, sample

from laufzettel.app import App
from laufzettel.cli import prove
from laufzettel.engine.tables import job


@pytest.fixture
def distributed(migrated_postgres_url: str, tmp_path: Path, rules_dir: Path) -> Place:
    """The demo town on PostgreSQL."""
    place = Place(data=tmp_path / "data", rules=rules_dir, url=migrated_postgres_url)
    found_town(place)
    return place


@pytest.fixture
def invoices(tmp_path: Path) -> list[str]:
    """Three good invoices as files."""
    files = []
    for number in ("RE-1", "RE-2", "RE-3"):
        files.append(tmp_path / f"{number}.xml")
        files[-1].write_bytes(sample("GOOD", number))
    return [str(file) for file in files]


@pytest.fixture
def app(distributed: Place) -> Iterator[App]:
    """The same installation, looked at from here."""
    with looked_at(distributed) as app:
        yield app


def certifiable(app: App) -> list[str]:
    """Return the subjects of what waits for certification."""
    tasks = app.engine.tasks(OPERATOR)
    return sorted(task.subject for task in tasks if task.element == "certify")


def leased(app: App) -> list[str]:
    """Return the jobs that somebody seems to be running."""
    with app.db.read() as connection:
        return list(connection.scalars(sa.select(job.c.kind).where(job.c.is_leased)))


def unlogged(text: str) -> list[str]:
    """Return the lines on stderr that are not the worker's log."""
    return [line for line in text.splitlines() if " laufzettel." not in line]


def test_two_workers_process_what_a_third_program_received(
    distributed: Place, invoices: list[str], app: App
) -> None:
    with ExitStack() as stack:
        workers = [
            stack.enter_context(started(distributed, "worker", "--threads", "2")) for _ in range(2)
        ]
        assert [first_line(worker) for worker in workers] == ["Worker läuft."] * 2

        received = call(distributed, "receive", *invoices)
        wait_until(lambda: len(certifiable(app)) == 3, "three invoices at the Fachamt")
        errors = [stopped(worker) for worker in workers]

    assert received.returncode == 0, received.stderr
    assert certifiable(app) == ["Rechnung RE-1", "Rechnung RE-2", "Rechnung RE-3"]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert [unlogged(text) for text in errors] == [[], []]
    assert leased(app) == []
    assert prove.breaches(app, TENANT) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_a_worker_stopped_in_the_middle_finishes_what_it_runs(
    distributed: Place, invoices: list[str], app: App, number: signal.Signals
) -> None:
    """The signal comes while the first invoice is checked; the rest stays for the next."""
    call(distributed, "receive", *invoices)

    with started(distributed, "worker", "--threads", "1") as worker:
        first_line(worker)
        wait_until(lambda: bool(leased(app)), "a job that runs")
        errors = stopped(worker, number)

    assert (worker.returncode, unlogged(errors)) == (0, [])
    assert leased(app) == []
    assert prove.breaches(app, TENANT) == []
