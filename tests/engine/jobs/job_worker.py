"""A worker process for tests that kill or freeze it; SIGTERM stops it gracefully."""

from __future__ import annotations

import signal
import threading

from tests.engine.jobs.harness import Setting, slow_booking


def work(name: str, url: str, lease_s: float) -> None:
    """Run the jobs of the kind ``slow`` until told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    jobs = Setting(name=name, url=url).jobs()
    jobs.handler("slow", slow_booking(jobs), lease_s=lease_s)
    jobs.run(2, stop)
