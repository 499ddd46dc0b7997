"""Values of FEEL as programs send and read them: each says its type, nothing is a float.

``{"type": "number", "value": "12.30"}``: numbers, dates, times and durations are texts, so that
no reader rounds an amount or guesses a zone. Lists and contexts hold such values in turn. It is
the form of the API and of ``laufzettel`` on the command line; how values are *stored* is
``feel.jsonform`` and may change without anyone noticing.
"""

from __future__ import annotations

from typing import Any, Final

from laufzettel.engine import feel
from laufzettel.errors import InputError

#: Type of the wire → tag of the stored form.
TYPES: Final = {
    "number": "n",
    "date": "d",
    "time": "t",
    "date_time": "dt",
    "duration": "p",
}
_NAMES: Final = {tag: name for name, tag in TYPES.items()} | {"ym": "duration"}
#: Every type that may come in.
TYPES_IN: Final = ("null", "boolean", "text", *TYPES, "list", "context")
#: Values inside each other.
DEPTH_MAX: Final = 20

Wire = dict[str, Any]


class NotAValueError(InputError):
    """Das ist kein Wert; erwartet wird ein Objekt mit „type“ und „value“.

    ``path`` names the place inside the value.
    """

    def __init__(self, path: str, text_de: str) -> None:
        self.path = path
        super().__init__(text_de)


def to_wire(value: Any) -> Wire:
    """Return the form in which a value goes out.

    >>> from decimal import Decimal
    >>> to_wire({"amount": Decimal("12.30")})
    {'type': 'context', 'value': {'amount': {'type': 'number', 'value': '12.30'}}}
    """
    return _of_stored(feel.to_json(value))


def from_wire(form: Any, path: str = "", depth: int = 0) -> Any:
    """Return the value that came in; raises NotAValueError naming its place.

    >>> from_wire({"type": "date", "value": "2026-11-23"})
    datetime.date(2026, 11, 23)
    >>> from_wire({"type": "number", "value": 1.5})
    Traceback (most recent call last):
    ...
    laufzettel.engine.wire.NotAValueError: „value“ ist kein Text der Art „number“, zum Beispiel „1234.50“.
    """
    if not isinstance(form, dict) or set(form) != {"type", "value"}:
        raise NotAValueError(path, "Erwartet wird ein Objekt mit genau „type“ und „value“.")
    if depth > DEPTH_MAX:
        raise NotAValueError(path, f"Mehr als {DEPTH_MAX} Ebenen sind nicht möglich.")
    kind, value = str(form["type"]), form["value"]
    if kind in TYPES:
        return _text_value(kind, value, path)
    if kind in _PLAIN and isinstance(value, _PLAIN[kind]):
        return value
    if kind == "list" and isinstance(value, list):
        return [from_wire(one, f"{path}/value/{i}", depth + 1) for i, one in enumerate(value)]
    if kind == "context" and isinstance(value, dict):
        return {
            name: from_wire(one, f"{path}/value/{name}", depth + 1) for name, one in value.items()
        }
    known = ", ".join(TYPES_IN)
    raise NotAValueError(path, f"„type“ ist eines von {known}, und „value“ passt dazu.")


_PLAIN: Final[dict[str, type]] = {"null": type(None), "boolean": bool, "text": str}
_EXAMPLES: Final = {
    "number": "1234.50",
    "date": "2026-11-23",
    "time": "08:30:00",
    "date_time": "2026-11-23T08:30:00+01:00",
    "duration": "P14D",
}


def _text_value(kind: str, value: Any, path: str) -> Any:
    wrong = f"„value“ ist kein Text der Art „{kind}“, zum Beispiel „{_EXAMPLES[kind]}“."
    if not isinstance(value, str):
        raise NotAValueError(path, wrong)
    try:
        return feel.from_json({"$": TYPES[kind], "v": value})
    except ValueError:
        raise NotAValueError(path, wrong) from None


def _of_stored(form: Any) -> Wire:
    if form is None:
        return {"type": "null", "value": None}
    if isinstance(form, bool):
        return {"type": "boolean", "value": form}
    if isinstance(form, str):
        return {"type": "text", "value": form}
    if isinstance(form, list):
        return {"type": "list", "value": [_of_stored(one) for one in form]}
    if "$" not in form or form["$"] == "c":
        content = form["v"] if "$" in form else form
        return {
            "type": "context",
            "value": {name: _of_stored(one) for name, one in content.items()},
        }
    if form["$"] == "r":
        low, high = (_of_stored(end) for end in form["v"])
        return {"type": "range", "value": {"low": low, "high": high, "bounds": form["b"]}}
    return {"type": _NAMES[form["$"]], "value": form["v"]}
