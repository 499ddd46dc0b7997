"""The types that ``instance of`` and function parameters name."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

#: Every type name of the standard that needs no arguments, and the kind of value it takes.
SIMPLE: Final = {
    "Any": "any",
    "Null": "null",
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "date and time": "date and time",
    "dateTime": "date and time",
    "days and time duration": "days and time duration",
    "dayTimeDuration": "days and time duration",
    "years and months duration": "years and months duration",
    "yearMonthDuration": "years and months duration",
    "duration": "duration",
    "list": "list",
    "context": "context",
    "function": "function",
    "range": "range",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelType:
    """A type as written: ``number``, ``list<string>``, ``context<a: number>`` …

    ``arguments`` are the types in angle brackets, ``keys`` the entry names of a context,
    ``result`` what a function returns.
    """

    name: str
    arguments: tuple[FeelType, ...] = ()
    keys: tuple[str, ...] = ()
    result: FeelType | None = None

    def is_known(self, named: Container[str] = ()) -> bool:
        """Return whether the standard, or ``named``, knows this type and every one inside it."""
        inner = (*self.arguments, self.result) if self.result else self.arguments
        is_own = self.name in SIMPLE or self.name in named
        return is_own and all(part.is_known(named) for part in inner)
