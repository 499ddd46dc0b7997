"""Built-in functions on ranges and points: before, meets, overlaps and their kin.

Every end of a range is a place on a line: an open end lies a hair inside of its value. Then
each of the fourteen relations is a comparison of places, for points and ranges alike.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import total_ordering
from typing import Final

from laufzettel.engine.feel import operators, ranges
from laufzettel.engine.feel.runtime import Code, Refusal, Runtime
from laufzettel.engine.feel.signatures import builtin
from laufzettel.engine.feel.values import Range, Value


@total_ordering
class Place:
    """An end on the line: its value, a hair before or behind it; or no end at all."""

    __slots__ = ("hair", "limit", "value")

    def __init__(self, value: Value, hair: int, limit: int = 0) -> None:
        self.value = value
        self.hair = hair
        self.limit = limit

    def _order(self, other: Place) -> int:
        if self.limit or other.limit:
            return self.limit - other.limit
        return operators.compare(self.value, other.value) or self.hair - other.hair

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and self._order(other) == 0

    def __lt__(self, other: Place) -> bool:
        return self._order(other) < 0

    __hash__ = None  # type: ignore[assignment]  # the order may refuse, so no sets of places


def start(value: Value) -> Place:
    """Return where a range or point starts."""
    if isinstance(value, Range):
        return Place(value.low, 0 if value.low_closed else 1, -1 if value.low_missing else 0)
    return Place(value, 0)


def end(value: Value) -> Place:
    """Return where a range or point ends."""
    if isinstance(value, Range):
        return Place(value.high, 0 if value.high_closed else -1, 1 if value.high_missing else 0)
    return Place(value, 0)


def _before(a: Value, b: Value) -> bool:
    return end(a) < start(b)


def _meets(a: Value, b: Value) -> bool:
    return end(a) == start(b) and end(a).hair == 0


def _overlaps(a: Value, b: Value) -> bool:
    return end(a) >= start(b) and start(a) <= end(b)


def _overlaps_before(a: Value, b: Value) -> bool:
    return start(a) < start(b) <= end(a) <= end(b)


def _finishes(a: Value, b: Value) -> bool:
    return end(a) == end(b) and start(a) >= start(b)


def _includes(a: Value, b: Value) -> bool:
    return start(a) <= start(b) and end(a) >= end(b)


def _starts(a: Value, b: Value) -> bool:
    return start(a) == start(b) and end(a) <= end(b)


def _coincides(a: Value, b: Value) -> bool:
    return start(a) == start(b) and end(a) == end(b)


_ANY: Final = ("point", "range")
#: Name, name of the converse, relation, what stands on the left, what on the right.
_RELATIONS: Final = (
    ("before", "after", _before, _ANY, _ANY),
    ("meets", "met by", _meets, ("range",), ("range",)),
    ("overlaps", "", _overlaps, ("range",), ("range",)),
    ("overlaps before", "overlaps after", _overlaps_before, ("range",), ("range",)),
    ("finishes", "finished by", _finishes, _ANY, ("range",)),
    ("includes", "during", _includes, ("range",), _ANY),
    ("starts", "started by", _starts, _ANY, ("range",)),
    ("coincides", "", _coincides, _ANY, _ANY),
)


def _register(
    name: str,
    relation: Callable[[Value, Value], bool],
    left: tuple[str, ...],
    right: tuple[str, ...],
) -> None:
    for a in left:
        for b in right:
            first = f"{a}1" if a == b else a
            second = f"{b}2" if a == b else b
            kinds = {"range": "range", "point": _POINT}
            declaration = f"{first}: {kinds[a]}, {second}: {kinds[b]}"
            builtin(name, declaration)(lambda runtime, x, y: relation(x, y))


_POINT: Final = (
    "number|string|date|time|date and time|days and time duration|years and months duration"
)


def _converse(relation: Callable[[Value, Value], bool]) -> Callable[[Value, Value], bool]:
    return lambda x, y: relation(y, x)


for _name, _converse_name, _relation, _left, _right in _RELATIONS:
    _register(_name, _relation, _left, _right)
    if _converse_name:
        _register(_converse_name, _converse(_relation), _right, _left)


@builtin("range", "from: string")
def _range(runtime: Runtime, text: str) -> Range:
    found = ranges.parse_range(text)
    if found is None:
        raise Refusal(Code.FAILED_CONVERSION, f"„{text[:40]}“ ist kein Bereich.")
    return found
