"""When a timer of the model is due, once or again and again."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine import feel
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.model.definition import EventKind

TIMERS: Final = {EventKind.TIMER_DATE, EventKind.TIMER_DURATION}
#: ISO 8601 repeating interval: R3/PT1H, R/P1D, R5/2026-12-01T08:00:00+01:00/P1W.
_CYCLE: Final = re.compile(r"R(\d{0,4})/(?:([^/P][^/]*)/)?(P[^/]+)", re.ASCII)
#: Shortest time between two firings: a shorter one would be a loop, not a timer.
EVERY_MIN: Final = timedelta(seconds=1)


class Cycle(NamedTuple):
    """A timer that fires again: when it is due, how long after that again, how often still."""

    due: datetime
    every: str  # ISO 8601 duration
    left: int | None  # firings, this one included; None: without end


def moment(value: Any, element: str) -> datetime:
    """Return a FEEL date or date and time as a moment; a date begins at midnight in the office."""
    found = value
    if isinstance(value, str):
        found = feel.evaluate("date and time(text)", {"text": value}).value
    if isinstance(found, datetime):
        zoned = found if found.tzinfo else found.replace(tzinfo=OFFICE_ZONE)
        return zoned.astimezone(UTC)
    if isinstance(found, date):
        return datetime.combine(found, time(), OFFICE_ZONE).astimezone(UTC)
    raise Unevaluable(element, f"„{value}“ ist kein Zeitpunkt.")


def due(kind: EventKind, value: Any, *, now: datetime, element: str) -> datetime:
    """Return the moment at which the timer fires.

    Days, months and years count in office time, so that a timer over the end of summer time
    still fires at the same hour; hours and less are exact. A FEEL duration of 24 hours is a day.

    >>> eve = datetime(2026, 10, 24, 10, tzinfo=UTC)  # noon in summer time
    >>> due(EventKind.TIMER_DURATION, "P2D", now=eve, element="a").isoformat()
    '2026-10-26T11:00:00+00:00'
    """
    if kind is EventKind.TIMER_DATE:
        return moment(value, element)
    length = value
    if isinstance(value, str):
        length = feel.evaluate("duration(text)", {"text": value}).value
    local = now.astimezone(OFFICE_ZONE)
    if isinstance(length, feel.DaysTimeDuration):
        days, rest = divmod(length.timedelta, timedelta(days=1))
        if isinstance(value, str):  # a text still tells PT24H from P1D, a FEEL value does not
            days = int(value[1:].partition("D")[0]) if "D" in value else 0
            rest = length.timedelta - timedelta(days=days)
        return (local + timedelta(days=days)).astimezone(UTC) + rest
    result = feel.evaluate("base + length", {"base": local, "length": length}).value
    if not isinstance(length, feel.YearsMonthsDuration) or not isinstance(result, datetime):
        raise Unevaluable(element, f"„{value}“ ist keine Dauer.")
    return moment(result, element)


def cycle(value: Any, *, now: datetime, element: str) -> Cycle:
    """Return the first firing of an ISO 8601 repeating interval.

    Without a start the first firing is one interval from now.

    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> cycle("R3/PT1H", now=noon, element="a")
    Cycle(due=datetime.datetime(2026, 11, 23, 13, 0, tzinfo=datetime.timezone.utc), every='PT1H', left=3)
    """
    found = _CYCLE.fullmatch(value) if isinstance(value, str) else None
    number = int(found[1]) if found and found[1] else None
    if found is None or number == 0:
        raise Unevaluable(element, f"„{value}“ ist keine Wiederholung wie R3/PT1H oder R/P1D.")
    start, every = found[2], found[3]
    if _after(now, every, element) - now < EVERY_MIN:
        raise Unevaluable(element, f"„{value}“ wiederholt sich schneller als jede Sekunde.")
    first = moment(start, element) if start else _after(now, every, element)
    return Cycle(first, every, number)


def again(fired: Cycle, *, element: str) -> Cycle | None:
    """Return the next firing, None after the last.

    It is counted from when this one was due, not from when it could be done: after a standstill
    none is left out and none drifts.
    """
    left = None if fired.left is None else fired.left - 1
    if left == 0:
        return None
    return Cycle(_after(fired.due, fired.every, element), fired.every, left)


def not_over(first: Cycle, *, now: datetime, element: str) -> Cycle | None:
    """Return the first firing that is not over by ``now``, None where all are.

    >>> daily = Cycle(datetime(2026, 11, 20, 5, tzinfo=UTC), "P1D", 5)
    >>> not_over(daily, now=datetime(2026, 11, 23, 12, tzinfo=UTC), element="a")
    Cycle(due=datetime.datetime(2026, 11, 24, 5, 0, tzinfo=datetime.timezone.utc), every='P1D', left=1)
    >>> hourly = Cycle(datetime(2006, 1, 1, tzinfo=UTC), "PT1H", None)
    >>> not_over(hourly, now=datetime(2026, 11, 23, 12, tzinfo=UTC), element="a").due.isoformat()
    '2026-11-23T12:00:00+00:00'
    """
    if not first.every:
        return first if first.due >= now else None
    step = _after(first.due, first.every, element) - first.due
    found: Cycle | None = first
    if first.due < now and step < timedelta(days=1):  # no calendar in it: years are one jump
        number = -((first.due - now) // step)
        left = None if first.left is None else first.left - number
        found = Cycle(first.due + number * step, first.every, left)
        return found if left is None or left > 0 else None
    while found is not None and found.due < now:
        found = again(found, element=element)
    return found


def _after(moment_before: datetime, every: str, element: str) -> datetime:
    return due(EventKind.TIMER_DURATION, every, now=moment_before, element=element)
