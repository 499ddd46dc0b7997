"""The arguments of a handler's call, checked against its contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from laufzettel.engine.model.contract import HandlerContract

#: What a value must be for a parameter annotated so; other annotations take any value.
_EXPECTED: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "Decimal": (Decimal,),
    "bool": (bool,),
    "date": (date,),
    "datetime": (datetime,),
    "list": (list,),
    "Sequence": (list,),
    "dict": (dict,),
    "Mapping": (dict,),
}


def arguments(contract: HandlerContract, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call, checked against the contract, the handler's own to change.

    Raises TypeError in German for a missing, unknown or wrongly typed parameter.
    """
    found: dict[str, Any] = {}
    for name in values:
        if name not in contract.parameters:
            raise TypeError(f"„{contract.name}“ kennt keinen Parameter „{name}“.")
    for name, spec in contract.parameters.items():
        value = values.get(name)
        if value is None:
            if spec.required:
                raise TypeError(f"„{contract.name}“ braucht den Parameter „{name}“.")
            continue
        if not _fits(value, spec.type):
            raise TypeError(
                f"Der Parameter „{name}“ von „{contract.name}“ ist {type(value).__name__}, "
                f"erwartet wird {spec.type}."
            )
        found[name] = int(value) if spec.type == "int" else _own(value)
    return found


def _own(value: Any) -> Any:
    """Return a copy of lists and contexts: variables of a case are replaced, never changed."""
    if type(value) is list:
        return [_own(item) for item in value]
    if type(value) is dict:
        return {key: _own(item) for key, item in value.items()}
    return value


def _fits(value: Any, expected: str) -> bool:
    if expected == "int":
        return isinstance(value, Decimal) and value.is_finite() and value == int(value)
    if expected == "date" and isinstance(value, datetime):
        return False  # to Python a moment is a day, to a deadline it is not
    return isinstance(value, _EXPECTED.get(expected, (object,)))
