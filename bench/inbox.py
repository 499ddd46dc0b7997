"""The inbox of a million tasks: what a page costs on the server, counts included.

    ./run bench inbox [--json] [--quick] [--tasks N] [--asks N]

A million tasks, a hundred thousand of them open, forty towns of which the largest has a third;
SQLite and PostgreSQL. Every ask opens a page of 50 rows with all counts beside it, through the
application: session, queries, HTML. Beside it stands what the queries alone cost, and a rival
that asks for the same with OFFSET and count(*). Goal: p95 of the page below 100 ms (DESIGN 4).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from tools.throwaway_postgres import PostgresUnavailableError, throwaway_postgres

from bench._inbox_asks import Ask, asks
from bench._inbox_pages import pages_over
from bench._inbox_rival import Rival
from bench._inbox_rows import load
from laufzettel.db import Database, schema
from laufzettel.web.inbox import queries

GOAL_MS: Final = 100.0
TASKS, QUICK_TASKS = 1_000_000, 20_000
ASKS, QUICK_ASKS = 400, 40
#: The rival gets every so many-th ask: it takes long enough.
RIVAL_EVERY: Final = 5
#: Asks before anything is measured.
WARM_UP: Final = 20
#: Who asks at once in the last round.
CLIENTS: Final = 8

#: Answers an ask as the server does.
Serve = Callable[[Ask], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the asks cost on one database, in milliseconds."""

    title: str
    load_s: float
    pages: dict[str, list[float]]  # by the kind of the ask
    crowded: list[float]  # pages, eight clients at once
    ours: dict[str, list[float]]  # the queries alone
    rival: dict[str, list[float]]  # the same queries, naively

    @property
    def p95(self) -> float:
        """Return the p95 of our pages."""
        return percentile(every(self.pages), 95)


def serve(db: Database) -> Serve:
    """Return what answers an ask: the read model, as the page calls it."""

    def answer(ask: Ask) -> object:
        with db.read() as connection:
            page = queries.page(connection, ask.reader, ask.basket, ask.filters, ask.after)
            return page, queries.counts(connection, ask.reader, ask.basket)

    return answer


def main(argv: list[str]) -> int:
    """Measure and print; the last line is JSON where it was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="few tasks and few asks")
    parser.add_argument("--tasks", type=int, help=f"how many tasks ({TASKS})")
    parser.add_argument("--asks", type=int, help=f"how many pages are opened ({ASKS})")
    args = parser.parse_args(argv)
    tasks = args.tasks or (QUICK_TASKS if args.quick else TASKS)
    number = args.asks or (QUICK_ASKS if args.quick else ASKS)
    print(machine())
    with databases() as urls:
        measured = [measure(title, url, tasks, number) for title, url in urls]
    for one in measured:
        show(one)
    figures = figures_of(measured, tasks)
    print(f"inbox page p95 {figures['inbox_p95_ms']} ms   (goal: < {GOAL_MS:g} ms)")
    if args.json:
        print(json.dumps(figures))
    return 0


@contextmanager
def databases() -> Iterator[list[tuple[str, str]]]:
    """Yield title and URL of an empty database of each kind that can be had."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="laufzettel-bench-"))
        urls = [("SQLite", f"sqlite:///{Path(folder) / 'inbox.db'}")]
        try:
            server = stack.enter_context(throwaway_postgres())
        except PostgresUnavailableError as error:
            print(f"ohne PostgreSQL: {error}")
        else:
            urls.append(("PostgreSQL", server.create_database()))
        yield urls


def measure(title: str, url: str, tasks: int, number: int) -> Measured:
    """Fill the database, ask, and let the rival ask."""
    schema.upgrade(url)
    db = Database(url)
    begin = perf_counter()
    load(db, tasks)
    loaded = perf_counter() - begin
    wanted, answer = asks(number), serve(db)
    for ask in wanted[:WARM_UP]:
        answer(ask)
    ours = timed(answer, wanted)
    with pages_over(url) as opened:
        for ask in wanted:  # everybody is signed in before anything is measured
            opened.open(ask)
        pages = timed(opened.open, wanted)
        crowded = at_once(opened.open, wanted)
    rival = Rival(db)
    depths = {ask: rival.depth(ask) for ask in wanted[::RIVAL_EVERY]}
    against = timed(lambda ask: rival.open(ask, depths[ask]), list(depths))
    db.close()
    return Measured(
        title=title, load_s=loaded, pages=pages, crowded=crowded, ours=ours, rival=against
    )


def timed(answer: Serve, wanted: Sequence[Ask]) -> dict[str, list[float]]:
    """Return what each ask took, by its kind."""
    found: dict[str, list[float]] = defaultdict(list)
    for ask in wanted:
        found[ask.kind].append(_ms(answer, ask))
    return dict(found)


def at_once(answer: Serve, wanted: Sequence[Ask]) -> list[float]:
    """Return what the asks took with eight clients at once."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(lambda ask: _ms(answer, ask), wanted))


def _ms(answer: Serve, ask: Ask) -> float:
    begin = perf_counter()
    answer(ask)
    return (perf_counter() - begin) * 1000


def every(kinds: dict[str, list[float]]) -> list[float]:
    """Return all measurements."""
    return [value for values in kinds.values() for value in values]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value below which that share of the values lies."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def figures_of(measured: Sequence[Measured], tasks: int) -> dict[str, float | int | str]:
    """Return what ``--json`` prints; of two databases the slower counts."""
    figures: dict[str, float | int | str] = {
        "inbox_p95_ms": round(max(one.p95 for one in measured), 1),
        "tasks": tasks,
        "ratio": round(min(_ratio(one) for one in measured), 1),
        "machine": machine(),
    }
    for one in measured:
        name = one.title.lower()
        figures[f"{name}_p95_ms"] = round(one.p95, 1)
        figures[f"{name}_p50_ms"] = round(statistics.median(every(one.pages)), 1)
        figures[f"{name}_queries_p95_ms"] = round(percentile(every(one.ours), 95), 1)
        figures[f"{name}_8_clients_p95_ms"] = round(percentile(one.crowded, 95), 1)
        figures[f"{name}_rival_p95_ms"] = round(percentile(every(one.rival), 95), 1)
    return figures


def _ratio(one: Measured) -> float:
    """Return how many times as long the rival's queries take as ours."""
    return percentile(every(one.rival), 95) / percentile(every(one.ours), 95)


def show(one: Measured) -> None:
    """Print everything about one database for people."""
    print(f"{one.title}: filled in {one.load_s:.0f} s. Milliseconds a page, counts included:")
    print(f"  {'':<18}{'p50':>8}{'p95':>8}{'max':>8}")
    for kind in one.pages:
        _line(kind, one.pages[kind], None)
    _line("all", every(one.pages), None)
    _line("all, 8 at once", one.crowded, None)
    print(f"  {'queries alone':<18}{'p50':>8}{'p95':>8}{'max':>8}     rival p50     p95")
    for kind in one.ours:
        _line(kind, one.ours[kind], one.rival.get(kind))
    _line("all", every(one.ours), every(one.rival))
    print(f"  the rival's p95 is {_ratio(one):.1f} times ours")


def _line(title: str, ours: Sequence[float], rival: Sequence[float] | None) -> None:
    own = (statistics.median(ours), percentile(ours, 95), max(ours))
    line = f"  {title:<18}" + "".join(f"{value:8.1f}" for value in own)
    if rival:
        line += f"      {statistics.median(rival):8.1f}{percentile(rival, 95):8.1f}"
    print(line)


def machine() -> str:
    """Return what the figures hold for."""
    parts = (
        f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
    )
    return ", ".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
