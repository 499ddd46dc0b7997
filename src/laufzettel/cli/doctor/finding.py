"""What the doctor says of one thing that it looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from laufzettel.errors import LaufzettelError


class Level(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    WARNING = "warning"  # works, but not for long or not as meant
    ERROR = "error"  # something does not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what was looked at, how it is, what to do."""

    name: str
    level: Level
    text: str
    remedy: str = ""


Check = Callable[[], Iterable[Finding]]


def looked_at(name: str, check: Check) -> Iterator[Finding]:
    """Yield what the check finds; where it fails itself, that nothing is known."""
    try:
        yield from check()
    except LaufzettelError as error:
        yield Finding(name=name, level=Level.ERROR, text=str(error))
    except Exception as error:  # noqa: BLE001 - one check that breaks must not hide the others
        text = f"nicht geprüft: {type(error).__name__}"
        yield Finding(name=name, level=Level.ERROR, text=text, remedy="Den Fehler bitte melden.")


def graded(value: int, *, warn: int, bad: int) -> Level:
    """Return the level of a number of which more is worse.

    >>> graded(3, warn=5, bad=10), graded(5, warn=5, bad=10), graded(10, warn=5, bad=10)
    (<Level.OK: 'ok'>, <Level.WARNING: 'warning'>, <Level.ERROR: 'error'>)
    """
    return Level.ERROR if value >= bad else Level.WARNING if value >= warn else Level.OK
