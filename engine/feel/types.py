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


#: How a type that has parts is written.
_WHOLE: Final = {
    "list": "list<Any>",
    "range": "range<number>",
    "context": "context<name: string>",
    "function": "function<Any> -> Any",
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

    @property
    def lacks_arguments(self) -> bool:
        """Whether this is a list, context, range or function of nothing in particular.

        Such a type is none (DMN 1.5, grammar rule 52).
        """
        if self.name == "function":
            return self.result is None
        return self.name in ("list", "context", "range") and not self.arguments

    def unknown_de(self) -> str:
        """Return what is wrong with a type that is not known."""
        if self.lacks_arguments:
            return f"Zum Typ „{self.name}“ gehört, woraus er besteht, etwa: {_WHOLE[self.name]}."
        return f"Den Typ „{self.name}“ gibt es hier nicht."

    def is_known(self, named: Container[str] = ()) -> bool:
        """Return whether the standard, or ``named``, knows this type and every one inside it."""
        if self.lacks_arguments:
            return False
        inner = (*self.arguments, self.result) if self.result else self.arguments
        is_own = self.name in SIMPLE or self.name in named
        return is_own and all(part.is_known(named) for part in inner)
