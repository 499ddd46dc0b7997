"""The border between Python and FEEL: what may come in, and what goes out.

In come None, bool, str, Decimal, int, list, tuple, dict, date, time, datetime and our own
values. A float never comes in: whoever has one does not know the amount.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from laufzettel.engine.feel.errors import FeelBudgetError
from laufzettel.engine.feel.values import (
    NUMBERS,
    DaysTimeDuration,
    FarDate,
    Function,
    Range,
    Value,
    YearsMonthsDuration,
)

#: Lists and contexts inside each other.
DEPTH_MAX: Final = 50
#: Values that one result may hold altogether.
RESULT_SIZE_MAX: Final = 100_000

_AS_THEY_ARE: Final = frozenset(
    [
        type(None),
        bool,
        str,
        date,
        FarDate,
        DaysTimeDuration,
        YearsMonthsDuration,
        Range,
        Function,
    ]
)


def plain_decimal(number: Decimal | int) -> Decimal:
    """Return the number as FEEL holds it, with at most 34 digits.

    Raises ValueError for NaN, infinity and what is too large.

    >>> plain_decimal(3), plain_decimal(Decimal("12.30"))
    (Decimal('3'), Decimal('12.30'))
    """
    if isinstance(number, int) and number.bit_length() > 20_000:
        raise ValueError("Eine Zahl ist zu groß.")
    exact = Decimal(number)
    if not exact.is_finite():
        raise ValueError(f"Keine Zahl: {number}.")
    try:
        return NUMBERS.plus(exact)
    except ArithmeticError:
        raise ValueError("Eine Zahl ist zu groß.") from None


def value_in(value: Any, depth: int = 0) -> Value:
    """Return the FEEL value of a Python value; lists and contexts are copied.

    Raises TypeError for floats and foreign objects, ValueError for numbers that are none.

    >>> value_in({"n": 1, "items": ("a",)})
    {'n': Decimal('1'), 'items': ['a']}
    >>> value_in(0.1)
    Traceback (most recent call last):
    ...
    TypeError: Fließkommazahlen (0.1) sind nicht erlaubt. Bitte Decimal verwenden.
    """
    if type(value) in _AS_THEY_ARE:
        return value
    if type(value) is Decimal or type(value) is int:
        return plain_decimal(value)
    if depth > DEPTH_MAX:
        raise ValueError("Die Werte sind zu tief verschachtelt.")
    if isinstance(value, (list, tuple)):
        return [value_in(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_key(key): value_in(item, depth + 1) for key, item in value.items()}
    return _foreign(value)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"Ein Kontext hat nur Texte als Namen, nicht {type(key).__name__}.")
    return str.__str__(key)


def _foreign(value: Any) -> Value:
    if isinstance(value, float):
        raise TypeError(f"Fließkommazahlen ({value}) sind nicht erlaubt. Bitte Decimal verwenden.")
    for base, convert in _BY_BASE:
        if isinstance(value, base):
            return convert(value)
    raise TypeError(f"Mit {type(value).__name__} kann FEEL nicht rechnen.")


def _moment(value: datetime) -> datetime:
    return datetime.combine(value.date(), _clock(value.timetz(), value))


def _clock(value: time, moment: datetime | None = None) -> time:
    zone = value.tzinfo
    if zone is None or isinstance(zone, (ZoneInfo, timezone)):
        is_named = not isinstance(zone, ZoneInfo) or bool(zone.key)
        if is_named:
            return value
    offset = (moment or value).utcoffset()
    return value.replace(tzinfo=None if offset is None else timezone(offset), fold=0)


#: Base class -> its plain value; subclasses (StrEnum, pandas' times …) lose what they add.
_BY_BASE: Final[tuple[tuple[type, Callable[[Any], Value]], ...]] = (
    (str, lambda value: str(value.value) if isinstance(value, Enum) else str.__str__(value)),
    (int, lambda value: plain_decimal(int(value))),
    (Decimal, lambda value: plain_decimal(Decimal(value))),
    (datetime, _moment),
    (date, lambda value: date(value.year, value.month, value.day)),
    (time, _clock),
)


def value_out(value: Value) -> Value:
    """Return a result with lists and contexts of its own.

    Raises FeelBudgetError when it holds too many values: a list of lists of the same list
    is small for FEEL and endless on paper.
    """
    if type(value) is not list and type(value) is not dict:
        return value
    left = [RESULT_SIZE_MAX]
    return _copied(value, left, 0)


def _copied(value: Value, left: list[int], depth: int) -> Value:
    if type(value) is not list and type(value) is not dict:
        return value
    left[0] -= len(value) + 1
    if left[0] < 0 or depth > 2 * DEPTH_MAX:
        raise FeelBudgetError("Das Ergebnis ist zu groß oder zu tief verschachtelt.")
    if isinstance(value, dict):
        return {key: _copied(item, left, depth + 1) for key, item in value.items()}
    return [_copied(item, left, depth + 1) for item in value]
