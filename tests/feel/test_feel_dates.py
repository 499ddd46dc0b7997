"""Dates, times, durations and zones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from laufzettel.engine.feel import evaluate


def text_of(expression: str) -> Any:
    return evaluate(f"string({expression})", {}).value


ARITHMETIC = [
    ('@"2024-01-31" + @"P1M"', "2024-02-29"),
    ('@"2023-01-31" + @"P1M"', "2023-02-28"),
    ('@"2024-02-29" - @"P1Y"', "2023-02-28"),
    ('@"2026-12-31" + @"P1D"', "2027-01-01"),
    ('@"2026-11-23" + @"PT36H"', "2026-11-24"),
    ('@"2026-11-23" - @"2026-11-01"', "P22D"),
    ('@"2026-11-23T10:00:00" - @"2026-11-22T08:30:00"', "P1DT1H30M"),
    ('@"2026-11-23T10:00:00Z" - @"2026-11-23T10:00:00+02:00"', "PT2H"),
    ('@"2026-03-28T12:00:00@Europe/Berlin" + @"PT24H"', "2026-03-29T13:00:00@Europe/Berlin"),
    ('@"2026-11-23T10:00:00+02:00" + @"PT1H"', "2026-11-23T11:00:00+02:00"),
    ('@"23:30:00" + @"PT1H"', "00:30:00"),
    ('@"10:00:00" - @"08:30:00"', "PT1H30M"),
    ('@"P1D" * 1.5', "P1DT12H"),
    ('2 * @"P7M"', "P1Y2M"),
    ('@"P1Y" / 2', "P6M"),
    ('@"P10D" / @"P5D"', "2"),
    ('@"P1D" - @"PT2H"', "PT22H"),
    ('-@"P1D"', "-P1D"),
    ('@"PT0.999S"', "PT0.999S"),
    ('@"PT70S".seconds', "10"),
    ('@"PT1.50S".seconds', "1.5"),
    ('@"08:30:20".second', "20"),
    ('@"2026-12-31T24:00:00"', "2027-01-01T00:00:00"),
    ('date(2026, 2, 28) + duration("P1D")', "2026-03-01"),
    ('date("2026-11-23T10:00:00")', None),
    ('date(date and time("2026-11-23T23:30:00@Europe/Berlin"))', "2026-11-23"),
    ('time(@"2026-11-23T10:00:00Z")', "10:00:00Z"),
    ("time(8, 30, 15.5)", "08:30:15.5"),
    ('time(8, 30, 0, @"PT2H")', "08:30:00+02:00"),
    ('date and time(@"2026-11-23", @"08:30:00")', "2026-11-23T08:30:00"),
    ('date and time("2026-11-23")', "2026-11-23T00:00:00"),
    ('years and months duration(@"2024-01-31", @"2026-03-30")', "P2Y1M"),
    ('years and months duration(@"2026-03-30", @"2024-01-31")', "-P2Y1M"),
    ('date("-2017-12-31")', "-2017-12-31"),
    ('@"2026-11-23T08:00:00@Europe/Berlin".timezone', "Europe/Berlin"),
    ('@"2026-11-23T08:00:00@Europe/Berlin".time offset', "PT1H"),
    ('@"2026-07-23T08:00:00@Europe/Berlin".time offset', "PT2H"),
]


@pytest.mark.parametrize(("expression", "expected"), ARITHMETIC)
def test_dates_follow_the_calendar(expression: str, expected: str | None) -> None:
    """Months clamp to their end, zones keep their name, elapsed time crosses summer time."""
    assert text_of(expression) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@"2026-11-23T10:00:00Z" = @"2026-11-23T11:00:00+01:00"', True),
        ('@"2026-11-23T10:00:00@Europe/Berlin" < @"2026-11-23T10:00:00Z"', True),
        ('@"10:00:00Z" = @"12:00:00+02:00"', True),
        ('@"2026-11-23" = @"2026-11-23T00:00:00"', None),
        ('@"2026-11-23T10:00:00" < @"2026-11-23T10:00:00Z"', False),
        ('@"P12M" = @"P1Y"', True),
        ('@"P365D" = @"P1Y"', None),
        ('@"P30D" < @"P1M"', None),
        ('@"2026-11-23" in [@"2026-11-01"..@"2026-11-30"]', True),
        ('date("-2017-12-31") < @"2026-01-01"', True),
        ('is(@"10:00:00Z", @"12:00:00+02:00")', False),
    ],
)
def test_only_like_is_compared_with_like(text: str, expected: bool | None) -> None:
    """A date is no moment, days are no months; a missing zone is that of the other side."""
    assert evaluate(text, {}).value is expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29",
        "2026-13-01",
        "0000-01-01",
        "99999-01-01T00:00:00",
        "25:00:00",
        "10:00",
        "2026-11-23T10:00:00@Europe/Nirgendwo",
        "2026-11-23T10:00:00@Europe",
        "2026-11-23T10:00:00@../../etc/passwd",
        "2026-11-23T10:00:00+15:00",
        "9999-12-31T24:00:00",
        "P1Y2D",
        "PT",
        "P",
        "P999999999999999999Y",
        "٢٠٢٦-11-23",
        "morgen",
        "",
    ],
)
def test_what_is_no_date_is_null_with_an_error(text: str) -> None:
    """A literal that writes nothing is found by its place."""
    outcome = evaluate(f'@"{text}"', {})

    assert outcome.value is None
    assert [(w.code, w.is_error) for w in outcome.warnings] == [("failed_conversion", True)]


def test_reckoning_off_the_calendar_is_null_with_an_error() -> None:
    """The calendar ends with the year 9999."""
    for text in ('@"9999-12-31" + @"P1D"', '@"0001-01-01" - @"P1M"', '@"P1D" * 1e40'):
        outcome = evaluate(text, {})
        assert (outcome.value, [w.code for w in outcome.errors]) == (None, ["arithmetic"])


def test_a_far_date_is_known_but_warned_of() -> None:
    """A year such as 20226 is a slip of the pen in an office."""
    outcome = evaluate('@"20226-11-23"', {})

    assert str(outcome.value) == "20226-11-23"
    assert [warning.code for warning in outcome.errors] == ["far_date"]


def test_today_is_the_day_in_the_office() -> None:
    """Half past eleven at night in UTC is tomorrow in Berlin."""
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)

    assert evaluate("today()", {}, now=late).value == date(2026, 7, 2)
    assert evaluate("now() - now()", {}, now=late).value.nanoseconds == 0


def test_without_a_clock_there_is_no_now() -> None:
    """Nothing reads the machine's clock."""
    outcome = evaluate("now()", {})

    assert outcome.value is None
    assert outcome.errors[0].text_de == (
        "Hier gibt es keine Uhr. Bitte das Datum als Eingabe übergeben."
    )
