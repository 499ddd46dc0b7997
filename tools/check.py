"""Everything that the CI checks, step after step, with a summary at the end.

A failing step does not keep the others from running: one run shows all there is to mend.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
#: pytest found not a single test: never what a check of everything may call good.
NO_TESTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One check: what it is called on screen, and the arguments of our Python."""

    title: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a step ended, and how long it took."""

    title: str
    code: int
    seconds: float

    @property
    def line(self) -> str:
        """The step as the summary shows it.

        >>> Result(title="Format", code=0, seconds=0.4).line
        '   0.4 s  in Ordnung  Format'
        >>> Result(title="Tests", code=5, seconds=1.0).line
        '   1.0 s  FEHLER      Tests (pytest fand keinen Test)'
        """
        verdict = "FEHLER" if self.code else "in Ordnung"
        reason = " (pytest fand keinen Test)" if self.code == NO_TESTS else ""
        return f"{self.seconds:6.1f} s  {verdict:10}  {self.title}{reason}"


def workers() -> tuple[str, ...]:
    """Return the options that spread the tests over the cores; each has its own databases."""
    cores = min(os.cpu_count() or 1, 8)
    return ("-n", str(cores), "--dist", "worksteal") if cores > 1 else ()


def steps() -> list[Step]:
    """Return the checks, the quick ones first. The tests run the examples of all docstrings."""
    return [
        Step(title="Format", arguments=("-m", "ruff", "format", "--check", ".", "run")),
        Step(title="Regeln", arguments=("-m", "ruff", "check", ".", "run")),
        Step(title="Typen", arguments=("tools/typecheck.py",)),
        Step(title="Wheel", arguments=("tools/wheel_check.py",)),
        Step(title="Tests und Beispiele", arguments=("-m", "pytest", *workers())),
    ]


def run(step: Step) -> Result:
    """Run a step and say how it went."""
    print(f"\n== {step.title}", flush=True)
    started = time.monotonic()
    command = [sys.executable, *step.arguments]
    code = subprocess.call(command, cwd=ROOT, stdin=subprocess.DEVNULL)  # noqa: S603 - our own
    result = Result(title=step.title, code=code, seconds=time.monotonic() - started)
    print(result.line, flush=True)
    return result


def main() -> int:
    """Run every step, then print them all once more, and return 1 where one failed."""
    results = [run(step) for step in steps()]
    failed = [result.title for result in results if result.code]
    print("\n== Zusammenfassung")
    print("\n".join(result.line for result in results))
    print(f"Nicht in Ordnung: {', '.join(failed)}." if failed else "Alles in Ordnung.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
