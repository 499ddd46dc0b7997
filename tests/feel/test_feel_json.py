"""Values stored as JSON come back as what they were."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from laufzettel.engine.feel import (
    DaysTimeDuration,
    FarDate,
    Range,
    YearsMonthsDuration,
    evaluate,
    from_json,
    to_json,
)

BERLIN = ZoneInfo("Europe/Berlin")

FORMS: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    ("a", "a"),
    (Decimal("12.30"), {"$": "n", "v": "12.30"}),
    (date(2026, 11, 23), {"$": "d", "v": "2026-11-23"}),
    (FarDate(-44, 3, 15), {"$": "d", "v": "-0044-03-15"}),
    (time(8, 30), {"$": "t", "v": "08:30:00"}),
    (datetime(2026, 11, 23, 8, 30, tzinfo=UTC), {"$": "dt", "v": "2026-11-23T08:30:00Z"}),
    (
        datetime(2026, 11, 23, 8, 30, 0, 5, tzinfo=timezone(timedelta(hours=-2))),
        {"$": "dt", "v": "2026-11-23T08:30:00.000005-02:00"},
    ),
    (
        datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
        {"$": "dt", "v": "2026-10-25T02:30:00@Europe/Berlin", "f": 1},
    ),
    (DaysTimeDuration(1), {"$": "p", "v": "PT0.000000001S"}),
    (YearsMonthsDuration(18), {"$": "ym", "v": "P1Y6M"}),
    (YearsMonthsDuration(0), {"$": "ym", "v": "P0M"}),
    ([Decimal(1), [None]], [{"$": "n", "v": "1"}, [None]]),
    ({"a": {"b": "c"}}, {"a": {"b": "c"}}),
    ({"$": "n", "v": "1"}, {"$": "c", "v": {"$": "n", "v": "1"}}),
    (
        Range(Decimal(1), Decimal(2), True, False),
        {
            "$": "r",
            "v": [{"$": "n", "v": "1"}, {"$": "n", "v": "2"}],
            "b": "[)",
            "m": [False, False],
        },
    ),
]


@pytest.mark.parametrize(("value", "form"), FORMS)
def test_a_value_has_one_form_and_comes_back_from_it(value: Any, form: Any) -> None:
    """The kind is kept: a number never turns into a text, a date never into a moment."""
    assert to_json(value) == form

    back = from_json(json.loads(json.dumps(form)))
    assert (back, type(back)) == (value, type(value))
    assert getattr(back, "fold", 0) == getattr(value, "fold", 0)
    assert str(getattr(back, "tzinfo", "")) == str(getattr(value, "tzinfo", ""))


def test_the_places_of_a_number_are_kept() -> None:
    """12.30 is stored as 12.30."""
    assert str(from_json(to_json(Decimal("12.30")))) == "12.30"
    assert str(from_json(to_json(Decimal("1E+20")))) == "1E+20"


@pytest.mark.parametrize("bad", [0.5, object(), {1: 2}, [0.5], {"a": {1, 2}}])
def test_what_is_no_value_is_not_stored(bad: Any) -> None:
    """A float has no form."""
    with pytest.raises(TypeError):
        to_json(bad)


def test_a_function_is_not_stored() -> None:
    """A case holds data, never code."""
    with pytest.raises(TypeError, match="lässt sich nicht speichern"):
        to_json(evaluate("function(x) x", {}).value)


@pytest.mark.parametrize(
    "bad",
    [
        0.5,
        7,
        {"$": "n", "v": "NaN"},
        {"$": "n", "v": "1e99999"},
        {"$": "n", "v": "1_0"},
        {"$": "n", "v": 5},
        {"$": "n"},
        {"$": "x", "v": "1"},
        {"$": ["n"], "v": "1"},
        {"$": "d", "v": "2026-02-30"},
        {"$": "c", "v": [1]},
        {"$": "r", "v": ["a"], "b": "[]", "m": [False, False]},
        [{"$": None}],
    ],
)
def test_what_nobody_wrote_is_refused(bad: Any) -> None:
    """A damaged case is noticed when it is read."""
    with pytest.raises(ValueError, match="Kein gespeicherter"):
        from_json(bad)
