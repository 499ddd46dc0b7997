"""The write lock of a SQLite process: first come, first served.

SQLite's busy handler polls without fairness: measured, a tiny write waited up to 3.1 s
beside two busy writers, and 82 ms behind a queue (engine-notes.md 3).
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType
from typing import Self


class FifoLock:
    """A lock whose waiters are served in the order of their coming.

    >>> with FifoLock() as held:
    ...     held.is_held
    True
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self.is_held = False

    def __enter__(self) -> Self:
        with self._mutex:
            if not self.is_held:
                self.is_held = True
                return self
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        try:
            ticket.acquire()  # released by the one before, who hands the lock over still held
        except BaseException:
            self._give_up(ticket)
            raise
        return self

    def _give_up(self, ticket: threading.Lock) -> None:
        """Leave the queue after an interrupt; pass the lock on if it had just been handed over."""
        with self._mutex:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                return
        self._release()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._release()

    def _release(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self.is_held = False
