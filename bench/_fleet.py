"""Lives on PostgreSQL: in one process as on SQLite, and with workers in processes of their own.

The rival's state lies in the same server, over the bare driver. With workers, this process is
the people and the HKR, and Procrastinate wakes the workers as in a real installation.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import statistics
import threading
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any, Final

import psycopg
import sqlalchemy as sa

from bench._engine import Town
from bench._rival import Rival
from laufzettel.engine.jobs.procrastinate_jobs import ProcrastinateJobs
from laufzettel.engine.tables import case, user_task
from laufzettel.records.tables import cash_order

#: Whose turn a task of the model is.
TURNS: Final = {"certify": 0, "order": 1, "countersign": 2}
_THREADS: Final = 2  # of one worker
_LOOK_S: Final = 0.005  # between two looks for open tasks
_PATIENCE_S: Final = 120.0
_OPEN: Final = (
    sa.select(user_task.c.id, user_task.c.element, case.c.business_key)
    .join(case, case.c.id == user_task.c.case_id)
    .where(user_task.c.status == sa.literal_column("'open'"))
)
_ORDER: Final = sa.select(cash_order.c.id).where(cash_order.c.invoice_id == sa.bindparam("of"))
_ENDED: Final = sa.select(sa.func.count()).where(case.c.status == "ended")


class PostgresRows:
    """One row a case, as ``_rows.StateRows`` keeps them on SQLite."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url.replace("+psycopg", ""), prepare_threshold=2)
        self._execute("CREATE TABLE instance (id serial PRIMARY KEY, version int, state text)")

    def insert(self, state: str, within: Callable[[], None] | None = None) -> int:
        """Write a new case and return its number."""
        text = "INSERT INTO instance (version, state) VALUES (0, %s) RETURNING id"
        return int(self._execute(text, state)[0][0])

    def read(self, number: int) -> tuple[int, Any]:
        """Return version and state."""
        found = self._execute("SELECT version, state FROM instance WHERE id = %s", number)
        version, state = found[0]
        return version, state

    def update(
        self, number: int, version: int, state: str, within: Callable[[], None] | None = None
    ) -> None:
        """Compare-and-set the state in a transaction of its own."""
        text = (
            "UPDATE instance SET version = version + 1, state = %s WHERE id = %s AND version = %s"
        )
        changed = self._execute(f"{text} RETURNING id", state, number, version)
        assert len(changed) == 1

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _execute(self, text: str, *values: Any) -> list[Any]:
        with self._connection.transaction():
            cursor = self._connection.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []


def side_by_side(folder: Path, new_database: Callable[[], str], rounds: int) -> dict[str, float]:
    """Return what a life costs us and the rival, in turns, both in this process."""
    ours = Town(folder / "ours", new_database())
    rival = Rival(f"{folder}/unused", rows=PostgresRows(new_database()))
    sides = {"ours": ours.live, "rival": rival.live}
    wall: dict[str, list[float]] = {name: [] for name in sides}
    processor: dict[str, list[float]] = {name: [] for name in sides}
    for live in sides.values():
        live()
    for _ in range(rounds):
        for name, live in sides.items():
            begin, used = perf_counter(), process_time()
            live()
            wall[name].append((perf_counter() - begin) * 1000)
            processor[name].append((process_time() - used) * 1000)
    ours.close()
    rival.close()
    found = {f"pg_{name}_ms": round(statistics.median(each), 1) for name, each in wall.items()}
    ratio = statistics.median(processor["rival"]) / statistics.median(processor["ours"])
    return {
        **found,
        "pg_ratio": round(found["pg_rival_ms"] / found["pg_ours_ms"], 2),
        "pg_ratio_processor": round(ratio, 2),
    }


def with_workers(folder: Path, url: str, workers: int, cases: int) -> float:
    """Return the lives a second of ``cases`` cases that run at once."""
    town = Town(folder, url, is_shared=True, jobs=ProcrastinateJobs)
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    begun = [context.Semaphore(0) for _ in range(workers)]
    processes = [
        context.Process(target=_serve, args=(folder, url, ready, stop), daemon=True)
        for ready in begun
    ]
    with _running(processes, stop):
        for ready in begun:
            assert ready.acquire(timeout=_PATIENCE_S), "a worker did not begin"
        took = _live(town, cases)
    town.close()
    return cases / took


@contextlib.contextmanager
def _running(processes: list[Any], stop: Event) -> Iterator[None]:
    for process in processes:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for process in processes:
            process.join(20)


def _serve(folder: Path, url: str, ready: Any, stop: Event) -> None:
    """Be a worker until ``stop``."""
    town = Town(folder, url, is_shared=True, is_new=False, jobs=ProcrastinateJobs)
    ending = threading.Event()

    def watch() -> None:
        stop.wait()
        ending.set()

    threading.Thread(target=watch, daemon=True).start()
    ready.release()
    town.app.jobs.run(_THREADS, ending)
    town.close()


def _live(town: Town, cases: int) -> float:
    """Be the people and the HKR until all cases have ended; return the seconds."""
    begin = perf_counter()
    for _ in range(cases):
        town.receive()
    while _count(town, _ENDED) < cases:
        assert perf_counter() - begin < _PATIENCE_S, "the cases do not end"
        if not _do_what_is_open(town):
            sleep(_LOOK_S)
    return perf_counter() - begin


def _do_what_is_open(town: Town) -> int:
    with town.db.read() as connection:
        tasks = connection.execute(_OPEN).all()
    for task in tasks:
        town.act(TURNS[task.element], task.id)
        if TURNS[task.element] == len(TURNS) - 1:
            with town.db.read() as connection:
                of = {"of": task.business_key.removeprefix("invoice:")}
                order: str = connection.execute(_ORDER, of).scalar_one()
            town.answer(order, lambda: None)
    return len(tasks)


def _count(town: Town, query: sa.Select[Any]) -> int:
    with town.db.read() as connection:
        return int(connection.execute(query).scalar_one())
