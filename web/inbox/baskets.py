"""What the inbox is asked for and what it answers: plain values, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from laufzettel.clock import OFFICE_ZONE
from laufzettel.web.inbox.cursor import Cursor

#: Counts go up to here; beyond, „999+“ is all that is said.
COUNT_MAX: Final = 999
#: Rows of one page, and the most that may be asked for.
PAGE_SIZE: Final = 50
PAGE_SIZE_MAX: Final = 200


class Basket(StrEnum):
    """Which tasks are shown."""

    MINE = "mine"  # the person has claimed them, or they were assigned to it
    GROUP = "group"  # offered to the person or its groups, claimed by nobody yet
    FOLLOW_UP = "follow_up"  # either of these, put off to a day that is still ahead


class Due(StrEnum):
    """Until when somebody must act."""

    OVERDUE = "overdue"  # the last day to act lies before today
    TODAY = "today"  # today is the last day to act
    THREE_DAYS = "three_days"  # the last day to act is today or one of the next three
    WEEK = "week"  # the last day to act is one of this week, from today to Sunday
    SKONTO = "skonto"  # money is lost unless somebody acts, and it is not yet too late


class Remarked(StrEnum):
    """Whether a check has remarked on something."""

    WITH = "with"  # at least one remark
    WITHOUT = "without"  # none


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks into the inbox, and when."""

    tenant: str
    person: str
    groups: frozenset[str]
    now: datetime

    @property
    def today(self) -> date:
        """The day it is in the office."""
        return self.now.astimezone(OFFICE_ZONE).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a basket; empty for everything in it."""

    text: str = ""  # every word is found in subject, party, task or unit, or is the amount
    due: Due | None = None
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    unit: str = ""
    task_name: str = ""
    remarks: Remarked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A task as a line of the inbox."""

    id: str
    case_id: str
    name: str
    subject: str
    party: str
    amount: Decimal | None
    currency: str | None
    unit: str | None
    act_by: datetime | None  # last day on which somebody can still act
    outer_date: datetime | None  # the date behind it
    stake: Decimal | None  # what is lost when act_by passes
    due: datetime | None
    follow_up: datetime | None
    assignee: str | None
    assignee_name: str
    group: str  # the first group it is offered to, "" if none
    remarks: tuple[str, ...]
    duties: tuple[str, ...]
    confidential: bool
    created_at: datetime
    sort_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a basket, and where its neighbours begin; None where there is none."""

    rows: tuple[Row, ...]
    next: Cursor | None
    previous: Cursor | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many tasks there are; more than 999 are told as 1000."""

    baskets: Mapping[Basket, int]
    due: Mapping[Due, int]  # in the basket that was asked for


def count_text(count: int) -> str:
    """Return the count as it is shown.

    >>> count_text(34), count_text(1000)
    ('34', '999+')
    """
    return f"{COUNT_MAX}+" if count > COUNT_MAX else str(count)


def days(due: Due, today: date) -> tuple[date | None, date | None]:
    """Return the first day meant and the day after the last; None where it is open.

    >>> days(Due.THREE_DAYS, date(2026, 11, 23))
    (datetime.date(2026, 11, 23), datetime.date(2026, 11, 27))
    """
    spans = {
        Due.OVERDUE: (None, today),
        Due.TODAY: (today, today + timedelta(days=1)),
        Due.THREE_DAYS: (today, today + timedelta(days=4)),
        Due.WEEK: (today, today + timedelta(days=7 - today.weekday())),
        Due.SKONTO: (today, None),
    }
    return spans[due]


def morning(day: date) -> datetime:
    """Return the moment at which the day begins in the office.

    >>> morning(date(2026, 11, 23)).isoformat()
    '2026-11-23T00:00:00+01:00'
    """
    return datetime.combine(day, time(), tzinfo=OFFICE_ZONE)
