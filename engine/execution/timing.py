"""When a timer of the model is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine import feel
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.model.definition import EventKind

TIMERS: Final = {EventKind.TIMER_DATE, EventKind.TIMER_DURATION}


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
    still fires at the same hour; hours and less are exact.

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
        return (local + timedelta(days=days)).astimezone(UTC) + rest
    result = feel.evaluate("base + length", {"base": local, "length": length}).value
    if not isinstance(length, feel.YearsMonthsDuration) or not isinstance(result, datetime):
        raise Unevaluable(element, f"„{value}“ ist keine Dauer.")
    return moment(result, element)
