"""When a timer of the model is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, Final

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine import feel
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.model.definition import EventKind

TIMERS: Final = {EventKind.TIMER_DATE, EventKind.TIMER_DURATION}


def moment(value: Any, element: str) -> datetime:
    """Return a FEEL date or date and time as a moment; a date begins at midnight in the office."""
    if isinstance(value, str):
        value = feel.evaluate("date and time(text)", {"text": value}).value
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=OFFICE_ZONE)
        return zoned.astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), OFFICE_ZONE).astimezone(UTC)
    raise Unevaluable(element, f"„{value}“ ist kein Zeitpunkt.")


def due(kind: EventKind, value: Any, *, now: datetime, element: str) -> datetime:
    """Return the moment at which the timer fires.

    Calendar durations (P1D is 24 hours, P1M a month) count in office time, so that a timer
    over the end of summer time still fires at the same hour.
    """
    if kind is EventKind.TIMER_DATE:
        return moment(value, element)
    text = value if isinstance(value, str) else None
    expression = "base + duration(text)" if text is not None else "base + value"
    names = {"base": now.astimezone(OFFICE_ZONE), "text": text, "value": value}
    result = feel.evaluate(expression, names).value
    if not isinstance(result, datetime):
        raise Unevaluable(element, f"„{value}“ ist keine Dauer.")
    return moment(result, element)
