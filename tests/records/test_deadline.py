"""The last moment to act, counted back from the outer date (practice.md 2.11, S2)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.clock import OFFICE_ZONE
from laufzettel.money import Money
from laufzettel.records.deadline import (
    DEFAULT_CALENDAR,
    Deadline,
    Discount,
    Ground,
    PaymentCalendar,
    PaymentRun,
    deadline,
    last_moment,
)
from laufzettel.workdays import is_working_day

DAYS = st.dates(date(1993, 1, 1), date(2098, 12, 31))
CALENDARS = st.builds(
    PaymentCalendar,
    runs=st.lists(
        st.builds(PaymentRun, weekday=st.integers(0, 4), at=st.sampled_from([time(9), time(11)])),
        min_size=1,
        max_size=4,
    ).map(tuple),
    lead_minutes=st.sampled_from([0, 60, 1440]),
    bank_days=st.integers(0, 3),
    days_per_signature=st.integers(0, 3),
)


def at(text: str) -> datetime:
    """Return the moment of an office clock."""
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE_ZONE)


def skonto(until: str, amount: str) -> Discount:
    return Discount(until=date.fromisoformat(until), amount=Money.parse(amount))


def next_deadline(
    *steps: Discount, due: str | None, now: str, after: int = 0, received: str = "2026-11-23"
) -> Deadline | None:
    """Return the deadline of an invoice of Musterstadt."""
    return deadline(
        steps,
        due_on=date.fromisoformat(due) if due else None,
        received_on=date.fromisoformat(received),
        calendar=DEFAULT_CALENDAR,
        signatures_after=after,
        now=at(now),
    )


@pytest.mark.parametrize(
    ("outer", "after", "expected"),
    [
        ("2026-12-04", 0, "2026-12-03T10:00"),  # S2: Skonto until Friday, the last signature
        ("2026-12-04", 1, "2026-12-02T10:00"),
        ("2026-12-04", 2, "2026-12-01T10:00"),
        ("2026-12-04", 4, "2026-11-27T10:00"),  # over a weekend
        ("2026-12-03", 0, "2026-12-01T10:00"),  # the bank needs Wednesday: run of Tuesday
        ("2026-12-05", 0, "2026-12-03T10:00"),  # a Saturday counts as the Friday before
        ("2026-12-26", 0, "2026-12-22T10:00"),  # over Christmas: the run of Tuesday
        ("2027-01-01", 0, "2026-12-29T10:00"),  # a holiday counts as the day before
        ("2026-06-05", 0, "2026-06-02T10:00"),  # no run on Fronleichnam
    ],
)
def test_the_last_moment_is_counted_back_from_the_outer_date(
    outer: str, after: int, expected: str
) -> None:
    """Bank, payment run with an hour before it, a working day for each later signature."""
    moment = last_moment(date.fromisoformat(outer), DEFAULT_CALENDAR, signatures_after=after)

    assert moment == at(expected)


def test_a_calendar_without_bank_and_lead_pays_on_the_day_itself() -> None:
    runs = (PaymentRun(weekday=4, at=time(9, 30)), PaymentRun(weekday=4, at=time(14)))
    calendar = PaymentCalendar(runs=runs, lead_minutes=0, bank_days=0)

    assert last_moment(date(2026, 12, 4), calendar) == at("2026-12-04T14:00")


def test_the_earliest_skonto_within_reach_is_the_deadline_with_its_euros() -> None:
    found = next_deadline(
        skonto("2026-12-11", "373.07"),
        skonto("2026-12-04", "746.13"),
        due="2026-12-20",
        now="2026-11-30T08:00",
    )

    assert found == Deadline(
        act_by=at("2026-12-03T10:00"),
        outer=date(2026, 12, 4),
        ground=Ground.SKONTO,
        stake=Money.parse("746.13"),
    )


def test_a_skonto_out_of_reach_gives_way_to_the_next_step() -> None:
    """One minute too late for the first; two signatures later it was lost days ago."""
    steps = (skonto("2026-12-04", "746.13"), skonto("2026-12-11", "373.07"))

    late = next_deadline(*steps, due="2026-12-20", now="2026-12-03T10:01")
    early = next_deadline(*steps, due="2026-12-20", now="2026-12-02T08:00", after=2)

    assert late is not None and early is not None
    assert (late.outer, str(late.stake)) == (date(2026, 12, 11), "373.07 EUR")
    assert (early.act_by, str(early.stake)) == (at("2026-12-08T10:00"), "373.07 EUR")


def test_at_the_very_minute_it_is_not_too_late() -> None:
    found = next_deadline(skonto("2026-12-04", "746.13"), due="2026-12-20", now="2026-12-03T10:00")

    assert found is not None
    assert (found.ground, found.is_past(at("2026-12-03T10:00"))) == (Ground.SKONTO, False)


def test_after_every_skonto_the_due_date_counts_and_nothing_is_at_stake() -> None:
    found = next_deadline(skonto("2026-12-04", "746.13"), due="2026-12-18", now="2026-12-07T08:00")

    assert found == Deadline(
        act_by=at("2026-12-17T10:00"), outer=date(2026, 12, 18), ground=Ground.DUE, stake=None
    )


def test_a_deadline_that_is_past_is_said_and_not_moved() -> None:
    """„Zahlungsziel heute“ with two signatures to go is lost already."""
    found = next_deadline(due="2026-11-30", now="2026-11-30T08:00", after=2)

    assert found is not None
    assert found.act_by == at("2026-11-24T10:00")
    assert found.is_past(at("2026-11-30T08:00"))


def test_without_a_due_date_default_begins_thirty_days_after_receipt() -> None:
    found = next_deadline(due=None, now="2026-11-23T08:00", received="2026-11-12")

    assert found is not None
    assert (found.outer, found.ground) == (date(2026, 12, 12), Ground.LEGAL)
    assert found.act_by == at("2026-12-10T10:00")


def test_a_date_beyond_every_calendar_has_no_deadline() -> None:
    assert next_deadline(due="9999-12-31", now="2026-11-23T08:00") is None


def test_a_skonto_that_ended_before_all_calendars_is_passed_over() -> None:
    found = next_deadline(skonto("0001-01-01", "1.00"), due="2026-12-18", now="2026-11-23T08:00")

    assert found is not None
    assert found.ground is Ground.DUE


@given(outer=DAYS, calendar=CALENDARS, after=st.integers(0, 4))
def test_the_last_moment_is_a_working_day_before_the_bank_days(
    outer: date, calendar: PaymentCalendar, after: int
) -> None:
    moment = last_moment(outer, calendar, signatures_after=after)

    assert moment is not None
    assert is_working_day(moment.date())
    assert moment.date() <= outer - timedelta(days=calendar.bank_days)


@given(outer=DAYS, calendar=CALENDARS, after=st.integers(0, 4))
def test_more_signatures_and_earlier_dates_never_give_more_time(
    outer: date, calendar: PaymentCalendar, after: int
) -> None:
    moment = last_moment(outer, calendar, signatures_after=after)
    more = last_moment(outer, calendar, signatures_after=after + 1)
    earlier = last_moment(outer - timedelta(days=1), calendar, signatures_after=after)

    assert moment is not None and more is not None and earlier is not None
    assert more <= moment
    assert earlier <= moment


@given(outer=DAYS, calendar=CALENDARS)
def test_the_last_signature_is_in_time_for_a_run_of_the_calendar(
    outer: date, calendar: PaymentCalendar
) -> None:
    moment = last_moment(outer, calendar)

    assert moment is not None
    if calendar.lead_minutes < 1440:  # a lead of a day may lie on a Sunday
        run = moment + timedelta(minutes=calendar.lead_minutes)
        assert (run.weekday(), run.time()) in {(one.weekday, one.at) for one in calendar.runs}
