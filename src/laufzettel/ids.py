"""Identifiers: 26 characters that sort by the time of their making."""

from __future__ import annotations

import secrets
import time
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
#: The highest random bit is left for counting, so that no identifier reaches the next millisecond.
_CARRY = 1 << 79


def first_id(moment: datetime) -> str:
    """Return the lowest identifier that could be made at that moment: all before sort below it.

    >>> from datetime import UTC
    >>> first_id(datetime(2020, 1, 1, tzinfo=UTC)) < new_id()
    True
    """
    return _text(round(moment.timestamp() * 1000) << 80)


def new_id(*, age_s: float = 0) -> str:
    """Return a fresh identifier: 48 bits of milliseconds, then 80 random bits.

    They sort by time, so that an index grows at its end (the layout of ULID). ``age_s`` makes it
    one of so many seconds ago.

    >>> len(new_id()), new_id() != new_id()
    (26, True)
    """
    return _text(_number() - (round(age_s * 1000) << 80))


def age_of(made: str) -> float:
    """Return how many seconds ago the identifier was made, never less than none.

    >>> 59 < age_of(new_id(age_s=60)) < 62
    True
    """
    made_ms = 0
    for one in made[:10]:
        made_ms = made_ms << 5 | _ALPHABET.index(one)
    return max(time.time() - made_ms / 1000, 0)


def new_ids(count: int) -> list[str]:
    """Return fresh identifiers of one moment that sort in the order of the list.

    >>> made = new_ids(3)
    >>> made == sorted(set(made)), len(made)
    (True, 3)
    """
    first = _number() & ~_CARRY  # room to count in, whatever the random bits are
    return [_text(first + number) for number in range(count)]


def _number() -> int:
    return (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)


def _text(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
