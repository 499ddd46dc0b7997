"""The values of FEEL: numbers, durations, ranges and functions beside Python's own types.

Numbers are ``Decimal`` and nothing else; ``bool``, ``str``, ``None``, ``list``, ``dict``,
``date``, ``time`` and ``datetime`` stand for themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from functools import total_ordering
from typing import Any, Final, TypeAlias

#: Anything FEEL can hold. Lists and contexts are recursive, which mypy cannot use here.
Value: TypeAlias = Any

#: IEEE 754 decimal128. An own context: the thread's one belongs to other people.
NUMBERS: Final = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)

_NANO: Final = 1_000_000_000
#: About 30 billion years; beyond it a duration is an error, not a number.
DURATION_NANOSECONDS_MAX: Final = 10**27
DURATION_MONTHS_MAX: Final = 10**12


def fraction(units: int, *, places: int) -> Decimal:
    """Return ``units`` of the ``places``-th decimal place, without zeros at the end.

    >>> fraction(1_500_000, places=6), fraction(10_000_000, places=6)
    (Decimal('1.5'), Decimal('10'))
    """
    whole, rest = divmod(units, 10**places)
    return Decimal(units).scaleb(-places, NUMBERS).normalize(NUMBERS) if rest else Decimal(whole)


@total_ordering
@dataclass(frozen=True, slots=True)
class DaysTimeDuration:
    """A length of time in nanoseconds, without regard to months.

    >>> str(DaysTimeDuration.of(days=1, hours=2, seconds=Decimal("0.5")))
    'P1DT2H0.5S'
    >>> DaysTimeDuration.of(days=14).timedelta
    datetime.timedelta(days=14)
    """

    nanoseconds: int

    @classmethod
    def of(
        cls, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: Decimal | int = 0
    ) -> DaysTimeDuration:
        """Return the duration of that many units together."""
        whole = (days * 24 + hours) * 60 + minutes
        return cls(whole * 60 * _NANO + int(Decimal(seconds).scaleb(9, NUMBERS)))

    @classmethod
    def from_timedelta(cls, delta: timedelta) -> DaysTimeDuration:
        """Return the same length of time."""
        return cls((delta // timedelta(microseconds=1)) * 1000)

    @property
    def timedelta(self) -> timedelta:
        """The same length for Python, to the microsecond."""
        return timedelta(microseconds=self.nanoseconds // 1000)

    @property
    def seconds(self) -> Decimal:
        """The whole length in seconds."""
        return fraction(self.nanoseconds, places=9)

    def parts(self) -> tuple[int, int, int, Decimal]:
        """Return days, hours, minutes and seconds, each with the sign of the whole."""
        sign = -1 if self.nanoseconds < 0 else 1
        minutes, rest = divmod(abs(self.nanoseconds), 60 * _NANO)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        seconds = fraction(sign * rest, places=9)
        return sign * days, sign * hours, sign * minutes, seconds

    def __lt__(self, other: DaysTimeDuration) -> bool:
        return self.nanoseconds < other.nanoseconds

    def __str__(self) -> str:
        days, hours, minutes, seconds = DaysTimeDuration(abs(self.nanoseconds)).parts()
        clock = "".join(f"{part}{unit}" for part, unit in ((hours, "H"), (minutes, "M")) if part)
        if seconds:
            clock += f"{seconds:f}S"
        text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
        return ("-P" if self.nanoseconds < 0 else "P") + (text or "T0S")


@total_ordering
@dataclass(frozen=True, slots=True)
class YearsMonthsDuration:
    """A length of time in calendar months.

    >>> str(YearsMonthsDuration(26)), str(YearsMonthsDuration(-12)), str(YearsMonthsDuration(0))
    ('P2Y2M', '-P1Y', 'P0M')
    """

    months: int

    def parts(self) -> tuple[int, int]:
        """Return years and months, each with the sign of the whole."""
        sign = -1 if self.months < 0 else 1
        years, months = divmod(abs(self.months), 12)
        return sign * years, sign * months

    def __lt__(self, other: YearsMonthsDuration) -> bool:
        return self.months < other.months

    def __str__(self) -> str:
        years, months = (abs(part) for part in self.parts())
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return ("-P" if self.months < 0 else "P") + (text or "0M")


@total_ordering
@dataclass(frozen=True, slots=True)
class FarDate:
    """A day outside of the years 1 to 9999, which Python's calendar does not have.

    It can be written and compared, not reckoned with; making one is a warning.

    >>> str(FarDate(-2017, 12, 31)), str(FarDate(999999999, 1, 1))
    ('-2017-12-31', '999999999-01-01')
    """

    year: int
    month: int
    day: int

    def __lt__(self, other: FarDate) -> bool:
        return (self.year, self.month, self.day) < (other.year, other.month, other.day)

    def __str__(self) -> str:
        sign = "-" if self.year < 0 else ""
        return f"{sign}{abs(self.year):04}-{self.month:02}-{self.day:02}"


@dataclass(frozen=True, slots=True)
class Range:
    """The values between two ends; never expanded unless somebody iterates.

    A missing end (``low_missing``, ``high_missing``) means: no limit on that side.
    """

    low: Value
    high: Value
    low_closed: bool = True
    high_closed: bool = True
    low_missing: bool = False
    high_missing: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value: a closure of an expression or a built-in."""

    name: str
    #: Names of the parameters in order; None for built-ins, which bind their own way.
    parameters: tuple[str, ...] | None
    #: (runtime, positional arguments) -> value
    invoke: Callable[..., Value] = field(repr=False)


#: Exact Python type -> name of the FEEL type. bool before int never matters: types are exact.
KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    date: "date",
    FarDate: "date",
    time: "time",
    datetime: "date and time",
    DaysTimeDuration: "days and time duration",
    YearsMonthsDuration: "years and months duration",
    Range: "range",
    Function: "function",
}

#: The same for a German reader.
KINDS_DE: Final = {
    "null": "null",
    "boolean": "Wahrheitswert",
    "number": "Zahl",
    "string": "Text",
    "list": "Liste",
    "context": "Kontext",
    "date": "Datum",
    "time": "Uhrzeit",
    "date and time": "Zeitpunkt",
    "days and time duration": "Dauer in Tagen und Zeit",
    "years and months duration": "Dauer in Jahren und Monaten",
    "range": "Bereich",
    "function": "Funktion",
}


def kind(value: Value) -> str:
    """Return the name of the FEEL type of ``value``.

    >>> kind(Decimal(1)), kind(True), kind([])
    ('number', 'boolean', 'list')
    """
    return KINDS[type(value)]


def kind_de(value: Value) -> str:
    """Return the German word for the type of ``value``."""
    return KINDS_DE[kind(value)]


def number_text(number: Decimal) -> str:
    """Return the number in plain digits, never with an exponent.

    >>> number_text(Decimal("1E+3")), number_text(Decimal("-0")), number_text(Decimal("12.30"))
    ('1000', '0', '12.30')
    """
    return f"{number if number else abs(number):f}"
