"""Working days of the Länder."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.workdays import STATES, add_working_days, is_working_day


@pytest.mark.parametrize(
    ("day", "state", "expected"),
    [
        (date(2026, 11, 23), "NW", True),
        (date(2026, 11, 22), "NW", False),
        (date(2026, 11, 21), "NW", False),
        (date(2026, 6, 4), "NW", False),  # Fronleichnam
        (date(2026, 6, 4), "BE", True),
        (date(2024, 11, 1), "NW", False),  # Allerheiligen
        (date(2024, 10, 31), "NW", True),  # Reformationstag
        (date(2024, 10, 31), "NI", False),
        (date(2026, 12, 24), "NW", True),
        (date(2026, 12, 25), "NW", False),
        (date(2025, 5, 8), "BE", False),  # only in 2025
    ],
)
def test_a_working_day_is_no_weekend_and_no_holiday(day: date, state: str, expected: bool) -> None:
    """Each Land has its own holidays."""
    assert is_working_day(day, state) is expected


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 21), 1, date(2026, 11, 23)),
        (date(2026, 12, 23), 3, date(2026, 12, 29)),
        (date(2026, 11, 23), -1, date(2026, 11, 20)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # over Easter
    ],
)
def test_days_are_counted_from_working_day_to_working_day(
    day: date, n: int, expected: date
) -> None:
    """Zero moves a free day to the next working day (§ 193 BGB)."""
    assert add_working_days(day, n) == expected


@pytest.mark.parametrize(
    ("day", "n", "state", "message"),
    [
        (date(2026, 1, 1), 1, "XX", "Das Land „XX“ gibt es nicht"),
        (date(1980, 1, 1), 1, "NW", "nur von 1991 bis 2100 bekannt"),
        (date(2026, 1, 1), 10_001, "NW", "Mehr als 10000 Arbeitstage"),
        (date(2100, 12, 31), 1, "NW", "nur von 1991 bis 2100 bekannt"),
    ],
)
def test_what_nobody_knows_is_refused(day: date, n: int, state: str, message: str) -> None:
    """A wrong Land or a year without known holidays is never guessed."""
    with pytest.raises(ValueError, match=message):
        add_working_days(day, n, state)


@given(
    st.dates(date(1995, 1, 1), date(2090, 1, 1)),
    st.integers(1, 60),
    st.sampled_from(sorted(STATES)),
)
def test_the_nth_working_day_has_n_working_days_up_to_it(day: date, n: int, state: str) -> None:
    """Counting by hand gives the same, and going back comes to the start or before it."""
    end = add_working_days(day, n, state)

    days = [day + timedelta(days=count) for count in range(1, (end - day).days + 1)]
    assert sum(is_working_day(each, state) for each in days) == n
    assert add_working_days(end, -n, state) <= day
