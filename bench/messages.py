"""Messages and timers among many: what a correlation and a due timer cost when others wait.

    ./run bench messages [--json] [--quick]

100,000 subscriptions wait while messages are published and waits begun: each a transaction of its
own, with its delivery job. A million timers wait while due ones are claimed. The same is done
among few, so that the ratio shows whether the cost grows with what only waits.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Final

import sqlalchemy as sa
from tools.throwaway_postgres import PostgresUnavailableError, throwaway_postgres

from bench.jobs import Report, machine
from laufzettel.db import Database, schema
from laufzettel.engine.execution.changes import NewSubscription
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.jobs.port import Job
from laufzettel.engine.messages import messages
from laufzettel.engine.tables import bundle, case, job, subscription
from laufzettel.ids import new_id

TENANT: Final = "musterstadt"
CHUNK: Final = 10_000
FEW: Final = 100


def _insert(db: Database, table: sa.Table, number: int, row: Callable[[int], Any]) -> None:
    """Insert so many rows, a chunk a transaction."""
    for first in range(0, number, CHUNK):
        rows = [row(each) for each in range(first, min(first + CHUNK, number))]
        with db.write(durable=False) as connection:
            connection.execute(sa.insert(table), rows)


def _case(db: Database) -> str:
    """Return an open case that everything waits for."""
    now, bundle_id, case_id = datetime.now(UTC), new_id(), new_id()
    model = {
        "id": bundle_id,
        "tenant": TENANT,
        "process_id": bundle_id,
        "number": 1,
        "sha256": "0" * 64,
    }
    model |= {
        "compiler": 1,
        "compiled": b"",
        "sources": b"",
        "deployed_at": now,
        "deployed_by": "b",
    }
    row = {
        "id": case_id,
        "tenant": TENANT,
        "bundle_id": bundle_id,
        "process_id": bundle_id,
        "version": 0,
    }
    row |= {"business_key": "k", "duty_scope": "k", "status": "open", "started_at": now}
    with db.write() as connection:
        connection.execute(sa.insert(bundle), model)
        connection.execute(sa.insert(case), row)
    return case_id


def _timed(call: Callable[[int], None], number: int) -> list[float]:
    """Return the milliseconds of each call, sorted."""
    found = []
    for each in range(number):
        began = perf_counter()
        call(each)
        found.append(1000 * (perf_counter() - began))
    return sorted(found)


def correlate(db: Database, waiting: int, number: int) -> tuple[list[float], list[float]]:
    """Return what publishing to a wait costs, and beginning a wait for what is there already."""
    case_id, jobs, now = _case(db), LoopJobs(db), datetime.now(UTC)
    base = {"tenant": TENANT, "name": "paid", "case_id": case_id, "created_at": now}
    run = new_id()

    def row(each: int) -> dict[str, Any]:
        return base | {"id": new_id(), "key": f"{run}:{each}", "activation": f"{each}"}

    _insert(db, subscription, waiting, row)
    step = max(waiting // number, 1)

    def publish(each: int, key: str = "") -> None:
        with db.write() as connection:
            messages.publish(
                connection,
                jobs,
                tenant=TENANT,
                name="paid",
                key=key or f"{run}:{each * step % waiting}",
                payload={"day": each},
                source=run,
                message_id=key or f"{each}",
                now=now,
            )

    published = _timed(publish, number)
    for each in range(number):
        publish(each, f"early:{run}:{each}")

    def subscribe(each: int) -> None:
        new = NewSubscription(activation=f"e{each}", name="paid", key=f"early:{run}:{each}")
        with db.write() as connection:
            messages.subscribe(connection, jobs, TENANT, case_id, [new], now=now)

    subscribed = _timed(subscribe, number)
    with db.write() as connection:
        connection.execute(sa.delete(subscription))
        connection.execute(sa.delete(job))
    return published, subscribed


def fire(db: Database, waiting: int, number: int) -> list[float]:
    """Return what claiming and ending one due timer costs among so many that wait."""
    jobs, later = LoopJobs(db), datetime.now(UTC) + timedelta(days=30)
    run = new_id()

    def end(job: Job) -> None:
        with db.write() as connection:
            job.done(connection)

    jobs.handler("timer", end, is_repeatable=True, is_ordered=True)

    def row(each: int) -> dict[str, Any]:
        at = later + timedelta(seconds=each)
        return {"kind": "timer", "key": f"{run}:{each}", "tenant": TENANT, "args": {}, "due": at}

    _insert(db, job, waiting, row)
    past = datetime.now(UTC) - timedelta(hours=1)
    with db.write() as connection:
        for each in range(number):
            due = past + timedelta(seconds=each)
            jobs.submit(connection, "timer", f"due:{each}", tenant=TENANT, at=due)

    def run_one(_each: int) -> None:
        if jobs.run_due(limit=1) != 1:
            raise RuntimeError("no timer was due")

    fired = _timed(run_one, number)
    with db.write() as connection:
        connection.execute(sa.delete(job))
    return fired


def measure(report: Report, db: Database, name: str, *, waiting: int, timers: int, n: int) -> None:
    """Measure one database, among few and among many."""
    few, many = correlate(db, FEW, n), correlate(db, waiting, n)
    for which, told in enumerate(("publish to a wait", "begin a wait for what is there")):
        key = f"{name}_{('publish', 'subscribe')[which]}"
        _pair(report, key, f"{name}: {told}, {waiting:,} wait", few[which], many[which])
    among = f"{name}: fire a due timer, {timers:,} wait"
    _pair(report, f"{name}_timer", among, fire(db, FEW, n), fire(db, timers, n))


def _pair(report: Report, key: str, told: str, few: list[float], many: list[float]) -> None:
    report.add(f"{key}_p50_ms", statistics.median(many), f"{told}, p50 ms")
    report.add(f"{key}_p99_ms", many[int(len(many) * 0.99)], "        p99 ms")
    ratio = statistics.median(many) / statistics.median(few)
    report.add(f"{key}_ratio", ratio, f"        times what it costs where {FEW} wait")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and with ``--json`` end with one line of JSON."""
    parser = argparse.ArgumentParser(prog="./run bench messages", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="a hundredth, to see that it runs")
    given = parser.parse_args(arguments)
    size = {"waiting": 100_000, "timers": 1_000_000, "n": 300}
    if given.quick:
        size = {"waiting": 1_000, "timers": 5_000, "n": 20}
    report = Report()
    sys.stdout.write(f"{machine()}\n")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = {"sqlite": f"sqlite:///{folder}/messages.sqlite"}
        try:
            server = stack.enter_context(throwaway_postgres())
            urls["postgresql"] = server.create_database()
        except PostgresUnavailableError as error:
            sys.stdout.write(f"PostgreSQL: {error}\n")
        for name, url in urls.items():
            schema.upgrade(url)
            db = Database(url)
            measure(report, db, name, **size)
            db.close()
    if given.json:
        found = {"bench": "messages", "machine": machine(), **report.figures}
        sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
