"""How long the tests beside a model take: ``laufzettel test`` over a hundred small ones.

    ./run bench scenarios [--json] [--tests N] [--processes N] [--once]

A small test starts a case of ``examples/urlaubsantrag``, a person completes one task, and what
is open and visited is compared; each is run twice, straight and with the application started
anew after every step, as ``laufzettel test`` does. The time is that of the whole command
without the start of Python. Goal: 100 tests in 2 s.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Final

from laufzettel.cli import scenarios

ROOT: Final = Path(__file__).resolve().parents[1]
MODEL: Final = ROOT / "examples" / "urlaubsantrag"
GOAL_S: Final = 2.0
SMALL: Final = """scenario: Antrag {number}
given:
  start:
    process: urlaubsantrag
    business_key: "urlaub:{number}"
    variables: {{applicant: yilmaz, days_left: {days}}}
steps:
  - complete: fill_in
    by: yilmaz
    with: {{first_day: 2027-03-01, last_day: 2027-03-05}}
    expect: {{tasks: {tasks}, path: [fill_in, count_days, enough]}}
"""


def main(argv: list[str]) -> int:
    """Print machine, figures and goal; 1 when a test fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=100)
    parser.add_argument("--processes", type=int, default=0, help="0: as laufzettel test chooses")
    parser.add_argument("--once", action="store_true", help="without the run with restarts")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        process = Path(folder) / "urlaubsantrag"
        written(process, args.tests)
        words = ["test", str(process), "--quiet"]
        words += ["--once"] if args.once else []
        words += ["--processes", str(args.processes)] if args.processes else []
        code, wall, cpu = timed(words)
    figures = {"tests": args.tests, "wall_s": wall, "cpu_s": cpu, "goal_s": GOAL_S}
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(
        f"{args.tests} tests: {wall:.2f} s, {wall * 1000 / args.tests:.1f} ms each; "
        f"processor {cpu:.2f} s in all"
    )
    print(f"goal for 100: {GOAL_S:.0f} s")
    if args.json:
        print(json.dumps(figures))
    return code


def written(process: Path, count: int) -> None:
    """Write the example with so many small tests instead of its own."""
    shutil.copytree(MODEL, process, ignore=shutil.ignore_patterns("tests"))
    (process / "tests").mkdir()
    texts = [
        SMALL.format(number=n, days=30 if n % 2 else 2, tasks="[decide]" if n % 2 else "[]")
        for n in range(count)
    ]
    (process / "tests" / "klein.yaml").write_text("---\n".join(texts), encoding="utf-8")


def timed(words: list[str]) -> tuple[int, float, float]:
    """Run the command; return its code, wall time and processor time in seconds."""
    parser = argparse.ArgumentParser()
    scenarios.add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args(words)
    wall, cpu = perf_counter(), _processor_s()
    code = scenarios.run(args)
    return code, perf_counter() - wall, _processor_s() - cpu


def _processor_s() -> float:
    """Return the processor time of this process and of those it has begun."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
