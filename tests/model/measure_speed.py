"""Print how long reading, linting and compiling one model takes (no test: figures vary).

Run: ``python tests/model/measure_speed.py [--rounds 20] [--json]``. Counts the processor time
of this process, so that other work on the machine shows less, and wall time beside it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from laufzettel.engine.model.check import check
from laufzettel.engine.model.sources import Sources, load_file, load_folder

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "bpmn" / "Reference"


def models() -> dict[str, Sources]:
    """Return our own processes, the reference models that are here, and the largest allowed."""
    found = {each.parent.name: load_folder(each.parent) for each in ROOT.glob("bpmn/*/model.bpmn")}
    found |= {each.stem: load_file(each) for each in sorted(SHARED.glob("*.bpmn"))}
    return found | {"300 steps": Sources(files={"model.bpmn": largest().encode()})}


def largest() -> str:
    """Return a model of 298 tasks with a gateway each third step."""
    steps = range(298)
    nodes = "".join(
        f'<exclusiveGateway id="n{step}" default="f{step}"/>'
        if step % 3 == 0
        else f'<task id="n{step}"/>'
        for step in steps
    )
    ids = ["begin", *(f"n{step}" for step in steps), "last"]
    flows = "".join(
        f'<sequenceFlow id="f{number - 1}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(itertools.pairwise(ids))
    )
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'
        f'<process id="p" isExecutable="true"><startEvent id="begin"/>{nodes}'
        f'<endEvent id="last"/>{flows}</process></definitions>'
    )


def samples(sources: Sources, rounds: int, clock: Callable[[], float]) -> list[float]:
    """Return the milliseconds of each round."""
    found = []
    for _ in range(rounds):
        before = clock()
        check(sources, handlers=None)
        found.append((clock() - before) * 1000)
    return found


def summary(times: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum."""
    ordered = sorted(times)
    return {
        "p50": statistics.median(ordered),
        "p99": ordered[int(len(ordered) * 0.99)],
        "max": ordered[-1],
    }


def main() -> int:
    """Print a line a model, then all together."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    every: list[float] = []  # processor time
    walls: list[float] = []
    rows = {}
    for name, sources in models().items():
        wall = samples(sources, args.rounds, time.perf_counter)
        cpu = samples(sources, args.rounds, time.process_time)
        every += cpu
        walls += wall
        rows[name] = {"wall_ms": statistics.median(wall), "cpu_ms": statistics.median(cpu)}
        sys.stdout.write(
            f"{name:18} wall {rows[name]['wall_ms']:6.1f} ms, cpu {rows[name]['cpu_ms']:6.1f} ms\n"
        )
    total = {"cpu": summary(every), "wall": summary(walls)}
    for name, row in total.items():
        words = ", ".join(f"{key} {value:.1f} ms" for key, value in row.items())
        sys.stdout.write(f"all, {name}: {words}\n")
    if args.json:
        sys.stdout.write(json.dumps({"models": rows, **total}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
