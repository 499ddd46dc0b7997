"""Values as JSON that keeps their kind: how case variables are stored.

Texts, booleans, null, lists and contexts are plain JSON. Everything else is an object with
``"$"`` (its kind) and ``"v"``; a context that has a key ``"$"`` itself is wrapped as ``"c"``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, DecimalException
from typing import Any, Final

from laufzettel.engine.feel import temporal
from laufzettel.engine.feel.border import DEPTH_MAX, plain_decimal
from laufzettel.engine.feel.values import (
    DaysTimeDuration,
    FarDate,
    Range,
    Value,
    YearsMonthsDuration,
)

_TAGS: Final[dict[type, str]] = {
    date: "d",
    FarDate: "d",
    time: "t",
    datetime: "dt",
    DaysTimeDuration: "p",
    YearsMonthsDuration: "ym",
}


def to_json(value: Value, depth: int = 0) -> Any:
    """Return the JSON form of a value of FEEL.

    Raises TypeError for floats, functions and foreign objects, ValueError for numbers that
    are none and for what is nested too deeply.

    >>> to_json({"amount": Decimal("12.30"), "due": date(2026, 11, 23)})
    {'amount': {'$': 'n', 'v': '12.30'}, 'due': {'$': 'd', 'v': '2026-11-23'}}
    >>> to_json({"$": True})
    {'$': 'c', 'v': {'$': True}}
    """
    if depth > DEPTH_MAX:
        raise ValueError("Die Werte sind zu tief verschachtelt.")
    if value is None or type(value) in (str, bool):
        return value
    if type(value) in (Decimal, int):
        return {"$": "n", "v": str(plain_decimal(value))}
    if type(value) is list:
        return [to_json(item, depth + 1) for item in value]
    if type(value) is dict:
        content = {_key(key): to_json(item, depth + 1) for key, item in value.items()}
        return {"$": "c", "v": content} if "$" in content else content
    return _tagged(value, depth)


def _key(key: Any) -> str:
    if type(key) is not str:
        raise TypeError(f"Ein Kontext hat nur Texte als Namen, nicht {type(key).__name__}.")
    return key


def _tagged(value: Value, depth: int) -> dict[str, Any]:
    if type(value) is Range:
        return _range_to_json(value, depth)
    tag = _TAGS.get(type(value))
    if tag is None:
        raise TypeError(f"{type(value).__name__} lässt sich nicht speichern.")
    form = {"$": tag, "v": temporal.temporal_text(value)}
    # The hour that the end of summer time repeats: which of the two it is.
    return {**form, "f": 1} if getattr(value, "fold", 0) else form


def _range_to_json(value: Range, depth: int) -> dict[str, Any]:
    return {
        "$": "r",
        "v": [to_json(value.low, depth + 1), to_json(value.high, depth + 1)],
        "b": ("[" if value.low_closed else "(") + ("]" if value.high_closed else ")"),
        "m": [value.low_missing, value.high_missing],
    }


def from_json(form: Any, depth: int = 0) -> Value:
    """Return the value that ``to_json`` wrote.

    Raises ValueError for anything that it did not write, a float above all.

    >>> from_json({"$": "n", "v": "12.30"})
    Decimal('12.30')
    """
    if depth > DEPTH_MAX:
        raise ValueError("Die Werte sind zu tief verschachtelt.")
    if form is None or type(form) in (str, bool):
        return form
    if type(form) is list:
        return [from_json(item, depth + 1) for item in form]
    if type(form) is not dict:
        raise ValueError(f"Kein gespeicherter Wert: {type(form).__name__}.")
    if "$" not in form:
        return {key: from_json(item, depth + 1) for key, item in form.items()}
    return _untagged(form, depth)


def _untagged(form: dict[str, Any], depth: int) -> Value:
    tag, content = form["$"], form.get("v")
    if tag == "c" and type(content) is dict:
        return {key: from_json(item, depth + 1) for key, item in content.items()}
    if tag == "r":
        return _range_from_json(form, depth)
    reader = _READERS.get(tag) if type(tag) is str else None
    value = reader(content) if reader and type(content) is str else None
    if value is None:
        raise ValueError(f"Kein gespeicherter Wert: {str(form)[:80]}.")
    return value.replace(fold=1) if form.get("f") == 1 else value


def _range_from_json(form: dict[str, Any], depth: int) -> Range:
    ends, brackets, missing = form.get("v"), form.get("b"), form.get("m")
    is_shape = (
        type(ends) is list
        and len(ends) == 2
        and brackets in ("[]", "[)", "(]", "()")
        and missing in ([False, False], [True, False], [False, True])
    )
    if not is_shape:
        raise ValueError(f"Kein gespeicherter Bereich: {str(form)[:80]}.")
    low, high = (from_json(end, depth + 1) for end in form["v"])
    return Range(
        low,
        high,
        form["b"][0] == "[",
        form["b"][1] == "]",
        low_missing=form["m"][0],
        high_missing=form["m"][1],
    )


def _number(text: str) -> Decimal | None:
    try:
        return plain_decimal(Decimal(text)) if text.isascii() and "_" not in text else None
    except (DecimalException, ValueError):
        return None


_READERS: Final[dict[str, Callable[[str], Value]]] = {
    "n": _number,
    "d": temporal.parse_date,
    "t": temporal.parse_time,
    "dt": temporal.parse_date_time,
    "p": temporal.parse_duration,
    "ym": temporal.parse_duration,
}
