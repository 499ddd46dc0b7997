"""Values as texts: what ``string()`` answers and what a person may read."""

from __future__ import annotations

from decimal import Decimal

from laufzettel.engine.feel.errors import FeelBudgetError
from laufzettel.engine.feel.runtime import LIST_LENGTH_MAX, STRING_LENGTH_MAX, Runtime
from laufzettel.engine.feel.temporal import temporal_text
from laufzettel.engine.feel.values import Function, Range, Value, number_text

_PLAIN = {None: "null", True: "true", False: "false"}


def text_of(value: Value, runtime: Runtime) -> str:
    """Return the text of a value as FEEL writes it; a text is itself.

    >>> text_of([Decimal("1.50"), "a", None], Runtime(None, 100))
    '[1.50, "a", null]'
    """
    if type(value) is str:
        return value
    text = _inner(value, runtime)
    if len(text) > STRING_LENGTH_MAX:
        raise FeelBudgetError(f"Ein Text ist länger als {STRING_LENGTH_MAX} Zeichen.")
    return text


def literal_text(value: Value) -> str:
    """Return the value as it would be written in an expression, texts in quotes.

    >>> literal_text({"name": "A", "n": Decimal(1)})
    '{name: "A", n: 1}'
    """
    return _inner(value, Runtime(None, LIST_LENGTH_MAX * 10))


def _inner(value: Value, runtime: Runtime) -> str:
    if value is None or type(value) is bool:
        return _PLAIN[value]
    if type(value) is Decimal:
        return number_text(value)
    if type(value) is str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if type(value) is list:
        runtime.spend(len(value))
        return "[" + ", ".join(_inner(item, runtime) for item in value) + "]"
    if type(value) is dict:
        runtime.spend(len(value))
        entries = (f"{key}: {_inner(item, runtime)}" for key, item in value.items())
        return "{" + ", ".join(entries) + "}"
    return _special(value, runtime)


def _special(value: Value, runtime: Runtime) -> str:
    if type(value) is Function:
        return f"function {value.name}"
    if type(value) is not Range:
        return temporal_text(value)
    low = "" if value.low_missing else _inner(value.low, runtime)
    high = "" if value.high_missing else _inner(value.high, runtime)
    opening, closing = "[" if value.low_closed else "(", "]" if value.high_closed else ")"
    return f"{opening}{low}..{high}{closing}"
