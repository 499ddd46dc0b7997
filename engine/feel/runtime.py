"""What one evaluation carries: the step's time, the budget, the warnings, the variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from laufzettel.engine.feel.errors import FeelBudgetError
from laufzettel.engine.feel.nodes import Position
from laufzettel.engine.feel.values import Function, Value

STEPS_MAX: Final = 10_000
LIST_LENGTH_MAX: Final = 10_000
STRING_LENGTH_MAX: Final = 100_000
#: Levels of the trees of all functions that are running inside each other.
DEPTH_MAX: Final = 400
#: After so many, further warnings of an evaluation say nothing new.
WARNINGS_MAX: Final = 100


class Code(StrEnum):
    """Why a value is null, for programs; the sentence for people is ``text_de``."""

    UNKNOWN_NAME = "unknown_name"  # no variable and no function of this name
    UNKNOWN_FUNCTION = "unknown_function"  # what is called is no function
    WRONG_TYPE = "wrong_type"  # the operator or function cannot take this kind of value
    NULL_OPERAND = "null_operand"  # something was to be computed or compared with null
    MISSING_ENTRY = "missing_entry"  # a context or value has no entry of this name
    BAD_ARGUMENT = "bad_argument"  # right type, impossible value: number, name or content
    FAILED_CONVERSION = "failed_conversion"  # a text is not the date, number … it should be
    ARITHMETIC = "arithmetic"  # division by zero, overflow, off the calendar
    REFUSED_PATTERN = "refused_pattern"  # a regular expression that we do not run
    UNSUPPORTED = "unsupported"  # external function, unknown type
    DUPLICATE_KEY = "duplicate_key"  # a context names the same entry twice
    FAR_DATE = "far_date"  # a day outside of the years 1 to 9999
    OUT_OF_RANGE = "out_of_range"  # harmless: no item at this place of the list
    EMPTY_LIST = "empty_list"  # harmless: an aggregate of nothing
    NULL_CONDITION = "null_condition"  # harmless: if or filter with null goes on as false
    OTHER_KIND = "other_kind"  # harmless: a unary test of another kind than the input
    BAD_INPUT = "bad_input"  # a decision does not allow this value, or it is missing
    NO_RULE = "no_rule"  # no rule of a decision table matches, and it has no default


@dataclass(frozen=True, slots=True)
class Warning_:
    """Something that an evaluation noticed.

    ``is_error`` says that a null was born of an error here: unknown name, wrong type, failed
    conversion. In a process that is an incident; a harmless warning is not.
    """

    code: Code
    text_de: str
    position: Position
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """The value of an expression and what was noticed on the way."""

    value: Value
    warnings: tuple[Warning_, ...] = ()

    @property
    def errors(self) -> tuple[Warning_, ...]:
        """The warnings that make the value untrustworthy."""
        return tuple(warning for warning in self.warnings if warning.is_error)


class Refusal(Exception):
    """A built-in cannot answer; the call becomes null with this warning."""

    def __init__(self, code: Code, text_de: str, *, is_error: bool = True) -> None:
        super().__init__(text_de)
        self.code = code
        self.text_de = text_de
        self.is_error = is_error


class Runtime:
    """The budget and the warnings of one evaluation."""

    __slots__ = ("depth", "now", "steps", "types", "warnings")

    def __init__(self, now: datetime | None, steps: int) -> None:
        self.now = now
        self.steps = steps
        self.depth = 0
        self.types: NamedTypes = NO_TYPES
        self.warnings: list[Warning_] = []

    def spend(self, steps: int) -> None:
        """Take steps off the budget.

        Raises FeelBudgetError when nothing is left.
        """
        self.steps -= steps
        if self.steps < 0:
            raise FeelBudgetError(
                "Der Ausdruck braucht zu viele Rechenschritte. Bitte Listen verkleinern oder "
                "den Ausdruck aufteilen."
            )

    def warn(self, code: Code, text_de: str, at: Position, *, is_error: bool = True) -> Value:
        """Remember a warning and return null, the value of what failed."""
        if len(self.warnings) < WARNINGS_MAX:
            self.warnings.append(Warning_(code, text_de, at, is_error))
        elif is_error and not self.warnings[-1].is_error:
            self.warnings[-1] = Warning_(code, text_de, at, True)
        return None

    def forget(self, mark: int) -> None:
        """Drop the warnings since ``mark``: somebody asked whether there is a value."""
        del self.warnings[mark:]

    def soften(self, mark: int) -> None:
        """Make the warnings since ``mark`` harmless: the result does not depend on them.

        An unknown name stays an error, because it is a mistake of the model in any case.
        """
        if len(self.warnings) == mark:
            return
        self.warnings[mark:] = [
            warning if warning.code is Code.UNKNOWN_NAME else replace(warning, is_error=False)
            for warning in self.warnings[mark:]
        ]


#: Types that ``instance of`` knows besides the standard's: name -> whether a value is of it.
NamedTypes: TypeAlias = Mapping[str, Callable[[Value, Runtime], bool]]
NO_TYPES: Final[NamedTypes] = {}


class Scope:
    """Variables by name, on top of outer ones; ``item`` is what a filter looks at."""

    __slots__ = ("outer", "runtime", "variables")

    def __init__(
        self, variables: Mapping[str, Value], outer: Scope | None, runtime: Runtime
    ) -> None:
        self.variables = variables
        self.outer = outer
        self.runtime = runtime


def checked_size(value: Value) -> Value:
    """Return the value. Raises FeelBudgetError when it is too large to keep."""
    if isinstance(value, list) and len(value) > LIST_LENGTH_MAX:
        raise FeelBudgetError(f"Eine Liste hat mehr als {LIST_LENGTH_MAX} Einträge.")
    if isinstance(value, str) and len(value) > STRING_LENGTH_MAX:
        raise FeelBudgetError(f"Ein Text ist länger als {STRING_LENGTH_MAX} Zeichen.")
    return value


def invoke(runtime: Runtime, function: Function, args: list[Value]) -> Value:
    """Return the function's answer. Raises Refusal for a wrong number of arguments."""
    if function.parameters is not None and len(args) != len(function.parameters):
        expected = len(function.parameters)
        raise Refusal(
            Code.BAD_ARGUMENT, f"Die Funktion braucht {expected} Werte, nicht {len(args)}."
        )
    return function.invoke(runtime, *args)
