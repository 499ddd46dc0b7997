"""Timers: zone-aware, fired once, in the order in which they were due, again and again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab import Lab

from laufzettel.clock import SystemClock
from laufzettel.db import Database
from laufzettel.engine.execution import timing
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.model.definition import EventKind
from laufzettel.engine.tables import audit_event, job, user_task

WAIT = "user a\nboundary b a timer {} calm\nuser note\nstart>a a>end b>note note>end"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "length", "due"),
    [
        # Summer time ends on 25 October 2026 at 3:00: a day is 25 hours, 24 hours are not a day.
        ("2026-10-24T12:00:00+02:00", "P1D", "2026-10-25T12:00:00+01:00"),
        ("2026-10-24T12:00:00+02:00", "PT24H", "2026-10-25T11:00:00+01:00"),
        ("2026-10-24T12:00:00+02:00", "P1M", "2026-11-24T12:00:00+01:00"),
        ("2026-10-25T02:30:00+02:00", "PT1H", "2026-10-25T02:30:00+01:00"),
        # It begins on 29 March 2026 at 2:00: a day is 23 hours, and 2:30 is not there.
        ("2026-03-28T12:00:00+01:00", "P1D", "2026-03-29T12:00:00+02:00"),
        ("2026-03-28T12:00:00+01:00", "PT24H", "2026-03-29T13:00:00+02:00"),
        ("2026-03-28T02:30:00+01:00", "P1D", "2026-03-29T03:30:00+02:00"),
        ("2026-01-31T09:00:00+01:00", "P1M", "2026-02-28T09:00:00+01:00"),
    ],
)
def test_days_keep_the_hour_of_the_office_and_hours_are_exact(
    now: str, length: str, due: str
) -> None:
    found = timing.due(EventKind.TIMER_DURATION, length, now=at(now), element="a")

    assert found == at(due)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"),  # twice that night: the first
        ("2026-03-29T12:00:00", "2026-03-29T12:00:00+02:00"),
        ("2026-10-25T12:00:00", "2026-10-25T12:00:00+01:00"),
        ("2026-10-25T12:00:00Z", "2026-10-25T12:00:00+00:00"),
        ("2026-10-25T12:00:00@America/New_York", "2026-10-25T12:00:00-04:00"),
    ],
)
def test_a_date_without_a_zone_is_of_the_office(text: str, due: str) -> None:
    found = timing.due(EventKind.TIMER_DATE, text, now=at("2026-01-01T00:00:00Z"), element="a")

    assert found == at(due)


def test_a_daily_timer_keeps_its_hour_over_the_end_of_summer_time() -> None:
    first = timing.cycle("R3/P1D", now=at("2026-10-24T09:00:00+02:00"), element="a")

    second = timing.again(first, element="a")
    assert second is not None
    third = timing.again(second, element="a")
    assert third is not None

    assert [one.due for one in (first, second, third)] == [
        at("2026-10-25T09:00:00+01:00"),
        at("2026-10-26T09:00:00+01:00"),
        at("2026-10-27T09:00:00+01:00"),
    ]
    assert timing.again(third, element="a") is None


def test_a_cycle_may_begin_at_a_date() -> None:
    first = timing.cycle(
        "R/2026-12-01T08:00:00+01:00/P1M", now=at("2026-11-23T08:00:00Z"), element="a"
    )

    assert (first.due, first.left) == (at("2026-12-01T07:00:00Z"), None)


@pytest.mark.parametrize(
    "text", ["R0/PT1H", "R3", "PT1H", "R/PT0S", "R-1/PT1H", "3/PT1H", "R3/soon/PT1H", "* * * * *"]
)
def test_what_is_no_repetition_is_an_incident(text: str) -> None:
    with pytest.raises(Unevaluable):
        timing.cycle(text, now=at("2026-11-23T08:00:00Z"), element="a")


def test_a_cycle_fires_as_often_as_it_says_beside_its_activity() -> None:
    case = Lab(WAIT.format("R2/PT1H"))

    case.fire("b")
    assert case.changes.timers[0].due == datetime(2026, 11, 23, 10, tzinfo=UTC)
    case.fire("b")

    assert case.changes.timers == []
    assert sorted(case.waits) == ["a", "note", "note"]


def test_completing_the_activity_ends_the_cycle(desk: Desk) -> None:
    desk.start(WAIT.format("R/PT1H"))
    desk.run_jobs(hours=2)
    assert sorted(desk.tasks()) == ["a", "note", "note"]

    desk.complete("a")
    desk.run_jobs(days=1)

    assert desk.tasks() == ["note", "note"]
    assert desk.rows(job) == []


def test_a_cycle_that_stood_still_makes_up_for_every_firing_without_drift(desk: Desk) -> None:
    desk.start(WAIT.format("R/PT1H"))

    desk.run_jobs(minutes=195)

    assert sorted(desk.tasks()) == ["a", "note", "note", "note"]
    (waiting,) = desk.rows(job)
    assert waiting.due == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_after_three_days_all_overdue_timers_fire_once_in_the_order_they_were_due(
    desk: Desk,
) -> None:
    """Set in another order than they are due, some at the same moment."""
    desk.deploy(
        "knows hours\nuser a\nboundary b a timer =duration(hours)\nuser late\n"
        "start>a a>end b>late late>end"
    )
    hours = [50, 3, 71, 20, 3, 44]
    cases = {desk.start(hours=f"PT{number}H"): number for number in hours}

    desk.run_jobs(days=3)

    fired = desk.rows(audit_event, audit_event.c.kind == "timer.fired")
    assert sorted(cases[row.stream] for row in fired) == sorted(hours)
    notes = desk.rows(user_task, user_task.c.element == "late")
    order = [cases[row.case_id] for row in sorted(notes, key=lambda row: row.id)]
    assert order == sorted(hours)
    assert desk.rows(job) == []
    assert desk.tasks() == ["late"] * 6


def test_a_timer_fires_once_however_many_workers_see_it_due(desk: Desk) -> None:
    desk.start("user a\nboundary b a timer PT1H calm\nuser note\nstart>a a>end b>note note>end")
    desk.clock.advance(hours=1)

    threads = [threading.Thread(target=desk.jobs.run_due) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(desk.tasks()) == ["a", "note"]


@pytest.mark.parametrize("timer_first", [True, False])
def test_of_timer_and_completion_the_first_wins_and_the_other_is_told(
    desk: Desk, timer_first: bool
) -> None:
    desk.start(
        "user a\nboundary b a timer PT1H\nuser late\nuser done\n"
        "start>a a>done done>end b>late late>end"
    )
    desk.clock.advance(hours=1)
    task = desk.task("a")
    if timer_first:
        desk.run_jobs()
        with pytest.raises(Exception, match=r"erledigt|nicht mehr|schon"):
            desk.engine.complete(desk.person("yilmaz"), task.id, {})
    else:
        desk.complete("a")
        desk.run_jobs()

    assert desk.tasks() == (["late"] if timer_first else ["done"])
    assert desk.rows(job) == []


def test_the_clock_of_the_database_decides_when_a_timer_is_due(
    migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's own clock runs a year ahead; the database's is everybody's."""
    monkeypatch.setattr(SystemClock, "now", lambda self: datetime(2200, 1, 1, tzinfo=UTC))
    db = Database(migrated_postgres_url)
    jobs = LoopJobs(db)
    jobs.handler("timer", lambda job: pytest.fail("it is not due yet"))

    with db.write() as connection:
        soon = db.now(connection) + timedelta(hours=1)
        jobs.submit(connection, "timer", "1", tenant="t", at=soon)

    assert jobs.run_due() == 0
    db.close()
