"""Connections that are lent out again and again, without the way through the pool.

Taking a connection out of SQLAlchemy's pool and giving it back costs more than a statement by
key. What is given back here stays open, with all it knows, for whoever comes next. The pool
still says how many there may be, and makes whoever is too many wait.
"""

from __future__ import annotations

import threading
import time
from typing import Final

import sqlalchemy as sa

from laufzettel.db.connections import CONNECTIONS, PreparingConnection

#: A session that was idle for longer is asked whether the server still knows it.
ASK_AFTER_S: Final = 5.0


class Lending:
    """The connections of one engine.

    >>> engine = sa.create_engine("sqlite://")
    >>> lending = Lending(engine)
    >>> first = lending.take()
    >>> lending.give(first)
    >>> lending.take() is first
    True
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._kind = CONNECTIONS[engine.dialect.name]
        self._mutex = threading.Lock()
        self._idle: list[tuple[PreparingConnection, float]] = []  # and since when
        self._inherited: list[
            tuple[PreparingConnection, float]
        ] = []  # a parent's, kept so that they stay open
        self._wanting = 0  # threads that ask the pool at this moment

    def forget(self) -> None:
        """In a forked child: lend nothing that belongs to the parent, and close none of it."""
        self._mutex = threading.Lock()  # the parent's may be held for ever here
        self._inherited, self._idle, self._wanting = self._idle, [], 0

    def close(self) -> None:
        """Close what nobody has."""
        with self._mutex:
            idle, self._idle = self._idle, []
        for one, _ in idle:
            one.close()

    def take(self) -> PreparingConnection:
        """Lend a connection; whoever has it ends the transaction that it begins."""
        while (idle := self._pop()) is not None:
            one, since = idle
            if time.monotonic() - since < ASK_AFTER_S or one.is_alive():
                return one
            one.close()
        try:
            return self._kind(self._engine)
        finally:
            with self._mutex:
                self._wanting -= 1

    def give(self, lent: PreparingConnection) -> None:
        """Take it back, for the next one; unless somebody waits for the pool, who is woken."""
        is_usable = lent.is_usable
        with self._mutex:
            if is_usable and not self._wanting:
                self._idle.append((lent, time.monotonic()))
                return
        lent.close()

    def _pop(self) -> tuple[PreparingConnection, float] | None:
        """Return the one used last, which knows the statements; else note that one is wanted."""
        with self._mutex:
            if self._idle:
                return self._idle.pop()
            self._wanting += 1
        return None
