"""When a periodic job runs next: a period, or cron times in office time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from croniter import croniter

from laufzettel.clock import OFFICE_ZONE


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A period in seconds, or a cron text; raises ValueError for neither.

    >>> Rhythm(60).after(datetime(2026, 11, 28, 12, tzinfo=UTC)).isoformat()
    '2026-11-28T12:01:00+00:00'
    >>> Rhythm("0 5 * * mon-fri").after(datetime(2026, 11, 28, 12, tzinfo=UTC)).isoformat()
    '2026-11-30T04:00:00+00:00'
    """

    when: float | str

    def __post_init__(self) -> None:
        if isinstance(self.when, str):
            if not croniter.is_valid(self.when):
                raise ValueError(f"no cron text: {self.when}")
        elif self.when <= 0:
            raise ValueError(f"a period must be longer than nothing: {self.when}")

    def first(self, now: datetime) -> datetime:
        """Return the first time: at once for a period."""
        return self.after(now) if isinstance(self.when, str) else now

    def after(self, now: datetime) -> datetime:
        """Return the next time after ``now``."""
        if not isinstance(self.when, str):
            return now + timedelta(seconds=self.when)
        local = now.astimezone(OFFICE_ZONE)
        found: datetime = croniter(self.when, local).get_next(datetime)
        return found.astimezone(UTC)

    def wait_s(self, now: datetime) -> float:
        """Return the seconds until the next time."""
        return (self.after(now) - now).total_seconds()
