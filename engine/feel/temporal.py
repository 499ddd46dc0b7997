"""Dates, times and durations: reading them strictly, writing them, reckoning with them.

Zones are kept as written, by name (``@Europe/Berlin``) or by offset (``+02:00``). A moment
with a zone and one without are never compared: the answer would be a guess.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from laufzettel.engine.feel.values import (
    DURATION_MONTHS_MAX,
    DURATION_NANOSECONDS_MAX,
    DaysTimeDuration,
    FarDate,
    Value,
    YearsMonthsDuration,
)

Temporal: TypeAlias = date | time | datetime

_DATE: Final = r"(-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-([0-9]{2})-([0-9]{2})"
_ZONE: Final = (
    r"(Z|z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z][A-Za-z0-9_+\-]{0,31}"
    r"(?:/[A-Za-z0-9_+\-]{1,31}){0,3})?"
)
_TIME: Final = r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?" + _ZONE
_DATE_ONLY: Final = re.compile(_DATE, re.ASCII)
_TIME_ONLY: Final = re.compile(_TIME, re.ASCII)
_DATE_TIME: Final = re.compile(f"{_DATE}T{_TIME}", re.ASCII)
_DAYS_TIME: Final = re.compile(
    r"(-)?P(?:([0-9]{1,12})D)?"
    r"(?:T(?:([0-9]{1,14})H)?(?:([0-9]{1,16})M)?(?:([0-9]{1,18})(?:\.([0-9]*))?S)?)?",
    re.ASCII,
)
_YEARS_MONTHS: Final = re.compile(r"(-)?P(?:([0-9]{1,11})Y)?(?:([0-9]{1,12})M)?", re.ASCII)
# The offset of a named zone at a bare time of day depends on the day; this one is agreed on.
_REFERENCE_DAY: Final = date(2000, 1, 1)
_MIDNIGHT: Final = time()


def parse_any(text: str) -> Value:
    """Return the date, time, date and time or duration that ``text`` writes, else None.

    >>> parse_any("2026-11-23"), parse_any("08:30:00"), parse_any("morgen")
    (datetime.date(2026, 11, 23), datetime.time(8, 30), None)
    """
    readers: tuple[Callable[[str], Value], ...] = (
        parse_date,
        parse_date_time,
        parse_time,
        parse_duration,
    )
    return next((value for read in readers if (value := read(text)) is not None), None)


def parse_date(text: str) -> date | FarDate | None:
    """Return the day that ``text`` writes as ``YYYY-MM-DD``, or None."""
    found = _DATE_ONLY.fullmatch(text)
    return make_date(*(int(part) for part in found.groups())) if found else None


def make_date(year: int, month: int, day: int) -> date | FarDate | None:
    """Return that day, or None when the calendar has none.

    >>> make_date(2026, 2, 29) is None, str(make_date(-44, 3, 15))
    (True, '-0044-03-15')
    """
    if 1 <= year <= 9999:
        try:
            return date(year, month, day)
        except ValueError:
            return None
    # The calendar repeats after 400 years, so a near year tells how long the month is.
    if year == 0 or abs(year) > 999_999_999 or not 1 <= month <= 12:
        return None
    is_day = 1 <= day <= monthrange(2000 + year % 400, month)[1]
    return FarDate(year, month, day) if is_day else None


def parse_time(text: str) -> time | None:
    """Return the time of day that ``text`` writes, with its zone, or None.

    >>> parse_time("10:30:11+02:00").isoformat(), parse_time("25:00:00")
    ('10:30:11+02:00', None)
    """
    found = _TIME_ONLY.fullmatch(text)
    return _time(*found.groups()) if found else None


def _time(
    hour: str, minute: str, second: str, fraction: str | None, zone: str | None
) -> time | None:
    try:
        return time(
            int(hour), int(minute), int(second), _microseconds(fraction), tzinfo=parse_zone(zone)
        )
    except ValueError:
        return None


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))


def parse_date_time(text: str) -> datetime | None:
    """Return the moment that ``text`` writes, or None; 24:00:00 is the next midnight.

    >>> parse_date_time("2026-12-31T24:00:00").isoformat()
    '2027-01-01T00:00:00'
    """
    found = _DATE_TIME.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, *rest = found.groups()
    is_midnight = hour == "24" and rest[:2] == ["00", "00"] and not int(rest[2] or "0")
    at_day = make_date(int(year), int(month), int(day))
    at_time = _time("00" if is_midnight else hour, *rest)
    if not isinstance(at_day, date) or at_time is None:
        return None
    try:
        return datetime.combine(at_day + timedelta(days=is_midnight), at_time)
    except OverflowError:
        return None


def parse_zone(text: str | None) -> tzinfo | None:
    """Return the zone that ``text`` names; None for no text.

    Raises ValueError when there is no such zone.

    >>> parse_zone("Z"), parse_zone("@Europe/Berlin").key
    (datetime.timezone.utc, 'Europe/Berlin')
    """
    if not text:
        return None
    if text in ("Z", "z"):
        return UTC
    if text.startswith("@"):
        return _zone(text[1:])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    if hours > 14 or minutes > 59 or any(second > 59 for second in seconds):
        raise ValueError(f"not an offset: {text!r}")
    offset = timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
    return timezone(-offset if text.startswith("-") else offset) if offset else UTC


@lru_cache(maxsize=512)
def _zone(key: str) -> ZoneInfo:
    try:
        return ZoneInfo(key)
    except (KeyError, OSError) as error:  # OSError: the name of a folder of zones
        raise ValueError(f"not a zone: {key!r}") from error


def parse_duration(text: str) -> DaysTimeDuration | YearsMonthsDuration | None:
    """Return the duration that ``text`` writes in ISO form, or None.

    >>> str(parse_duration("PT1000M")), str(parse_duration("P26M")), parse_duration("P1Y2D")
    ('PT16H40M', 'P2Y2M', None)
    """
    found = _YEARS_MONTHS.fullmatch(text)
    if found and text[-1] != "P":
        sign, years, months = found.groups()
        return years_months(_signed(sign, int(years or 0) * 12 + int(months or 0)))
    found = _DAYS_TIME.fullmatch(text)
    if not found or text[-1] in "PT":
        return None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    whole = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60
    nanoseconds = (whole + int(seconds or 0)) * 10**9 + int((fraction or "")[:9].ljust(9, "0"))
    return days_time(_signed(sign, nanoseconds))


def _signed(sign: str | None, amount: int) -> int:
    return -amount if sign else amount


def days_time(nanoseconds: int) -> DaysTimeDuration | None:
    """Return that duration, or None beyond the limit."""
    fits = abs(nanoseconds) <= DURATION_NANOSECONDS_MAX
    return DaysTimeDuration(nanoseconds) if fits else None


def years_months(months: int) -> YearsMonthsDuration | None:
    """Return that duration, or None beyond the limit."""
    return YearsMonthsDuration(months) if abs(months) <= DURATION_MONTHS_MAX else None


def temporal_text(value: Value) -> str:
    """Return a date, time, moment or duration as FEEL writes it.

    >>> temporal_text(datetime(2026, 7, 1, 6, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    '2026-07-01T06:30:00@Europe/Berlin'
    """
    if isinstance(value, (datetime, time)):
        plain = value.replace(tzinfo=None).isoformat()
        if value.microsecond:
            plain = plain.rstrip("0")
        return plain + zone_text(value.tzinfo)
    return value.isoformat() if isinstance(value, date) else str(value)


def zone_text(zone: tzinfo | None) -> str:
    """Return the zone as it follows a time."""
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    offset = zone.utcoffset(None) or timedelta()
    return str(timezone(offset)).removeprefix("UTC") or "Z"


def offset_of(value: datetime | time) -> timedelta | None:
    """Return how far the value is ahead of UTC, or None without a zone."""
    if isinstance(value, time) and isinstance(value.tzinfo, ZoneInfo):
        return datetime.combine(_REFERENCE_DAY, value).utcoffset()
    return value.utcoffset()


def timeline(value: Temporal) -> tuple[bool, int]:
    """Return whether the value has a zone, and its place on the line in microseconds.

    Two values can be compared when both have a zone or neither has one.
    """
    if isinstance(value, time):
        micros = ((value.hour * 60 + value.minute) * 60 + value.second) * 10**6
        offset = offset_of(value)
        shift = offset // timedelta(microseconds=1) if offset is not None else 0
        return offset is not None, micros + value.microsecond - shift
    moment = value if isinstance(value, datetime) else datetime.combine(value, _MIDNIGHT)
    offset = moment.utcoffset()
    plain = moment.replace(tzinfo=None) - datetime.min
    # Not by way of astimezone(): the first and last hours of the calendar have no UTC.
    return offset is not None, (plain - (offset or timedelta())) // timedelta(microseconds=1)


def comparable(left: datetime | time, right: datetime | time) -> tuple[int, int]:
    """Return the places of both on one line, in microseconds.

    Where only one has a zone, the other counts as in the same (DMN 1.5, table 54).
    """
    left_zone, left_at = timeline(left)
    right_zone, right_at = timeline(right)
    if left_zone == right_zone:
        return left_at, right_at
    return timeline(left.replace(tzinfo=None))[1], timeline(right.replace(tzinfo=None))[1]


def add_duration(value: Temporal, duration: DaysTimeDuration) -> Temporal:
    """Return the value moved by the duration; a date moves from its midnight.

    A moment with a named zone moves by elapsed time. Raises OverflowError off the calendar.
    """
    delta = duration.timedelta
    if isinstance(value, datetime):
        if not isinstance(value.tzinfo, ZoneInfo):
            return value + delta
        return (value.astimezone(UTC) + delta).astimezone(value.tzinfo)
    if isinstance(value, time):
        moved = datetime.combine(_REFERENCE_DAY, value.replace(tzinfo=None)) + (
            delta % timedelta(days=1)
        )
        return moved.time().replace(tzinfo=value.tzinfo)
    return (datetime.combine(value, _MIDNIGHT) + delta).date()


def add_months(value: date | datetime, months: int) -> date | datetime:
    """Return the same day that many months on, clamped to the end of the month.

    Raises ValueError or OverflowError off the calendar.

    >>> add_months(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("off the calendar")
    day = min(value.day, monthrange(year, month + 1)[1])
    return value.replace(year=year, month=month + 1, day=day)


def difference(left: Temporal, right: Temporal) -> DaysTimeDuration | None:
    """Return ``left - right``; a date is its midnight in UTC. None when zones do not fit."""
    left_zone, left_at = timeline(left)
    right_zone, right_at = timeline(right)
    if type(left) is not type(right):  # the date beside a moment counts as UTC
        left_zone = left_zone or type(left) is date
        right_zone = right_zone or type(right) is date
    if left_zone != right_zone:
        return None
    return DaysTimeDuration((left_at - right_at) * 1000)
