"""The printing of this process: a server that is started with the first page, or none.

A process for each page costs a second and more, most of it the loading of WeasyPrint. A
server has it loaded and forks. Where there is no such fork (all but Linux: elsewhere the
libraries of the system do not survive one), each page gets a fresh process as before.
"""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
import threading
import time
from typing import Final

from laufzettel.pdf import child
from laufzettel.pdf.errand import Ended, Errand
from laufzettel.pdf.helper import Helper
from laufzettel.pdf.limits import Limits
from laufzettel.pdf.process import PREFIX, draw_alone, environment

#: So many pages are drawn at a time; others wait for their turn before their clock starts.
AT_ONCE: Final = max(2, min(4, os.cpu_count() or 1))
#: A page whose server ended under it is tried again on another, so many times in all.
_TRIES: Final = 2


class Press:
    """Draws pages, from any number of threads, on one server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._helper: Helper | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the server, None while there is none."""
        helper = self._helper
        return None if helper is None or helper.has_ended else helper.pid

    def draw(self, job: bytes, limits: Limits) -> Ended:
        """Return how the page ended; a page is never hurt by what another did."""
        with (
            self._turns,
            # A page that was given up may still be dying in it.
            tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder,
        ):
            wanted = Errand(
                cpu_s=limits.cpu_s,
                memory=limits.memory,
                deadline=time.monotonic() + limits.wall_s,
                folder=folder,
            )
            for _ in range(_TRIES):
                helper = self._running()
                ended = helper.draw(job, wanted)
                if ended is None or ended.code == child.UNAVAILABLE:
                    # Gone, or to be asked again once the libraries were installed.
                    self._drop(helper)
                if ended is not None:
                    return ended
        return Ended(1, b"")

    def _running(self) -> Helper:
        """Return a server that knows our environment as it is now."""
        with self._lock:
            helper = self._helper
            if helper is not None and helper.serves(environment("")):
                return helper
            if helper is not None:
                helper.retire()
            self._helper = Helper()
            return self._helper

    def _drop(self, helper: Helper) -> None:
        with self._lock:
            helper.retire()
            if self._helper is helper:
                self._helper = None

    def close(self) -> None:
        """Leave no process behind; the next page would start another server."""
        with self._lock:
            helper, self._helper = self._helper, None
        if helper is not None:
            helper.stop()

    def forget(self) -> None:
        """Begin anew in a forked process: server, locks and turns are the parent's."""
        if self._helper is not None:
            self._helper.forget()
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._helper = None


PRESS: Final = Press()


def draw(job: bytes, limits: Limits) -> Ended:
    """Draw a job, by the server where there can be one."""
    if sys.platform == "linux":
        return PRESS.draw(job, limits)
    return draw_alone(job, limits)


if sys.platform == "linux":
    atexit.register(PRESS.close)
    os.register_at_fork(after_in_child=PRESS.forget)
