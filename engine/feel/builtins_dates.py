"""Built-in functions on dates and times, and our working days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Final

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.feel import temporal
from laufzettel.engine.feel.builtins_numbers import whole
from laufzettel.engine.feel.runtime import Code, Refusal, Runtime
from laufzettel.engine.feel.signatures import builtin
from laufzettel.engine.feel.values import (
    NUMBERS,
    DaysTimeDuration,
    FarDate,
    Value,
    YearsMonthsDuration,
)
from laufzettel.workdays import (
    DAYS_MAX,
    add_working_days,
    is_holiday,
    is_working_day,
    working_days_between,
)

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
#: How many turns of a loop looking for working days count as one step.
_DAYS_PER_STEP: Final = 10


def _failed(text: str, what: str) -> Refusal:
    return Refusal(Code.FAILED_CONVERSION, f"„{text[:40]}“ ist {what}.")


@builtin("date", "from: string")
def _date_of_text(runtime: Runtime, text: str) -> date | FarDate:
    found = temporal.parse_date(text)
    if found is None:
        raise _failed(text, "kein Datum. Richtig ist etwa „2026-11-23“")
    return found


@builtin("date", "from: day")
def _date_of_moment(runtime: Runtime, value: Value) -> date | FarDate:
    return value.date() if isinstance(value, datetime) else value


@builtin("date", "year: number, month: number, day: number")
def _date_of_parts(runtime: Runtime, year: Decimal, month: Decimal, day: Decimal) -> date | FarDate:
    parts = (whole(year, "year"), whole(month, "month"), whole(day, "day"))
    found = temporal.make_date(*parts)
    if found is None:
        raise Refusal(Code.BAD_ARGUMENT, "Diesen Tag gibt es im Kalender nicht.")
    return found


@builtin("time", "from: string")
def _time_of_text(runtime: Runtime, text: str) -> time:
    found = temporal.parse_time(text)
    if found is None:
        raise _failed(text, "keine Uhrzeit. Richtig ist etwa „08:30:00“")
    return found


@builtin("time", "from: clock|date")
def _time_of_moment(runtime: Runtime, value: Value) -> time:
    if isinstance(value, datetime):
        return value.timetz()
    return value if isinstance(value, time) else time(tzinfo=temporal.parse_zone("Z"))


@builtin(
    "time",
    "hour: number, minute: number, second: number, offset: days and time duration?",
)
def _time_of_parts(
    runtime: Runtime,
    hour: Decimal,
    minute: Decimal,
    second: Decimal,
    offset: DaysTimeDuration | None = None,
) -> time:
    seconds = whole(second, "second")
    try:
        zone = timezone(offset.timedelta) if offset is not None else None
        return time(
            whole(hour, "hour"),
            whole(minute, "minute"),
            seconds,
            int(NUMBERS.subtract(second, Decimal(seconds)).scaleb(6, NUMBERS)),
            tzinfo=zone,
        )
    except (ValueError, OverflowError):
        raise Refusal(Code.BAD_ARGUMENT, "Diese Uhrzeit gibt es nicht.") from None


@builtin("date and time", "from: string")
def _moment_of_text(runtime: Runtime, text: str) -> datetime:
    found = temporal.parse_date_time(text)
    if found is not None:
        return found
    day = temporal.parse_date(text)
    if type(day) is not date:
        raise _failed(text, "kein Zeitpunkt. Richtig ist etwa „2026-11-23T08:30:00“")
    return datetime.combine(day, time())


@builtin("date and time", "date: day, time: time")
def _moment_of_parts(runtime: Runtime, day: Value, clock: time) -> datetime:
    if isinstance(day, FarDate):
        raise Refusal(Code.FAR_DATE, f"{day} liegt außerhalb der Jahre 1 bis 9999.")
    return datetime.combine(day.date() if isinstance(day, datetime) else day, clock)


@builtin("years and months duration", "from: day, to: day")
def _months_between(runtime: Runtime, start: Value, to: Value) -> YearsMonthsDuration:
    sign, first, last = (1, start, to) if _parts(start) <= _parts(to) else (-1, to, start)
    months = (last.year - first.year) * 12 + last.month - first.month
    return YearsMonthsDuration(sign * (months - (last.day < first.day)))


def _parts(value: Value) -> tuple[int, int, int]:
    return value.year, value.month, value.day


def _office_now(runtime: Runtime) -> datetime:
    if runtime.now is None:
        raise Refusal(
            Code.UNSUPPORTED, "Hier gibt es keine Uhr. Bitte das Datum als Eingabe übergeben."
        )
    return runtime.now.astimezone(OFFICE_ZONE) if runtime.now.tzinfo else runtime.now


@builtin("now")
def _now(runtime: Runtime) -> datetime:
    return _office_now(runtime)


@builtin("today")
def _today(runtime: Runtime) -> date:
    return _office_now(runtime).date()


def _near(value: Value) -> date:
    """Return the day on Python's calendar. Raises Refusal for a far one."""
    if isinstance(value, FarDate):
        raise Refusal(Code.FAR_DATE, f"{value} liegt außerhalb der Jahre 1 bis 9999.")
    return value.date() if isinstance(value, datetime) else value


@builtin("day of year", "date: day")
def _day_of_year(runtime: Runtime, value: Value) -> Decimal:
    return Decimal(_near(value).timetuple().tm_yday)


@builtin("day of week", "date: day")
def _day_of_week(runtime: Runtime, value: Value) -> str:
    return _DAYS[_near(value).weekday()]


@builtin("month of year", "date: day")
def _month_of_year(runtime: Runtime, value: Value) -> str:
    return _MONTHS[value.month - 1]


@builtin("week of year", "date: day")
def _week_of_year(runtime: Runtime, value: Value) -> Decimal:
    return Decimal(_near(value).isocalendar().week)


def _asked(call: Callable[..., Value], *args: Value) -> Value:
    """Return the answer of the calendar; its objection is a refusal."""
    try:
        return call(*args)
    except ValueError as error:
        raise Refusal(Code.BAD_ARGUMENT, str(error)) from None


@builtin("is working day", "date: day, state: string?")
def _is_working_day(runtime: Runtime, value: Value, state: str | None = None) -> Value:
    """Extension: neither a weekend nor a public holiday of the Land."""
    return _asked(is_working_day, _near(value), state or "NW")


@builtin("is holiday", "date: day, state: string?")
def _is_holiday(runtime: Runtime, value: Value, state: str | None = None) -> Value:
    """Extension: a public holiday of the Land, NRW where none is named."""
    return _asked(is_holiday, _near(value), state or "NW")


@builtin("add working days", "date: day, n: number, state: string?")
def _add_working_days(
    runtime: Runtime, value: Value, n: Decimal, state: str | None = None
) -> Value:
    """Extension: the working day that many working days later, or earlier."""
    days = whole(n, "n")
    if days != n:
        raise Refusal(Code.BAD_ARGUMENT, f"Die Zahl der Arbeitstage ist nicht ganz: {n}.")
    runtime.spend(min(abs(days), DAYS_MAX) // _DAYS_PER_STEP)
    return _asked(add_working_days, _near(value), days, state or "NW")


@builtin("working days between", "from: day, to: day, state: string?")
def _working_days_between(
    runtime: Runtime, start: Value, to: Value, state: str | None = None
) -> Value:
    """Extension: how many working days come after ``from`` up to and with ``to``."""
    first, last = _near(start), _near(to)
    runtime.spend(min(abs((last - first).days), DAYS_MAX) // _DAYS_PER_STEP)
    return Decimal(_asked(working_days_between, first, last, state or "NW"))
