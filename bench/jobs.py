"""Jobs: how many a second, how soon after the commit, and what an idle worker costs.

    ./run bench jobs [--json] [--quick]

A job writes one row and ends, both in one transaction. Beside the loop and Procrastinate runs the
floor in the same run: a bare loop that claims (PostgreSQL: ``SKIP LOCKED``), writes the row and
deletes the job in one commit, without leases, fencing, tenants or retries. Wake latency is from
the submit's commit in one process to the job's end in another, at a job every 40 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep, time
from typing import Final

import sqlalchemy as sa
from tools.throwaway_postgres import PostgresUnavailableError, throwaway_postgres

from bench._jobs_worker import KIND, done, runner
from laufzettel.db import Database, metadata
from laufzettel.engine.jobs.procrastinate_jobs import create_procrastinate
from laufzettel.engine.tables import job

ROOT: Final = Path(__file__).resolve().parents[1]
THREADS: Final = 4
PATIENCE_S: Final = 120

_DUE: Final = sa.select(job.c.kind, job.c.key).order_by(job.c.due).limit(1)
_LOCKED: Final = _DUE.with_for_update(skip_locked=True)
_END: Final = sa.delete(job).where(
    job.c.kind == sa.bindparam("of_kind"), job.c.key == sa.bindparam("of_key")
)
_HINTS: Final = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%hint'")
_COUNT: Final = sa.select(sa.func.count()).select_from(job)


@dataclass(slots=True, kw_only=True)
class Size:
    """How much is measured."""

    jobs: int = 1_000
    wakes: int = 100
    idle_s: float = 5.0


@dataclass(slots=True)
class Report:
    """What was measured, by name."""

    figures: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, value: float, told: str) -> None:
        """Keep a figure and print it."""
        self.figures[name] = round(value, 3)
        sys.stdout.write(f"{told:<64} {value:>10.1f}\n")
        sys.stdout.flush()


@contextmanager
def tables(url: str) -> Iterator[Database]:
    """Open a database with the tables of jobs and no row."""
    db = Database(url)
    metadata.create_all(db.engine, tables=[job])
    done.create(db.engine)
    if not db.is_sqlite:
        with db.write() as connection:
            create_procrastinate(connection)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def workers(name: str, url: str, number: int) -> Iterator[None]:
    """Run worker processes until the block is left."""
    command = [sys.executable, "-m", "bench._jobs_worker", name, url, str(THREADS)]
    path = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    running = [
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path}
        )
        for _ in range(number)
    ]
    try:
        for process in running:
            if process.stdout is None or process.stdout.readline() != b"ready\n":
                raise RuntimeError("the worker did not start")
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)
            if process.stdout is not None:
                process.stdout.close()


def fill(db: Database, name: str, number: int) -> None:
    """Submit so many jobs in one transaction."""
    jobs = runner(name, db)
    with db.write() as connection:
        for each in range(number):
            jobs.submit(connection, KIND, f"{each}", tenant="t")


def empty(db: Database) -> None:
    """Wait until every job is done, and forget them."""
    late = perf_counter() + PATIENCE_S
    while True:
        with db.read() as connection:
            left = connection.scalar(_COUNT) or 0
            if not db.is_sqlite:  # a hint too many is work as well
                left += connection.scalar(_HINTS) or 0
        if not left:
            break
        if perf_counter() > late:
            raise TimeoutError(f"{left} jobs are left")
        sleep(0.02)
    with db.write() as connection:
        connection.execute(sa.delete(done))


def floor(db: Database, number: int) -> float:
    """Return how many jobs a second the bare loop does, one connection, one commit each."""
    fill(db, "loop", number)
    insert, claim = sa.insert(done), _DUE if db.is_sqlite else _LOCKED
    began = perf_counter()
    for _ in range(number):
        with db.write(durable=False) as connection:
            row = connection.execute(claim).one()
            connection.execute(insert, {"key": row.key, "at": time()})
            connection.execute(_END, {"of_kind": row.kind, "of_key": row.key})
    took = perf_counter() - began
    empty(db)
    return number / took


def rate(db: Database, url: str, name: str, processes: int, number: int) -> float:
    """Return how many jobs a second so many worker processes do."""
    with workers(name, url, processes):
        fill(db, name, processes * THREADS)  # whatever is made once is made before
        empty(db)
        fill(db, name, number)
        began = perf_counter()
        empty(db)
        return number / (perf_counter() - began)


def wakes(db: Database, url: str, name: str, number: int) -> list[float]:
    """Return the milliseconds from the submit's commit to the job's end in another process."""
    jobs, sent = runner(name, db), dict[str, float]()
    with workers(name, url, 1):
        sleep(1)
        for each in range(number):
            with db.write() as connection:
                jobs.submit(connection, KIND, f"{each}", tenant="t")
            sent[f"{each}"] = time()
            sleep(0.04)
        late = perf_counter() + PATIENCE_S
        while perf_counter() < late:
            with db.read() as connection:
                ended = {row.key: row.at for row in connection.execute(sa.select(done))}
            if len(ended) == number:
                break
            sleep(0.05)
    empty(db)
    return sorted(1000 * max(ended[key] - at, 0) for key, at in sent.items())


def idle(db: Database, url: str, name: str, seconds: float) -> float:
    """Return the commits a second of one worker that has nothing to do (PostgreSQL)."""
    asked = sa.text(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    )

    def commits() -> int:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
            return int(connection.execute(asked).scalar_one())

    with workers(name, url, 1):
        sleep(2)
        before, began = commits(), perf_counter()
        sleep(seconds)
        return (commits() - before) / (perf_counter() - began)


def measure_sqlite(report: Report, size: Size) -> None:
    """Measure the loop in one process on a file."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/jobs.sqlite"
        with tables(url) as db:
            bare = floor(db, size.jobs)
            report.add("sqlite_floor_per_s", bare, "SQLite: bare loop, jobs/s")
            found = rate(db, url, "loop", 1, size.jobs)
            report.add("sqlite_loop_per_s", found, "SQLite: loop, 1 process, jobs/s")
            report.add(
                "sqlite_loop_ratio", bare / found, "        the floor is so many times faster"
            )
            _latency(report, "sqlite_loop", wakes(db, url, "loop", size.wakes))


