"""A worker as ``laufzettel worker`` is one, with short leases and a checker that is quick.

Started by ``test_killed_processes`` as a process of its own: DATA URL LEASE_FACTOR.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from tests.simulation.world import World, jobs_for

from laufzettel import failpoints
from laufzettel.clock import SystemClock


def main(folder: str, url: str, lease_factor: str) -> None:
    """Run jobs until SIGTERM, or until the failpoint of the environment kills."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    world = World(folder=Path(folder), url=url, clock=SystemClock(), jobs_of=jobs_for(url))
    jobs = world.jobs
    jobs.lease_factor = float(lease_factor)
    failpoints.arm_from_environment()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    jobs.run(2, stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
