"""Writers beside each other, and the memory of a process that has run many cases."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter, sleep
from typing import Final

from bench._engine import Town
from laufzettel.engine.outbox.numbers import next_number

#: Seconds between two tiny writes, as of a page that saves a draft.
_PAUSE_S: Final = 0.02
_BUSY: Final = 2


def tiny_write(folder: Path, seconds: float) -> dict[str, float]:
    """Return what a write of one row takes while two threads run lives without a pause."""
    town = Town(folder)
    town.live()
    town.lock.holds.clear()
    ending = threading.Event()
    busy = [threading.Thread(target=_lives, args=(town, ending)) for _ in range(_BUSY)]
    before = town.lives
    for thread in busy:
        thread.start()
    took = []
    end = perf_counter() + seconds
    while perf_counter() < end:
        begin = perf_counter()
        with town.db.write() as connection:
            next_number(connection, "bench", "tiny")
        took.append((perf_counter() - begin) * 1000)
        sleep(_PAUSE_S)
    ending.set()
    for thread in busy:
        thread.join()
    lives, holds = town.lives - before, sorted(town.lock.holds)
    town.close()
    took.sort()
    return {
        "tiny_writes": len(took),
        "tiny_p50_ms": round(took[len(took) // 2], 2),
        "tiny_max_ms": round(took[-1], 2),
        "crowd_lives_per_s": round(lives / seconds, 1),
        "crowd_lock_p99_ms": round(holds[len(holds) * 99 // 100] * 1000, 2),
    }


def _lives(town: Town, ending: threading.Event) -> None:
    while not ending.is_set():
        town.live_among_others()


def memory(cases: int) -> dict[str, float]:
    """Return the MB of a process of its own at its start and after so many cases."""
    command = [sys.executable, "-m", "bench._crowd", str(cases)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(found.stdout.splitlines()[-1])
    return result


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise OSError("no VmRSS")


def main(argv: list[str]) -> int:
    """Run the cases and print the memory; called in a process of its own by ``memory``."""
    cases = int(argv[0])
    with tempfile.TemporaryDirectory(prefix="laufzettel-bench-") as folder:
        town = Town(Path(folder) / "town")
        begun = _resident_mb()
        town.live()
        first = _resident_mb()
        for _ in range(cases - 1):
            town.live()
            town.forget()
        found = {"rss_start_mb": begun, "rss_first_case_mb": first, "rss_cases": cases}
        sys.stdout.write(json.dumps(found | {"rss_end_mb": _resident_mb()}) + "\n")
        town.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