def measure_postgres(report: Report, url: str, size: Size) -> None:
    """Measure both runners, one and two processes."""
    with tables(url) as db:
        bare = floor(db, size.jobs)
        report.add("pg_floor_per_s", bare, "PostgreSQL: bare SKIP LOCKED, 1 connection, jobs/s")
        for name in ("loop", "procrastinate"):
            for processes in (1, 2):
                found = rate(db, url, name, processes, size.jobs)
                told = f"PostgreSQL: {name}, {processes} process(es) x {THREADS}, jobs/s"
                report.add(f"pg_{name}_{processes}_per_s", found, told)
            report.add(
                f"pg_{name}_ratio", bare / found, "        the floor is so many times faster"
            )
            _latency(report, f"pg_{name}", wakes(db, url, name, size.wakes))
            load = idle(db, url, name, size.idle_s)
            report.add(f"pg_{name}_idle_per_s", load, f"PostgreSQL: {name}, idle, transactions/s")


def _latency(report: Report, name: str, found: list[float]) -> None:
    """Report the median and the 99th percentile; ``found`` is sorted."""
    report.add(f"{name}_wake_p50_ms", statistics.median(found), f"{name}: wake p50, ms")
    report.add(f"{name}_wake_p99_ms", found[int(len(found) * 0.99)], f"{name}: wake p99, ms")


def machine() -> str:
    """Return what it was measured on."""
    load = os.getloadavg()[0]
    return (
        f"{platform.machine()}, {os.cpu_count()} CPUs, load {load:.1f}, "
        f"Python {platform.python_version()}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and with ``--json`` end with one line of JSON."""
    parser = argparse.ArgumentParser(prog="./run bench jobs", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="a tenth, to see that it runs")
    given = parser.parse_args(arguments)
    size = Size(jobs=100, wakes=20, idle_s=1.0) if given.quick else Size()
    report = Report()
    sys.stdout.write(f"{machine()}\n")
    measure_sqlite(report, size)
    with ExitStack() as stack:
        try:
            server = stack.enter_context(throwaway_postgres())
        except PostgresUnavailableError as error:
            sys.stdout.write(f"PostgreSQL: {error}\n")
        else:
            measure_postgres(report, server.create_database(), size)
    if given.json:
        found: Mapping[str, object] = {"bench": "jobs", "machine": machine(), **report.figures}
        sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
