"""Arithmetic, equality and order of values: what every operator and built-in shares.

Each function either answers or raises ``Refusal`` with the reason in German.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, DecimalException, DivisionByZero, InvalidOperation
from typing import Final

from laufzettel.engine.feel import temporal
from laufzettel.engine.feel.runtime import Code, Refusal, Runtime, checked_size
from laufzettel.engine.feel.values import (
    NUMBERS,
    DaysTimeDuration,
    FarDate,
    Function,
    Range,
    Value,
    YearsMonthsDuration,
    kind,
    kind_de,
)

_VERBS: Final = {
    "+": "addieren",
    "-": "subtrahieren",
    "*": "multiplizieren",
    "/": "teilen",
    "**": "potenzieren",
}
_TEMPORAL: Final = (date, time, datetime)


def calculate(op: str, left: Value, right: Value) -> Value:
    """Return ``left op right``.

    Raises Refusal when the kinds do not fit or the result does not exist.

    >>> calculate("+", Decimal("0.1"), Decimal("0.2"))
    Decimal('0.3')
    """
    if left is None or right is None:
        raise Refusal(Code.NULL_OPERAND, f"Mit null lässt sich nicht rechnen ({op}).")
    try:
        result = _CALCULATORS[op](left, right)
    except (DivisionByZero, ZeroDivisionError):
        raise Refusal(Code.ARITHMETIC, "Teilung durch null.") from None
    except InvalidOperation:
        raise Refusal(Code.ARITHMETIC, f"„{op}“ hat hier kein Ergebnis.") from None
    except (DecimalException, OverflowError, ValueError):
        raise Refusal(Code.ARITHMETIC, "Das Ergebnis liegt außerhalb des Möglichen.") from None
    if result is NotImplemented:
        raise Refusal(
            Code.WRONG_TYPE,
            f"{kind_de(left)} und {kind_de(right)} lassen sich nicht {_VERBS[op]}.",
        )
    if result is None or (type(result) is Decimal and not result.is_finite()):
        raise Refusal(Code.ARITHMETIC, "Das Ergebnis liegt außerhalb des Möglichen.")
    return result


def _add(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return NUMBERS.add(left, right)
    if type(left) is str and type(right) is str:
        return checked_size(left + right)
    if type(left) is type(right):
        return _add_durations(left, right)
    if isinstance(left, (DaysTimeDuration, YearsMonthsDuration)):
        left, right = right, left
    return _move(left, right)


def _add_durations(left: Value, right: Value) -> Value:
    if type(left) is DaysTimeDuration:
        return temporal.days_time(left.nanoseconds + right.nanoseconds)
    if type(left) is YearsMonthsDuration:
        return temporal.years_months(left.months + right.months)
    return NotImplemented


def _move(value: Value, duration: Value) -> Value:
    if type(duration) is DaysTimeDuration and isinstance(value, _TEMPORAL):
        return temporal.add_duration(value, duration)
    if type(duration) is YearsMonthsDuration and isinstance(value, date):
        return temporal.add_months(value, duration.months)
    return NotImplemented


def _subtract(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return NUMBERS.subtract(left, right)
    if isinstance(right, (DaysTimeDuration, YearsMonthsDuration)):
        opposite = negate(right)
        return (
            _add_durations(left, opposite) if type(left) is type(right) else _move(left, opposite)
        )
    is_pair = isinstance(left, date) and isinstance(right, date)
    if is_pair or (type(left) is time and type(right) is time):
        result = temporal.difference(left, right)
        if result is None:
            raise Refusal(Code.WRONG_TYPE, _ZONES_DIFFER)
        return result
    return NotImplemented


_ZONES_DIFFER: Final = (
    "Ein Zeitpunkt mit Zeitzone und einer ohne lassen sich nicht vergleichen. Bitte bei beiden "
    "die Zeitzone angeben."
)


def _multiply(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return NUMBERS.multiply(left, right)
    if type(left) is Decimal:
        left, right = right, left
    return _scale(left, right, NUMBERS.multiply)


def _divide(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return NUMBERS.divide(left, right)
    if type(left) is type(right) is DaysTimeDuration:
        return NUMBERS.divide(Decimal(left.nanoseconds), Decimal(right.nanoseconds))
    if type(left) is type(right) is YearsMonthsDuration:
        return NUMBERS.divide(Decimal(left.months), Decimal(right.months))
    return _scale(left, right, NUMBERS.divide)


def _scale(duration: Value, factor: Value, apply: Callable[[Decimal, Decimal], Decimal]) -> Value:
    if type(factor) is not Decimal:
        return NotImplemented
    if type(duration) is DaysTimeDuration:
        return temporal.days_time(_whole(apply(Decimal(duration.nanoseconds), factor)))
    if type(duration) is YearsMonthsDuration:
        return temporal.years_months(_whole(apply(Decimal(duration.months), factor)))
    return NotImplemented


def _whole(number: Decimal) -> int:
    if number.adjusted() > 30:  # beyond every duration; int() of it could be very long
        raise OverflowError("too long a duration")
    return int(number)


def _power(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        # IEEE 754-2008 § 9.2.1: pown(x, 0) is 1 for any x, even zero.
        return NUMBERS.power(left, right) if right else Decimal(1)
    return NotImplemented


_CALCULATORS: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "**": _power,
}


def negate(value: Value) -> Value:
    """Return ``-value`` of a number or duration. Raises Refusal for anything else."""
    if type(value) is Decimal:
        return NUMBERS.minus(value)
    if type(value) is DaysTimeDuration:
        return DaysTimeDuration(-value.nanoseconds)
    if type(value) is YearsMonthsDuration:
        return YearsMonthsDuration(-value.months)
    if value is None:
        raise Refusal(Code.NULL_OPERAND, "Mit null lässt sich nicht rechnen (-).")
    raise Refusal(Code.WRONG_TYPE, f"{kind_de(value)} hat kein Vorzeichen.")


def equal(left: Value, right: Value, runtime: Runtime) -> bool | None:
    """Return whether both are the same value; None when they are of different kinds.

    Null equals only null. Lists and contexts cost a step an item.
    """
    if left is None or right is None:
        return left is right
    if type(left) is not type(right):
        # Both kinds of date are one type of FEEL, and never the same day.
        return False if kind(left) == kind(right) else None
    if type(left) is list:
        return _equal_lists(left, right, runtime)
    if type(left) is dict:
        return _equal_contexts(left, right, runtime)
    if isinstance(left, (datetime, time)):
        left, right = temporal.timeline(left), temporal.timeline(right)
        return left[1] == right[1] if left[0] == right[0] else None
    if type(left) is Function:
        return left is right
    return bool(left == right)


def _equal_lists(left: list[Value], right: list[Value], runtime: Runtime) -> bool:
    runtime.spend(min(len(left), len(right)))
    return len(left) == len(right) and all(
        equal(a, b, runtime) is True for a, b in zip(left, right, strict=True)
    )


def _equal_contexts(left: dict[str, Value], right: dict[str, Value], runtime: Runtime) -> bool:
    runtime.spend(min(len(left), len(right)))
    return left.keys() == right.keys() and all(
        equal(value, right[key], runtime) is True for key, value in left.items()
    )


_ORDERED: Final = frozenset(
    [Decimal, str, date, FarDate, datetime, time, DaysTimeDuration, YearsMonthsDuration]
)


def compare(left: Value, right: Value) -> int:
    """Return -1, 0 or 1 as ``left`` is less than, equal to or more than ``right``.

    Raises Refusal when the two have no order.

    >>> compare(Decimal("1.0"), Decimal(1)), compare("a", "b")
    (0, -1)
    """
    if left is None or right is None:
        raise Refusal(Code.NULL_OPERAND, "Mit null lässt sich nicht vergleichen.")
    if type(left) is not type(right) or type(left) not in _ORDERED:
        if kind(left) == kind(right) == "date":
            return -1 if left.year < right.year else 1
        raise Refusal(
            Code.WRONG_TYPE,
            f"{kind_de(left)} und {kind_de(right)} lassen sich nicht vergleichen.",
        )
    if isinstance(left, (datetime, time)):
        left, right = temporal.comparable(left, right)
    return int(left > right) - int(left < right)


def in_range(value: Value, bounds: Range) -> bool:
    """Return whether the value lies in the range. Raises Refusal when it cannot be compared."""
    if not bounds.low_missing:
        order = compare(value, bounds.low)
        if order < 0 or (order == 0 and not bounds.low_closed):
            return False
    if not bounds.high_missing:
        order = compare(value, bounds.high)
        if order > 0 or (order == 0 and not bounds.high_closed):
            return False
    return True
