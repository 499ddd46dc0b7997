"""What a person sees while a command works for long; a program that reads us sees nothing.

It stands in one line of standard error, is renewed in place a few times a second and wiped at
the end. Where standard error is no terminal, nothing is written at all.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO, TypeVar

T = TypeVar("T")

#: Seconds between two looks of the line; before the first one nothing is shown.
EVERY_S: Final = 0.25
#: Longest line, so that no terminal breaks it.
WIDTH: Final = 78


class Line:
    """The one line of a command that works."""

    def __init__(self, what: str, total: int | None, stream: TextIO | None) -> None:
        self.done = 0
        self._what, self._total = what, total
        self._stream = stream if stream is not None else sys.stderr
        self._began = time.monotonic()
        self._is_shown = False

    @property
    def is_for_people(self) -> bool:
        """Whether anybody sees it."""
        return self._stream.isatty()

    def show(self) -> None:
        """Write how far it has come."""
        self._stream.write(f"\r{self.text():<{WIDTH}}")
        self._stream.flush()
        self._is_shown = True

    def wipe(self) -> None:
        """Leave the line as it was before."""
        if self._is_shown:
            self._stream.write(f"\r{'':<{WIDTH}}\r")
            self._stream.flush()

    def text(self) -> str:
        """Return what it says now.

        >>> line = Line("Rechnungen", 4_000, None)
        >>> line.done = 1_000
        >>> line.text()
        'Rechnungen: 1.000 von 4.000 (25 %), noch etwa 0 s'
        """
        took_s = time.monotonic() - self._began
        if not self.done:
            return f"{self._what} … {round(took_s)} s"[:WIDTH]
        counted_ = f"{self._what}: {_number(self.done)}"
        if not self._total:
            return f"{counted_}, {round(took_s)} s"[:WIDTH]
        percent = min(100, 100 * self.done // self._total)
        left_s = round(took_s / self.done * max(0, self._total - self.done))
        return f"{counted_} von {_number(self._total)} ({percent} %), noch etwa {left_s} s"[:WIDTH]


@contextmanager
def working(what: str, total: int | None = None, stream: TextIO | None = None) -> Iterator[Line]:
    """Show that something is being done; who works counts ``line.done`` on."""
    line = Line(what, total, stream)
    if not line.is_for_people:
        yield line
        return
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(EVERY_S):
            line.show()

    thread = threading.Thread(target=renew, name="progress", daemon=True)
    thread.start()
    try:
        yield line
    finally:
        stop.set()
        thread.join()
        line.wipe()


def counted(
    items: Iterable[T], what: str, total: int | None = None, stream: TextIO | None = None
) -> Iterator[T]:
    """Yield the items and show how many have been taken."""
    with working(what, total, stream) as line:
        for item in items:
            yield item
            line.done += 1


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")
