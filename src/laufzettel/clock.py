"""Time, handed in and never fetched, so that thirty days pass in a test at once.

>>> clock = VirtualClock(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
>>> clock.advance(days=14).isoformat()
'2026-12-07T08:00:00+00:00'
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

#: The zone in which offices work, deadlines end and people read times.
OFFICE_ZONE = ZoneInfo("Europe/Berlin")


class Clock(Protocol):
    """Where a component reads the time."""

    def now(self) -> datetime:
        """Return this moment in UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return this moment in UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that only moves when it is told to."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a virtual clock needs a time with a zone")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment the clock stands at."""
        return self._now

    def advance(self, **by: int) -> datetime:
        """Move on by ``timedelta(**by)`` and return the new moment."""
        self._now += timedelta(**by)
        return self._now

    def set(self, moment: datetime) -> None:
        """Stand at ``moment`` from now on."""
        self._now = moment.astimezone(UTC)


def office_minute(moment: datetime) -> str:
    """Return the moment as a sentence tells it.

    >>> office_minute(datetime(2026, 7, 1, 6, 30, 59, tzinfo=UTC))
    '01.07.2026 um 08:30'
    """
    return moment.astimezone(OFFICE_ZONE).strftime("%d.%m.%Y um %H:%M")


def office_time(moment: datetime) -> str:
    """Return the moment as an office reads it.

    >>> office_time(datetime(2026, 7, 1, 6, 30, tzinfo=UTC))
    '01.07.2026 08:30:00'
    """
    return moment.astimezone(OFFICE_ZONE).strftime("%d.%m.%Y %H:%M:%S")
