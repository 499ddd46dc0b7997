"""Ranges: going through their members without ever writing them all down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from laufzettel.engine.feel import operators, temporal
from laufzettel.engine.feel.runtime import Code, Refusal
from laufzettel.engine.feel.values import NUMBERS, Range, Value


def expand(bounds: Range) -> Iterator[Value]:
    """Yield the whole numbers or days of a range one by one; ``5..1`` counts down.

    Raises Refusal when the ends are neither two whole numbers nor two dates.

    >>> [int(number) for number in expand(Range(Decimal(3), Decimal(1)))]
    [3, 2, 1]
    """
    low, high = bounds.low, bounds.high
    if type(low) is date and type(high) is date:
        yield from _days(bounds)
    elif type(low) is Decimal and type(high) is Decimal and _is_whole(low) and _is_whole(high):
        yield from _numbers(bounds)
    else:
        raise Refusal(
            Code.WRONG_TYPE,
            "Durchlaufen lassen sich nur Bereiche zwischen zwei ganzen Zahlen oder zwei Tagen.",
        )


def _is_whole(number: Decimal) -> bool:
    # Beyond 34 digits the next number is the same number, and the loop would not end.
    return number.adjusted() < 30 and number == number.to_integral_value()


def _numbers(bounds: Range) -> Iterator[Decimal]:
    step = Decimal(1) if bounds.low <= bounds.high else Decimal(-1)
    current = bounds.low if bounds.low_closed else NUMBERS.add(bounds.low, step)
    while current < bounds.high if step > 0 else current > bounds.high:
        yield current
        current = NUMBERS.add(current, step)
    if current == bounds.high and bounds.high_closed:
        yield current


def _days(bounds: Range) -> Iterator[date]:
    step = 1 if bounds.low <= bounds.high else -1
    count = abs((bounds.high - bounds.low).days)
    first = 0 if bounds.low_closed else 1
    last = count if bounds.high_closed else count - 1
    for days in range(first, last + 1):
        yield bounds.low + timedelta(days=days * step)


_END: Final = r'(@?"[^"]*"|(?:date|time|date and time|duration)\(\s*"[^"]*"\s*\)|[^"\s]*?)'
_TEXT: Final = re.compile(rf"([\[(\]])\s*{_END}\s*\.\.\s*{_END}\s*([\])\[])")
_CALL: Final = re.compile(r'(?:@|[a-z ]+\(\s*)"([^"]*)"(?:\s*\))?')
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def parse_range(text: str) -> Range | None:
    """Return the range that ``text`` writes with plain ends, or None.

    >>> parse_range("[1..3)")
    Range(low=Decimal('1'), high=Decimal('3'), low_closed=True, high_closed=False, low_missing=False, high_missing=False)
    """
    found = _TEXT.fullmatch(text.strip())
    if not found:
        return None
    low, high = (_end(part) for part in found.group(2, 3))
    kinds = {type(end) for end in (low, high) if end is not None}
    if len(kinds) != 1 or not _is_ordered(low, high):
        return None
    return Range(
        low,
        high,
        found.group(1) == "[",
        found.group(4) == "]",
        low_missing=low is None,
        high_missing=high is None,
    )


def _is_ordered(low: Value, high: Value) -> bool:
    """Return whether the start does not lie behind the end (DMN 1.5, 10.3.2.7)."""
    try:
        return low is None or high is None or operators.compare(low, high) <= 0
    except Refusal:
        return False


def _end(text: str) -> Value:
    """Return the number, text, date or duration at one end; None for nothing readable."""
    if text.startswith('"'):
        return text[1:-1]
    call = _CALL.fullmatch(text)
    if call:
        return temporal.parse_any(call.group(1))
    if _NUMBER.fullmatch(text):
        return NUMBERS.create_decimal(text)
    return temporal.parse_any(text)
