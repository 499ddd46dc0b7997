"""Working days of the German Länder: Monday to Friday without public holidays.

24 and 31 December are working days: they are no public holidays of any Land.

>>> is_working_day(date(2026, 6, 4)), is_working_day(date(2026, 6, 4), "BE")  # Fronleichnam
(False, True)
>>> add_working_days(date(2026, 12, 23), 3)
datetime.date(2026, 12, 29)
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

#: The years for which the library knows the holidays of the united Germany.
YEAR_MIN: Final = 1991
YEAR_MAX: Final = 2100

#: More is a slip of the pen: about forty years.
DAYS_MAX: Final = 10_000

STATES: Final = frozenset(
    "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH".split()  # noqa: SIM905  reads as a line
)
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=512)
def _holidays(year: int, state: str) -> frozenset[date]:
    # Loading the library takes a quarter of a second that most processes never need.
    from holidays import country_holidays

    return frozenset(country_holidays("DE", subdiv=state, years=year))


def is_working_day(day: date, state: str = "NW") -> bool:
    """Return whether offices of the Land work on that day.

    Raises ValueError for an unknown Land and for years without known holidays.

    >>> is_working_day(date(2026, 11, 23)), is_working_day(date(2026, 11, 22))
    (True, False)
    """
    return not is_holiday(day, state) and day.weekday() < _SATURDAY


def is_holiday(day: date, state: str = "NW") -> bool:
    """Return whether the day is a public holiday of the Land, on whatever day of the week.

    Raises ValueError as ``is_working_day`` does.

    >>> is_holiday(date(2026, 6, 4)), is_holiday(date(2026, 12, 24))
    (True, False)
    """
    if state not in STATES:
        raise ValueError(f"Das Land „{state[:20]}“ gibt es nicht. Richtig ist etwa „NW“.")
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise ValueError(f"Feiertage sind nur von {YEAR_MIN} bis {YEAR_MAX} bekannt.")
    return day in _holidays(day.year, state)


def working_days_between(start: date, end: date, state: str = "NW") -> int:
    """Return how many working days come after ``start`` up to and with ``end``.

    Negative when ``end`` is earlier. Raises ValueError as ``add_working_days`` does.

    >>> working_days_between(date(2026, 12, 23), date(2026, 12, 29))
    3
    >>> working_days_between(date(2026, 12, 29), date(2026, 12, 23))
    -3
    """
    if abs((end - start).days) > DAYS_MAX:
        raise ValueError(f"Mehr als {DAYS_MAX} Tage lassen sich nicht zählen.")
    first, last = sorted((start, end))
    days = (last - first).days
    if start <= end:
        return sum(is_working_day(first + n * _DAY, state) for n in range(1, days + 1))
    return -sum(is_working_day(first + n * _DAY, state) for n in range(days))


def add_working_days(day: date, n: int, state: str = "NW") -> date:
    """Return the ``n``-th working day after ``day``, before it when ``n`` is negative.

    With 0 it is the day itself or, when nobody works then, the next working day
    (§ 193 BGB). Raises ValueError as ``is_working_day`` does, and beyond 10,000 days.

    >>> add_working_days(date(2026, 5, 1), 0), add_working_days(date(2026, 5, 4), -1)
    (datetime.date(2026, 5, 4), datetime.date(2026, 4, 30))
    """
    if abs(n) > DAYS_MAX:
        raise ValueError(f"Mehr als {DAYS_MAX} Arbeitstage lassen sich nicht zählen.")
    step = _DAY if n >= 0 else -_DAY
    left = abs(n)
    is_working = is_working_day(day, state)
    while left or not is_working:
        day += step
        is_working = is_working_day(day, state)
        left -= is_working and left > 0
    return day
