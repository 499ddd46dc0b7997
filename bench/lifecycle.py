"""The life of an invoice, committed at every wait, beside stock SpiffWorkflow.

    ./run bench lifecycle [--json] [--phases] [--profile] [--seconds N]

Both sides run the model ``eingangsrechnung`` on SQLite files in one folder with the settings
of our Database, in turns, and read a case back before every step. Medians of the rounds are
compared. The rival is SpiffWorkflow with its own serializer over the bare driver; it writes
one row a case and nothing else. Goals: DESIGN 4.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import platform
import pstats
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

from bench import _growth
from bench._count import Tally, bytes_by_table, watched
from bench._engine import Town
from bench._growth import Growth
from bench._life import WAITS
from bench._load import Side
from bench._phases import phases
from bench._rival import Rival, python_conditions
from bench._rows import StateRows
from bench._state import Case, Port

GOAL_STATE, GOAL_ALL = 3.0, 2.0
GOAL_GROWTH, GOAL_LOCK_MS, GOAL_BYTES = 1.5, 5.0, 12 * 1024
#: Commits of one life: its start and every wait.
COMMITS: Final = len(WAITS) + 1
#: Lives of each side in one round.
LIVES: Final = 2
#: Lives that --phases looks at.
SAMPLED_LIVES: Final = 100
#: Lives whose hold of the write lock is measured in processor time.
CLOSER_LIVES: Final = 20
#: Functions shown in each order by --profile.
PROFILE_LINES: Final = 10


@dataclass(slots=True, kw_only=True)
class Measured:
    """A side and what its lives cost, in milliseconds a life, one entry a round."""

    title: str
    side: Side
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def run(self, lives: int = LIVES) -> None:
        """Run some lives and note what they cost."""
        wall, processor = perf_counter(), process_time()
        for _ in range(lives):
            self.side.live()
        self.processor.append((process_time() - processor) * 1000 / lives)
        self.wall.append((perf_counter() - wall) * 1000 / lives)

    @property
    def ms(self) -> float:
        """Return the median of a life in milliseconds."""
        return statistics.median(self.wall)

    @property
    def processor_ms(self) -> float:
        """Return the median of the processor's time of a life."""
        return statistics.median(self.processor)

    def times(self, other: Measured) -> float:
        """Return how many times this side costs what the other costs."""
        return self.ms / other.ms


@dataclass(slots=True, kw_only=True)
class Bench:
    """Everybody who is measured, on files in one folder."""

    ours: Measured
    port: Measured
    case: Measured
    rival: Measured
    rival_rows: Measured
    rival_kept: Measured
    town: Town
    tally: Tally
    floor: StateRows
    commits: list[float] = field(default_factory=list)  # an empty commit, in ms

    @property
    def sides(self) -> list[Measured]:
        """Return all sides in the order of their turns."""
        return [self.ours, self.rival, self.port, self.rival_rows, self.case, self.rival_kept]

    def round(self) -> None:
        """Let every side have its turn."""
        for side in self.sides:
            side.run()
        number = self.floor.insert("")
        begin = perf_counter()
        for turn in range(COMMITS):
            self.floor.update(number, turn, "x" * turn)
        self.commits.append((perf_counter() - begin) * 1000 / COMMITS)

    def close(self) -> None:
        """Close every database."""
        for side in self.sides:
            side.side.close()
        self.floor.close()


