"""What the engine does under load: PostgreSQL, data, age, crowds, many items, memory.

    ./run bench engine [PART ...] [--json] [--quick]

Each part stands for itself and prints its figures and what it must reach (DESIGN 4); without a
name all of them run. Cases are the lives of ``bench lifecycle`` with everything written, the
rival is the same. How many lives a second one process runs on SQLite says ``bench lifecycle``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tools.throwaway_postgres import PostgresUnavailableError, throwaway_postgres

from bench import _crowd, _fleet, _load
from bench.lifecycle import machine

Figures = dict[str, float]

#: Figure -> what it must reach: (at least or at most, the goal).
GOALS: Final = {
    "pg_ratio": (">=", 2.0),
    "ratio_0_kb": (">=", 2.0),
    "ratio_5_kb": (">=", 2.0),
    "ratio_50_kb": (">=", 2.0),
    "ratio_state_0_kb": (">=", 3.0),
    "ratio_state_5_kb": (">=", 3.0),
    "ratio_state_50_kb": (">=", 3.0),
    "step_growth_100": ("<=", 1.5),
    "step_growth_1000": ("<=", 1.5),
    "step_growth_5000": ("<=", 1.5),
    "crowd_lock_p99_ms": ("<=", 5.0),
    "tiny_max_ms": ("<=", 100.0),
}


def postgres(folder: Path, is_quick: bool) -> Figures:
    """Lives on PostgreSQL: beside the rival in one process, then with workers of their own."""
    try:
        with throwaway_postgres(durable=True) as server:
            side = _fleet.side_by_side(folder, server.create_database, 2 if is_quick else 15)
            fleet = {}
            for workers in (1, 2):
                url, place = server.create_database(), folder / f"fleet-{workers}"
                rate = _fleet.with_workers(place, url, workers, 3 if is_quick else 40)
                fleet[f"pg_{workers}_workers_lives_per_s"] = round(rate, 1)
    except PostgresUnavailableError as error:
        print(f"without PostgreSQL: {error}")
        return {}
    return side | fleet


def data(folder: Path, is_quick: bool) -> Figures:
    """Lives of cases that carry 0, 5 and 50 KB of variables."""
    found: Figures = {}
    for kilobytes in (0, 5, 50):
        place = folder / f"data-{kilobytes}"
        found |= _load.with_data(place, kilobytes, 2 if is_quick else 12)
    return found


def age(folder: Path, is_quick: bool) -> Figures:
    """A step of a case that went round and round, against one of a young case in turns."""
    return _load.by_age(folder / "age", (10, 100) if is_quick else _load.AGES)


def starts(folder: Path, is_quick: bool) -> Figures:
    """Invoices received a second."""
    return _load.starts(folder / "starts", 10 if is_quick else 300)


def crowd(folder: Path, is_quick: bool) -> Figures:
    """A tiny write beside two threads that run lives without a pause."""
    return _crowd.tiny_write(folder / "crowd", 2 if is_quick else 15)


def many(folder: Path, is_quick: bool) -> Figures:
    """A case with two hundred tasks at once."""
    return _load.many_items(folder / "many", 20 if is_quick else 200)


def own(folder: Path, is_quick: bool) -> Figures:
    """A case that calls a thousand cases of their own and goes on when all have ended."""
    return _load.own_cases(folder / "own", 20 if is_quick else 1000)


def memory(folder: Path, is_quick: bool) -> Figures:
    """What a process holds at its start, after its first case and after a thousand."""
    return _crowd.memory(5 if is_quick else 1000)


PARTS: Final[dict[str, Callable[[Path, bool], Figures]]] = {
    "postgres": postgres,
    "data": data,
    "age": age,
    "starts": starts,
    "crowd": crowd,
    "many": many,
    "own": own,
    "memory": memory,
}


def main(argv: list[str]) -> int:
    """Run the parts and print; the last line is JSON where it was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="a few of each, to see that it runs")
    args = parser.parse_args(argv)
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    print(machine())
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="laufzettel-bench-") as folder:
        for name in args.parts or PARTS:
            print(f"{name}: {(PARTS[name].__doc__ or '').splitlines()[0]}")
            found = PARTS[name](Path(folder), args.quick)
            for figure, value in found.items():
                print(f"  {figure:<26} {value:>10}{_goal(figure, value)}")
            figures |= found
    if args.json:
        print(json.dumps(figures | {"machine": machine()}))
    return 0


def _goal(figure: str, value: float) -> str:
    if figure not in GOALS:
        return ""
    sign, goal = GOALS[figure]
    is_met = value >= goal if sign == ">=" else value <= goal
    return f"   (goal: {sign} {goal:g}{'' if is_met else ', missed'})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
