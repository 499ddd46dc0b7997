"""Watching over mailboxes: threads that wait for mail, so that it is collected when it comes.

While a mailbox is watched and nothing was heard since it was last looked into, it need not be
looked into again: the server would say so. Whatever a watch misses is found by a look every
few minutes; without a watch the mailbox is polled as often as every other way in.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import sqlalchemy as sa

from laufzettel.connectors.intake.idle import Halt, IdleMissingError, watch
from laufzettel.connectors.intake.imap import Account
from laufzettel.errors import LaufzettelError

log = logging.getLogger(__name__)

#: How often a mailbox is looked into although its watch is silent, in seconds.
CALM_S: Final = 300
#: How long a lost watch waits before it is set up again: at first, doubling, at most.
AGAIN_S: Final = 5
AGAIN_MAX_S: Final = 300
#: A watch that has stood for so long was no failure, in seconds.
STOOD_S: Final = 60
#: How long a stop waits for a server that does not answer just now, in seconds.
STOP_S: Final = 5
#: When a server without IDLE is asked again, in seconds.
MISSING_S: Final = 3600

#: Tenant and name of the inlet.
Place = tuple[str, str]
#: Waits at a mailbox and calls when there is news; ``connectors.intake.idle.watch``.
Watch = Callable[[Account, Halt, Callable[[], None]], None]


@dataclass(slots=True)
class _Known:
    """What is known of a mailbox."""

    is_watched: bool = False
    heard: int = 0  # how often there was news
    seen: int = -1  # how much of it a look has covered
    looked_at: float | None = None  # monotonic; none: never yet


class Watches:
    """What the watches of this process know, and the threads that they are."""

    def __init__(
        self,
        watch: Watch = watch,
        *,
        again_s: float = AGAIN_S,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watch = watch
        self._seconds = seconds
        self._again_s = again_s
        self._lock = threading.Lock()
        self._known: dict[Place, _Known] = {}

    def look(self, place: Place) -> int | None:
        """Return what a look would cover, None where there is nothing to look for."""
        with self._lock:
            known = self._known.setdefault(place, _Known())
            at = known.looked_at
            is_calm = at is not None and self._seconds() - at < CALM_S
            if known.is_watched and known.seen >= known.heard and is_calm:
                return None
            return known.heard

    def looked(self, place: Place, covered: int) -> None:
        """Note that everything up to what ``look`` returned was taken."""
        with self._lock:
            known = self._known[place]
            known.seen, known.looked_at = covered, self._seconds()

    @contextmanager
    def running(
        self, accounts: Mapping[Place, Account], ring: Callable[[str], None]
    ) -> Iterator[None]:
        """Watch over the mailboxes inside; ``ring`` has those of a tenant looked into."""
        halt = Halt()
        threads = [
            threading.Thread(
                target=self._guard, args=(place, account, halt, ring), name="watch", daemon=True
            )
            for place, account in accounts.items()
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            halt.set()
            until = time.monotonic() + STOP_S
            for thread in threads:
                thread.join(max(until - time.monotonic(), 0))
            if not any(thread.is_alive() for thread in threads):
                halt.close()

    def _guard(
        self, place: Place, account: Account, halt: Halt, ring: Callable[[str], None]
    ) -> None:
        """Watch until the halt; a watch that is lost is set up again, ever more patiently."""
        wait_s = self._again_s
        while not halt.wait(0):
            began = time.monotonic()
            try:
                self._watch(account, halt, partial(self._news, place, ring))
            except IdleMissingError:
                wait_s = MISSING_S
            except LaufzettelError as error:
                # Its text names the mailbox; polling tells people of what is wrong there.
                log.warning("the watch over %s of %s ended: %s", *reversed(place), type(error))
                has_stood = time.monotonic() - began >= STOOD_S
                wait_s = self._again_s if has_stood else min(wait_s * 2, AGAIN_MAX_S)
            finally:
                self._lost(place)
            halt.wait(wait_s)

    def _news(self, place: Place, ring: Callable[[str], None]) -> None:
        with self._lock:
            known = self._known.setdefault(place, _Known())
            known.is_watched = True
            known.heard += 1
        try:
            ring(place[0])
        except sa.exc.SQLAlchemyError as error:
            log.warning("news of %s could not be passed on: %s", place[1], type(error))

    def _lost(self, place: Place) -> None:
        with self._lock:
            self._known.setdefault(place, _Known()).is_watched = False