def main(argv: list[str]) -> int:
    """Measure and print; the last line is JSON where it was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--phases", action="store_true", help="show where our time goes")
    parser.add_argument("--profile", action="store_true", help="show our dearest functions")
    parser.add_argument("--seconds", type=float, default=30, help="length of the rounds")
    parser.add_argument("--activations", type=int, default=_growth.OLD, help="age of the loop")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="laufzettel-bench-") as folder:
        bench = build(Path(folder))
        before, lives = bytes_by_table(bench.town.db), bench.town.lives
        bench.town.lock.holds.clear()
        rounds(bench, args.seconds)
        bench.town.seal()
        holds = list(bench.town.lock.holds)
        kept = grown(before, bytes_by_table(bench.town.db), bench.town.lives - lives)
        look_closer(bench.town)
        parts = phases(bench.town.live, SAMPLED_LIVES) if args.phases else {}
        profile = profiled(bench.town.live) if args.profile else ""
        growth = _growth.measure(bench.town, old=args.activations)
        bench.close()
    figures = figures_of(bench, holds, kept, growth)
    show(bench, kept, figures)
    for phase, spent in parts.items():
        print(f"  {spent:6.2f} ms of processor time a life: {phase}")
    print(profile, end="")
    if args.json:
        print(json.dumps(figures))
    return 0


def build(folder: Path) -> Bench:
    """Put everybody together, let each run once, and count what ours writes."""
    town = Town(folder)
    tally = _counted(folder / "counted")
    extra = tally.per_commit(COMMITS)
    conditions = python_conditions()
    bench = Bench(
        ours=Measured(title="ours, everything written", side=town),
        port=Measured(title="ours, state: port", side=Port(f"{folder}/port", conditions)),
        case=Measured(title="ours, state: port + FEEL", side=Case(f"{folder}/case")),
        rival=Measured(title="rival, state", side=Rival(f"{folder}/rival")),
        rival_rows=Measured(
            title="rival, state + as many rows", side=Rival(f"{folder}/rows", extra=extra)
        ),
        rival_kept=Measured(
            title="rival, never reads back", side=Rival(f"{folder}/kept", is_kept=True)
        ),
        town=town,
        tally=tally,
        floor=StateRows(f"{folder}/floor"),
    )
    for side in bench.sides:
        side.side.live()
    return bench


def _counted(folder: Path) -> Tally:
    """Return what one life writes; in a town of its own, for being watched makes it slower."""
    watched_town = Town(folder)
    watched_town.live()
    before = len(watched_town.lock.holds)
    with watched(watched_town.db) as tally:
        watched_town.live()
    tally.commits = len(watched_town.lock.holds) - before
    watched_town.close()
    return tally


def look_closer(town: Town) -> None:
    """Measure what holding the write lock costs the processor, in lives of their own."""
    town.lock.is_looking_closer = True
    for _ in range(CLOSER_LIVES):
        town.live()
    town.lock.is_looking_closer = False


def rounds(bench: Bench, seconds: float) -> None:
    """Let all sides have their turns until the time is over, at least once."""
    end = perf_counter() + seconds
    bench.round()
    while perf_counter() < end:
        bench.round()
        if len(bench.commits) % 10 == 0:
            bench.town.seal()


def grown(before: dict[str, int], after: dict[str, int], lives: int) -> dict[str, float]:
    """Return the bytes that one life added to each table."""
    added = {name: (size - before.get(name, 0)) / lives for name, size in after.items()}
    return dict(sorted(((n, s) for n, s in added.items() if s), key=lambda pair: -pair[1]))


def figures_of(
    bench: Bench, holds: Sequence[float], kept: dict[str, float], growth: Growth
) -> dict[str, float | int | str]:
    """Return what ``--json`` prints."""
    return {
        "ratio": round(bench.rival.times(bench.ours), 2),
        "ratio_same_rows": round(bench.rival_rows.times(bench.ours), 2),
        "ratio_state": round(bench.rival.times(bench.port), 2),
        "ratio_state_feel": round(bench.rival.times(bench.case), 2),
        "ratio_processor": round(bench.rival.processor_ms / bench.ours.processor_ms, 2),
        "ratio_state_processor": round(bench.rival.processor_ms / bench.port.processor_ms, 2),
        "lock_p50_ms": round(percentile(holds, 50) * 1000, 2),
        "lock_p99_ms": round(percentile(holds, 99) * 1000, 2),
        "lock_p99_processor_ms": round(percentile(bench.town.lock.busy, 99) * 1000, 2),
        "bytes_per_case": round(sum(kept.values())),
        "step_growth": round(growth.ratio, 2),
        "cases_per_s": round(1000 / bench.ours.ms, 1),
        "commit_ms": round(statistics.median(bench.commits), 2),
        "rounds": len(bench.commits),
        "machine": machine(),
        "step_young_ms": round(growth.young_ms, 2),
        "step_old_ms": round(growth.old_ms, 2),
    }


def machine() -> str:
    """Return what the figures hold for."""
    parts = [
        f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *(f"{name} {version(name)}" for name in ("SpiffWorkflow", "SQLAlchemy", "orjson")),
    ]
    return ", ".join(parts)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value below which that share of the values lies."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def show(bench: Bench, kept: dict[str, float], figures: dict[str, Any]) -> None:
    """Print everything for people."""
    print(figures["machine"])
    print(f"{figures['rounds']} rounds of {LIVES} lives a side, {COMMITS} waits a life; an empty")
    print(f"commit takes {figures['commit_ms']} ms here. Medians, ms a life:")
    for side in bench.sides:
        lowest = min(side.wall)
        print(
            f"  {side.title:<28} {side.ms:7.1f} wall (best {lowest:6.1f}), "
            f"{side.processor_ms:6.1f} processor, {1000 / side.ms:6.1f} lives/s"
        )
    tally = bench.tally
    rows = ", ".join(f"{count} {verb.lower()}ed" for verb, count in tally.rows.items() if count)
    rows = rows.replace("eed", "ed")
    print(f"ours: {tally.statements} statements, {tally.commits} commits, besides the state {rows}")
    goals = (
        ("state alone, rival against our port", "ratio_state", "x", f">= {GOAL_STATE:g}x"),
        ("  the same with FEEL and mappings", "ratio_state_feel", "x", ""),
        ("everything written, rival writes state only", "ratio", "x", f">= {GOAL_ALL:g}x"),
        ("  rival writes as many rows", "ratio_same_rows", "x", f">= {GOAL_ALL:g}x"),
        ("step at the last activation against the 10th", "step_growth", "x", f"<= {GOAL_GROWTH}x"),
        ("write lock held, p50", "lock_p50_ms", " ms", ""),
        ("write lock held, p99", "lock_p99_ms", " ms", f"<= {GOAL_LOCK_MS:g} ms"),
        ("  the processor's time of it, p99", "lock_p99_processor_ms", " ms", ""),
        ("stored a finished case", "bytes_per_case", " bytes", f"<= {GOAL_BYTES} bytes"),
    )
    for text, name, unit, goal in goals:
        print(f"{text:<46} {figures[name]}{unit}" + (f"   (goal: {goal})" if goal else ""))
    print("  " + ", ".join(f"{name} {size:.0f}" for name, size in kept.items()))


def profiled(live: Callable[[], None], lives: int = 20) -> str:
    """Return our dearest functions, by their own time and with all they call."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(lives):
        live()
    profile.disable()
    lines = []
    for order in ("tottime", "cumulative"):
        lines.append(f"profile of {lives} lives, by {order}, ms a life:")
        lines += _lines(pstats.Stats(profile), order, lives)
    return "\n".join(lines) + "\n"


def _lines(stats: pstats.Stats, order: str, lives: int) -> list[str]:
    stats.sort_stats(order)
    found = stats.stats  # type: ignore[attr-defined]
    lines = []
    for function in stats.fcn_list[:PROFILE_LINES]:  # type: ignore[attr-defined]
        _, calls, own, total, _ = found[function]
        place = f"{'/'.join(Path(function[0]).parts[-3:])}:{function[1]}({function[2]})"
        own, total = own * 1000 / lives, total * 1000 / lives
        lines.append(f"  {own:7.2f} own {total:7.2f} with calls {calls // lives:6} x {place}")
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
