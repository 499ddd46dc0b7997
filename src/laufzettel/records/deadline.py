"""The last moment at which a person can still act, and the euros behind it. Pure rules.

A deadline is the last day on which *this* person can still do something about it
(practice.md 2.11): counted back from the outer date over the bank, the payment run and the
signatures that come after.

>>> skonto = Discount(until=date(2026, 12, 4), amount=Money.parse("746.13"))
>>> found = deadline(
...     [skonto], due_on=date(2026, 12, 20), received_on=date(2026, 11, 20),
...     calendar=DEFAULT_CALENDAR, signatures_after=0,
...     now=datetime(2026, 11, 30, 8, 0, tzinfo=OFFICE_ZONE))
>>> found.act_by.isoformat(), str(found.stake)
('2026-12-03T10:00:00+01:00', '746.13 EUR')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from laufzettel.clock import OFFICE_ZONE
from laufzettel.money import Money
from laufzettel.workdays import YEAR_MAX, YEAR_MIN, add_working_days, is_working_day

_DAY: Final = timedelta(days=1)
#: A run of one fixed weekday falls on a holiday at most three weeks in a row (25.12., 01.01.).
_RUN_SEARCH_DAYS: Final = 70
#: § 286 (3) BGB: default begins thirty days after receipt at the latest.
LEGAL_DAYS: Final = 30


class Ground(StrEnum):
    """Why the outer date is what it is."""

    SKONTO = "skonto"  # the discount ends
    DUE = "due"  # the invoice is due (BT-9)
    DUNNED = "dunned"  # a Mahnung sets a day
    LEGAL = "legal"  # no due date given: default begins by law, § 286 (3) BGB


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRun:
    """One Zahllauf of the week: Monday is 0."""

    weekday: int
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCalendar:
    """When a Kommune pays, and how long a signature takes there."""

    runs: tuple[PaymentRun, ...]  # at least one
    lead_minutes: int = 60  # so long before a run its orders must be in
    bank_days: int = 1  # working days from the run to the payee's account
    days_per_signature: int = 1  # working days that each later signature takes


#: Tuesday and Thursday at eleven.
DEFAULT_CALENDAR: Final = PaymentCalendar(
    runs=(PaymentRun(weekday=1, at=time(11)), PaymentRun(weekday=3, at=time(11)))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """One step of Skonto: what is saved by paying until that day."""

    until: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Until when somebody can act, the date behind it, and what is lost after that."""

    act_by: datetime  # may lie in the past: a lost deadline is said, not moved
    outer: date
    ground: Ground
    stake: Money | None = None  # the Skonto; None where only the due date passes

    def is_past(self, now: datetime) -> bool:
        """Say whether it is too late already."""
        return self.act_by < now


def deadline(
    discounts: Iterable[Discount],
    *,
    due_on: date | None,
    received_on: date,
    calendar: PaymentCalendar,
    signatures_after: int,
    now: datetime,
) -> Deadline | None:
    """Return the next deadline of a person after whom ``signatures_after`` others sign.

    It is that of the earliest Skonto still within reach, else that of the due date, even if
    that is past; without a due date that of § 286 (3) BGB. None for dates that no calendar
    knows.
    """
    for step in sorted(discounts, key=lambda one: one.until):
        act_by = last_moment(step.until, calendar, signatures_after=signatures_after)
        if act_by is not None and act_by >= now:
            return Deadline(
                act_by=act_by, outer=step.until, ground=Ground.SKONTO, stake=step.amount
            )
    outer = due_on or received_on + LEGAL_DAYS * _DAY
    act_by = last_moment(outer, calendar, signatures_after=signatures_after)
    if act_by is None:
        return None
    return Deadline(act_by=act_by, outer=outer, ground=Ground.DUE if due_on else Ground.LEGAL)


@lru_cache(maxsize=2_000)  # every list and step asks for the same few days
def last_moment(
    outer: date, calendar: PaymentCalendar, *, signatures_after: int = 0
) -> datetime | None:
    """Return the last moment to act so that the money is there on ``outer``.

    An outer date on which no bank works counts as the working day before: § 193 BGB would
    give more time, but a supplier who thinks otherwise keeps the Skonto.

    >>> last_moment(date(2026, 12, 4), DEFAULT_CALENDAR, signatures_after=1).isoformat()
    '2026-12-02T10:00:00+01:00'
    >>> last_moment(date(9999, 12, 31), DEFAULT_CALENDAR) is None
    True
    """
    if not YEAR_MIN < outer.year < YEAR_MAX:
        return None
    run = _last_run(_back(outer, calendar.bank_days), calendar)
    orders_in = datetime.combine(run[0], run[1]) - timedelta(minutes=calendar.lead_minutes)
    day = _back(orders_in.date(), signatures_after * calendar.days_per_signature)
    return datetime.combine(day, orders_in.time(), OFFICE_ZONE)


def in_words(act_by: datetime, now: datetime) -> str:
    """Return the deadline as a list says it.

    >>> thursday = datetime(2026, 12, 3, 10, 0, tzinfo=OFFICE_ZONE)
    >>> in_words(thursday, thursday), in_words(thursday, thursday + timedelta(days=1))
    ('spätestens Do 03.12. 10:00', 'vorbei seit Do 03.12. 10:00')
    """
    local = act_by.astimezone(OFFICE_ZONE)
    start = "vorbei seit" if act_by < now else "spätestens"
    return f"{start} {_WEEKDAYS[local.weekday()]} {local:%d.%m. %H:%M}"


_WEEKDAYS: Final = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")


def _back(day: date, working_days: int) -> date:
    """Return the day, or the working day before it, and so many working days earlier."""
    while not is_working_day(day):
        day -= _DAY
    return add_working_days(day, -working_days)


def _last_run(day: date, calendar: PaymentCalendar) -> tuple[date, time]:
    """Return the last Zahllauf on or before the day; none takes place on a holiday."""
    return next(_runs_back(day, calendar))


def _runs_back(day: date, calendar: PaymentCalendar) -> Iterator[tuple[date, time]]:
    for back in range(_RUN_SEARCH_DAYS):
        run_day = day - back * _DAY
        times = [run.at for run in calendar.runs if run.weekday == run_day.weekday()]
        if times and is_working_day(run_day):
            yield run_day, max(times)
